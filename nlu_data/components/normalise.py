"""Bring a message into one form, so that a disguised word and a plain one look the same.

Dirty inputs really seen: full-width digits, zero-width characters inside words, traditional
characters, emoji between letters, "刷/单", "转 账", "加V❤", "薇信", "yzm", "tele gram",
"раypal" with Cyrillic letters, masked numbers ("138****0000", "DIGIT", "xxx").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import opencc

HAN = r"\u3400-\u4dbf\u4e00-\u9fff"

_to_simplified = opencc.OpenCC("tw2sp").convert

# Letters of other alphabets that are drawn like Latin ones; used only beside Latin letters.
_LOOK_ALIKES = str.maketrans(
    "аеорсухкмтвнігѕјԁһьАЕОРСУХКМТВНІЅЈαοερτυκνιηχγ",
    "aeopcyxkmtbnirsjdhbAEOPCYXKMTBHISJaoeptukvinxy",
)

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f\U0001f3fb-\U0001f3ff]"
)
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]+"
)
_EMOJI_IN_WORD = re.compile(f"(?<=[A-Za-z0-9]){_EMOJI.pattern}(?=[a-z0-9])")
_EMOJI_WORDS = str.maketrans(
    {
        "❤": "心",
        "♥": "心",
        "💗": "心",
        "💖": "心",
        "💕": "心",
        "💓": "心",
        "➕": "加",
        "🐧": "qq",
        "💰": "钱",
        "💵": "钱",
        "🧧": "红包",
        "🛰": "微信",
        "📞": "电话",
        "☎": "电话",
    }
)

_URL = re.compile(
    r"(?:https?://|www[.。．点])[^\s，。！？、；“”\"'<>《》（）()\u4e00-\u9fff]*"
    r"|(?<![a-z0-9@])[a-z0-9][a-z0-9-]{0,40}(?:\s?[.点。]\s?[a-z0-9-]{2,30}){0,3}"
    r"\s?[.点。]\s?(?:com|cn|net|org|top|xyz|vip|cc|info|shop|club|site|online|app|me|io|co|sg|"
    r"hk|tw|ly|link|icu|live|pro|win|work|tk|ru|in|uk|us|id|my)(?![a-z0-9])"
    r"(?:/[^\s，。！？、；“”\"'<>《》（）()\u4e00-\u9fff]*)?"
)
_EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}")
_MASK = re.compile(r"(?<![a-z])(?:x{3,}|\*{2,}|_{2,}|digits?|某{2,}|×{2,}|●{2,}|□{2,})(?![a-z])")
_PHONE = re.compile(
    r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[\d* x-]{4,9}\d{2,4}(?!\d)"
    r"|(?<![\d.])0\d{2,3}[- ]\d{7,8}(?!\d)|(?<![\d.])[48]00[- ]?\d{3,4}[- ]?\d{3,4}(?!\d)"
    r"|\+\d{1,3}[\d -]{7,14}\d"
)
# Numbers whose value says something; every other number keeps only its size.
_KEPT = (
    "10000 10001 10010 10086 10099 110 11185 1155 119 120 12110 12123 122 12301 12305 "
    "12306 12308 12309 12315 12318 12321 12329 12333 12337 12345 12348 12366 12367 "
    "12377 12378 12381 12388 12393 165 1688 1799 18 1930 24 315 360 365 3d 404 4g 58 "
    "5g 7 911 95017 95188 95511 95516 95533 95555 95559 95566 95580 95588 95599 96110 "
    "995 999 "
)
_KEPT_NUMBERS = frozenset(_KEPT.split())
_NUMBER = re.compile(r"\d+(?:[.,:：]\d+)*")

_HAN_GAP = re.compile(rf"(?<=[{HAN}])[\s/\\|·•*_~+^`丶ˇ\"'\-.=—–&#@$%]{{1,3}}(?=[{HAN}])")
_HAN_SPACES = re.compile(rf"(?<=[{HAN}，。！？、；：])\s+(?=[{HAN}，。！？、；：])")
_SPELT_OUT = re.compile(r"(?<![a-z0-9])(?:[a-z][ .\-_/*·]){3,}[a-z](?![a-z0-9])")
_REPEATS = re.compile(r"([^\d\s])\1{3,}")

_WORDS = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"tele[\s.\-]+gram", "telegram"),
        (r"what'?s?[\s.\-]+app", "whatsapp"),
        (r"watsapp|whatapp(?!s)|whats ap\b|wattsap+", "whatsapp"),
        (r"we[\s.\-]+chat", "wechat"),
        (r"bit[\s.\-]+coin", "bitcoin"),
        (r"pay[\s.\-]+pal", "paypal"),
        (r"u\s?s\s?d\s?t|泰达币", "usdt"),
        (r"q\s?r[\s-]?code", "qr code"),
        (r"g[i1]ft[\s.\-]*c[a@]rd", "gift card"),
        (r"c@sh", "cash"),
        (r"b[@4]nk", "bank"),
        (r"acc0unt|acct\b|a/c\b", "account"),
        (r"(?<![a-z])pls+(?![a-z])|plz+", "please"),
        (r"(?<![a-z])u(?![a-z])(?=\s[a-z])", "you"),
        (r"(?<![a-z])ur(?![a-z])", "your"),
        (
            (
                rf"(?:(?<=[{HAN}+])|(?<![a-z]))(?:v\s*[心信xX]|wei\s*xin|w\s?x(?!y)|vx|v信|徽信"
                r"|薇信|威信|微\s*心|葳信|巍信|胃信|薇心|维信|\+\s*v(?![a-z])|嶶信|微♥)(?![a-z])"
            ),
            "微信",
        ),
        (rf"(?<=[加我{HAN}])[薇威](?=[:：号聊\s]|$)", "微信"),
        (rf"(?<=[加号])v(?=[{HAN}\s:：\d]|$)", "微信"),
        (r"加卫星|加位芯", "加微信"),
        (r"扣扣|企鹅号|蔻蔻|叩叩|抠抠|球球号", "qq"),
        (r"zfb|支\s?fu\s?宝|支付[寶保饱]|吱付宝|z付宝", "支付宝"),
        (r"yzm|验正码|验[zZ]码|yan证码|验証码|认证码|校验码", "验证码"),
        (r"yhk|银行ka|银行咔|银行卞", "银行卡"),
        (r"yin行|yinhang|銀行", "银行"),
        (r"shua单|(?<![a-z])s单|刷dan|涮单|唰单|耍单|刷但", "刷单"),
        (r"zhuan账|转zhang|转z(?![a-z])|转仗|转涨|转障|传账", "转账"),
        (rf"(?<=[{HAN}])zz(?![a-z])|(?<![a-z])zz(?=[{HAN}])", "转账"),
        (rf"(?<=[{HAN}])qian(?![a-z])|(?<![a-z])qian(?=[{HAN}])", "钱"),
        (r"借dai|贷kuan|dai款|货款(?=额度|平台|软件|公司|利息|审)|袋款|代款|贷欵", "贷款"),
        (r"pian子|篇子|骗纸|pz(?=[\u4e00-\u9fff])", "骗子"),
        (rf"(?<=[被{HAN}])pian(?=[{HAN}]|$)", "骗"),
        (r"警cha|jing察|警查|警擦|敬察|井茶|jc(?=[\u4e00-\u9fff])|蜀黍", "警察"),
        (r"付kuan|付欵", "付款"),
        (r"下zai|下仔|下再", "下载"),
        (r"ti现|提xian|提線|题现", "提现"),
        (r"充zhi|充直|冲值|充職|儲值|储值", "充值"),
        (r"客fu|课服|刻服|客f(?![a-z])", "客服"),
        (r"平tai|坪台", "平台"),
        (r"身份zheng|sfz|身分证", "身份证"),
        (r"手ji|手鸡|sj号", "手机"),
        (r"帐", "账"),
        (r"裸l|luo聊|果聊|裸辽", "裸聊"),
        (r"投zi|头资", "投资"),
        (r"du博|赌bo|賭博|堵博", "赌博"),
        (r"汇款|匯款|过数|過數|入数(?=俾|比|给|到|落|去|畀)|打款", "转账"),
        (r"柜员机|提款机|取款机|自动柜员机|櫃員機|atm机?", "atm"),
        (r"简讯|短讯", "短信"),
        (r"信用咭|八达通咭", "信用卡"),
        (r"网上理财|網銀", "网银"),
        (r"whats\s?app", "whatsapp"),
    )
]
_HAN_LETTERS = re.compile(rf"[{HAN}]")

# Cantonese function words, mapped only in a text that has one that Mandarin never uses.
_CANTONESE = re.compile("[佢嘅咗冇啲嚟喺咁唔畀俾乜嘢哋睇攞揾搵咩噉]|点解|係咪|而家|琴日|寻日")
_CANTONESE_WORDS = [
    ("点解", "为什么"),
    ("點解", "为什么"),
    ("而家", "现在"),
    ("依家", "现在"),
    ("琴日", "昨天"),
    ("寻日", "昨天"),
    ("听日", "明天"),
    ("今日", "今天"),
    ("头先", "刚才"),
    ("乜嘢", "什么"),
    ("咩", "什么"),
    ("边个", "谁"),
    ("边度", "哪里"),
    ("点算", "怎么办"),
    ("点做", "怎么做"),
    ("点样", "怎么样"),
    ("系咪", "是不是"),
    ("係咪", "是不是"),
    ("唔使", "不用"),
    ("唔系", "不是"),
    ("冇得", "没有"),
    ("我哋", "我们"),
    ("你哋", "你们"),
    ("佢哋", "他们"),
    ("呢个", "这个"),
    ("嗰个", "那个"),
    ("呃咗", "骗了"),
    ("俾人呃", "被人骗"),
    ("畀人呃", "被人骗"),
    ("佢", "他"),
    ("唔", "不"),
    ("咗", "了"),
    ("嘅", "的"),
    ("畀", "给"),
    ("俾", "给"),
    ("啲", "些"),
    ("冇", "没"),
    ("嚟", "来"),
    ("喺", "在"),
    ("咁", "这么"),
    ("睇", "看"),
    ("攞", "拿"),
    ("揾", "找"),
    ("搵", "找"),
    ("係", "是"),
    ("返", "回"),
    ("仲", "还"),
]


def normalise(text: str) -> str:
    """Return the text in its one form: simplified, lower case, numbers masked, gaps closed."""
    text = text.replace("\\n", "\n")
    text = text.translate(_EMOJI_WORDS)
    text = unicodedata.normalize("NFKC", text)
    text = _INVISIBLE.sub("", text)
    text = _plain_letters(text)
    text = _EMOJI.sub(" ", _EMOJI_IN_WORD.sub("", text))
    text = _to_simplified(text) if _HAN_LETTERS.search(text) else text
    text = text.lower().replace("’", "'").replace("‘", "'")
    text = _EMAIL.sub(" email ", text)
    text = _URL.sub(" url ", text)
    text = _MASK.sub("000", text)
    text = _PHONE.sub(" phone ", text)
    text = _SPELT_OUT.sub(_joined, text)
    text = _HAN_GAP.sub("", text)
    for pattern, plain in _WORDS:
        text = pattern.sub(plain, text)
    if _CANTONESE.search(text):
        for theirs, ours in _CANTONESE_WORDS:
            text = text.replace(theirs, ours)
    text = _NUMBER.sub(_sized, text)
    text = _HAN_SPACES.sub("", text)
    text = _REPEATS.sub(r"\1\1\1", text)
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _plain_letters(text: str) -> str:
    if text.isascii() or not re.search(r"[\u0370-\u03ff\u0400-\u052f]", text):
        return text
    return re.sub(
        r"[a-zA-Z\u0370-\u03ff\u0400-\u052f]+",
        lambda m: m[0].translate(_LOOK_ALIKES) if re.search("[a-zA-Z]", m[0]) else m[0],
        text,
    )


def _joined(match: re.Match[str]) -> str:
    return re.sub(r"[ .\-_/*·]", "", match[0])


@lru_cache(maxsize=4096)
def _size(number: str) -> str:
    if number in _KEPT_NUMBERS:
        return number
    digits = len(re.sub(r"[.,:：]\d{1,2}$|[.,:：]", "", number))
    return (
        number if digits == 1 else {2: "50", 3: "500", 4: "5000", 5: "50000"}.get(digits, "900000")
    )


def _sized(match: re.Match[str]) -> str:
    return _size(match[0])


_SENTENCE_END = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s|(?<=】)(?=.)")
WINDOW = 200
LONG = 400


def parts(text: str) -> list[str]:
    """Cut a long normalised text into windows of whole sentences; a short one has no parts.

    Lengths are in Chinese characters; a Latin letter counts a third.
    """
    width = WINDOW if len(_HAN_LETTERS.findall(text)) * 3 > len(text) else WINDOW * 3
    if len(text) <= width * LONG / WINDOW:
        return []
    windows = [""]
    for sentence in _pieces(text, width):
        if windows[-1] and len(windows[-1]) + len(sentence) > width:
            windows.append(sentence)
        else:
            windows[-1] = f"{windows[-1]} {sentence}".strip()
    return windows


def _pieces(text: str, width: int) -> Iterator[str]:
    """Cut at sentence ends, and a sentence that is too long at a comma or wherever it must."""
    for sentence in _SENTENCE_END.split(text):
        rest = sentence.strip()
        while len(rest) > width:
            cut = max(rest.rfind(c, width // 2, width) for c in "，, 、：:")
            cut = cut if cut > 0 else width
            yield rest[:cut]
            rest = rest[cut:]
        if rest:
            yield rest
