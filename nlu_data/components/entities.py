"""Amounts, times, organisations, platforms and payment channels, by pattern and list."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu_data.components.component import Component

_CN = "零一二两兩三四五六七八九十百千万萬几幾多半"
_MONEY_WORD = r"万元|萬元|块钱|塊錢|块|塊|元|圆|万|萬|港币|港幣|港元|美金|美元|美刀|刀|台币|新台幣|台幣|新币|新加坡元|欧元|英镑|日元|w(?![a-z])|k(?![a-z])"
_CURRENCY = (
    r"dollars?|bucks|pounds?|quid|euros?|rupees?|ringgit|naira|pesos?|grand|lakhs?|crores?|yuan|rmb|"
    r"usdt|usd|sgd|hkd|rm|btc|cents"
)
PATTERNS: dict[str, list[str]] = {
    "amount": [
        r"(?:¥|￥|[$£€₹]|S\$|US\$|HK\$|NT\$|RM ?|Rs\.? ?|INR ?|SGD ?|USD ?|RMB ?)\d[\d,]*(?:\.\d+)?\s?(?:k|m|lakhs?|million|万|萬)?(?![a-z])",
        rf"\d[\d,]*(?:\.\d+)?\s?(?:{_MONEY_WORD}|千|百)(?:\d+(?:千|百)?|[{_CN}]+)?(?:元|块|塊|多)?",
        rf"(?<![{_CN}第星期周月])[一二两兩三四五六七八九十几幾半][{_CN}]*(?:万|萬|千|百)[{_CN}]*(?:元|块|塊|多)?(?:钱|錢)?",
        rf"(?<![{_CN}])[一二两兩三四五六七八九十几幾][{_CN}]*(?:块钱|塊錢|块|塊|元|美金|美元|港币)",
        rf"\b\d[\d,]*(?:\.\d+)?\s?k?\s?(?:{_CURRENCY})\b",
        r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|hundred|a few|several)(?:[ -](?:hundred|thousand|lakh|grand|million))+(?: (?:dollars|pounds|rupees|bucks))?",
    ],
    "time": [
        r"(?:20\d\d年)?\d{1,2}月\d{1,2}[日号號]|20\d\d年(?:\d{1,2}月)?|\d{1,2}月份?(?:初|中|底)?(?!\d)",
        r"(?:今天|昨天|前天|昨晚|今晚|明天|今早|今日|昨日|琴日|上周[一二三四五六日末]?|上个?月|去年|前年|上星期|刚刚|刚才|剛剛|剛才|现在|半小时前|半个?小时|[一二两三四五六七八九十几半\d]+(?:个|個)?(?:分钟|分鐘|小时|小時|钟头|天|周|星期|月|年)(?:前|内|之内|之前|后)?)",
        r"(?:上午|下午|晚上|早上|中午|凌晨)?\d{1,2}(?:[点點时]|:\d\d)(?:\d{1,2}分?|半)?",
        r"(?i:\b(?:yesterday|today|tonight|tomorrow|last (?:night|week|month|year|\w+day)|this (?:morning|afternoon|evening|week)|just now|right now|\d+ (?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?) ago|(?:an?|half an) (?:hour|minute|week|month|year) ago|\d{1,2}(?::\d\d)?\s?(?:am|pm)|within \d+ (?:minutes?|hours?|days?)|(?:\d{1,2}(?:st|nd|rd|th)? )?(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? 20\d\d)?)\b)",
    ],
    "organisation": [
        r"[\u4e00-\u9fff]{0,6}?(?:公安局|公安分局|派出所|检察院|檢察院|法院|海关|海關|税务局|稅務局|社保局|医保局|疾控中心|通管局|通信管理局|反诈中心|刑侦大队|刑警队|出入境|银保监会|证监会|人社局|民政局|街道办|居委会|大使馆|领事馆|入境处|入境處|警察局|警局|165|消防队|消防大队|消防支队|武警部队|武警|部队|军区)",
        r"(?:工商|建设|建設|农业|農業|中国|招商|交通|邮政储蓄|邮储|浦发|中信|光大|民生|平安|兴业|广发|华夏|汉口|武汉农商|农商|汇丰|匯豐|恒生|玉山|国泰世华)银?行?(?:银行|銀行)|工行|建行|农行|招行|中行|交行|邮储",
        r"顺丰|順豐|圆通|中通|韵达|申通|极兔|京东物流|菜鸟|邮政|中国移动|中国联通|中国电信|移动公司|联通|电信|中华电信|国家电网|供电局|12306|银联|京东金融|京东白条|蚂蚁集团",
        r"(?i:\b(?:DBS|POSB|OCBC|UOB|HSBC|Maybank|Citibank|Chase|Wells Fargo|Bank of America|Barclays|Lloyds|NatWest|Santander|SBI|HDFC|ICICI|Axis Bank|RBI|TRAI|CBI|IRS|FBI|HMRC|MAS|SPF|ICA|MOM|CPF|CPIB|Interpol|Social Security(?: Administration)?|Medicare|USPS|UPS|FedEx|DHL|Royal Mail|SingPost|Singtel|StarHub|Microsoft|Apple|Norton|McAfee|Geek Squad|Customs|embassy|consulate|high commission|police)\b)",
    ],
    "platform": [
        r"淘宝|天猫|京东|拼多多|闲鱼|转转|抖音|快手|小红书|微博|微信|企业微信|QQ|qq|陌陌|探探|Soul|soul|知乎|贴吧|58同城|BOSS直聘|boss直聘|智联|美团|饿了么|携程|腾讯会议|钉钉|Zoom|zoom|向日葵|ToDesk|Todesk|百合网|世纪佳缘|珍爱网|王者荣耀|王者|和平精英|原神|蛋仔派对|光遇|交易猫|唯品会|得物|哔哩哔哩|B站|蝦皮|露天|旋轉拍賣|臉書|脸书|飞机|LINE|蝙蝠|与你|思语|事密达",
        r"(?i:\b(?:telegram|whatsapp|wechat|facebook|messenger|instagram|tiktok|twitter|snapchat|discord|signal|line|viber|skype|zoom|tinder|bumble|hinge|coffee meets bagel|match\.com|linkedin|indeed|shopee|lazada|carousell|amazon|ebay|taobao|gumtree|craigslist|airbnb|booking\.com|facebook marketplace|steam|roblox|fortnite|valorant|mobile legends|anydesk|teamviewer|rustdesk|quicksupport|google|gmail|youtube|netflix|spotify|binance|coinbase|metamask|telegram)\b)",
    ],
    "payment_channel": [
        r"支付宝|支付寶|微信支付|微信红包|红包|花呗|借呗|微粒贷|白条|云闪付|数字人民币|网银|手机银行|转账|轉帳|轉賬|汇款|匯款|银行卡|信用卡|现金|现钞|黄金|金条|比特币|虚拟币|虛擬貨幣|USDT|usdt|泰达币|Q币|点卡|點數|游戏点卡|礼品卡|京东E卡|油卡|购物卡|話費|话费|收款码|付款码|二维码|ATM|轉數快|八達通|超商代碼|街口|無卡存款",
        r"(?i:\b(?:paypal|zelle|venmo|cash ?app|apple pay|google pay|gpay|paytm|phonepe|upi|neft|rtgs|imps|paynow|paylah!?|grabpay|western union|moneygram|wire transfer|bank transfer|interac|e-transfer|gift cards?|itunes cards?|steam cards?|google play cards?|bitcoin|btc|usdt|ethereum|crypto|cash|cheque|check|credit card|debit card|m-pesa|alipay|fps|duitnow|gcash)\b)",
    ],
}
_COMPILED = {
    kind: [re.compile(pattern) for pattern in patterns] for kind, patterns in PATTERNS.items()
}


def find(text: str) -> list[dict[str, Any]]:
    """Return what is named in the text, in order; of two that overlap in a kind, the longer."""
    found: list[dict[str, Any]] = []
    for kind, patterns in _COMPILED.items():
        spans = [m.span() for p in patterns for m in p.finditer(text) if m.group().strip()]
        spans.sort(key=lambda s: (s[0] - s[1], s[0]))
        taken: list[tuple[int, int]] = []
        for start, end in spans:
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
        found += [
            {"entity": kind, "value": text[a:b].strip(), "start": a, "end": b} for a, b in taken
        ]
    return sorted(found, key=lambda e: (e["start"], e["end"]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class NamedThings(Component, EntityExtractorMixin):
    """Puts the entities into the message, as Rasa's own extractors do."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            entities = find((message.get(TEXT) or "")[:4096])
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
