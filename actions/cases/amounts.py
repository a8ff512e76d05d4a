"""Sums of money as people write them: "2万", "20,000元", "¥1.5w", "三万二". In cents. Pure."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from cn2an import cn2an

LARGEST = Decimal(10) ** 10  # in units: more is a slip of the finger
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,4})?"
_UNITS = {"亿": 10**8, "万": 10**4, "w": 10**4, "千": 10**3, "k": 10**3}
_SUM = re.compile(
    rf"^(?:[¥￥$]|rmb|cny|sgd|s\$)?\s*({_NUMBER})\s*(亿|万|w|千|k)?\s*"
    r"(?:元|块|块钱|人民币|rmb|cny|yuan|dollars?|sgd)?$",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    rf"(?:[¥￥$]\s*({_NUMBER})(?!\d)\s*(万|w|千|k)?)"
    rf"|(?:(?<![\d.])({_NUMBER})\s*(?:(亿|万|w(?![a-z])|千|k(?![a-z]))(?:多|余)?\s*(?:元|块|yuan|rmb)?"
    r"|(?:多|余)?\s*(?:元|块钱?|yuan|rmb|dollars?)))",
    re.IGNORECASE,
)
# In characters, or mixed as in 3万5. "俩" is how "两个" is said.
_DIGIT = "一二两俩三四五六七八九壹贰叁肆伍陆柒捌玖"
_HAN = rf"[{_DIGIT}十廿\d][{_DIGIT}零〇十廿百拾佰千仟万亿\d]*"
_CURRENCY = r"(?:元|块|圆)(?:钱|整)?|人民币"
_HAN_SUM = re.compile(rf"^({_HAN})(?:{_CURRENCY})?$")
# In a story a number is money when a currency follows, or when it was paid, asked for or lost and
# nothing is counted with it: "三千米", "打了一千次" and "打110" are none.
_HAN_ABOUT = rf"(?<![{_DIGIT}十百千万\d.])(?!\d+[^十百千万])({_HAN}(?:[多余来][千万])?)"
_SENT = r"[转汇付充投骗]"
_MOVED = rf"{_SENT}|[交打借扣垫存取给要缴赔花亏]|损失"
_SO = r"[了走去过掉我他她您你给\s]*(?:出去|进去)?\s*"
_NOTHING_COUNTED = rf"(?![{_DIGIT}\d.零〇十百千万次个人天年月日分秒米里步遍条张件份名字号倍点岁%])"
_HAN_IN_WORDS = re.compile(
    rf"{_HAN_ABOUT}[多余]?(?:{_CURRENCY})"
    rf"|(?:{_MOVED}){_SO}{_HAN_ABOUT}{_NOTHING_COUNTED}"
    rf"|{_SENT}{_SO}(\d{{3,7}}){_NOTHING_COUNTED}"
)
_LEAST = 100 * 100  # cents: less is a word such as 一块, not what a story is about


def parse(text: str) -> int | None:
    """Return a sum that is all of the text, in cents, or None when it is none."""
    text = text.strip()
    if match := _SUM.match(text):
        return _cents(match.group(1), match.group(2))
    match = _HAN_SUM.match(text)
    return _han_cents(match.group(1)) if match else None


def largest_in(text: str) -> int | None:
    """Return the largest sum that a text names, in cents, or None."""
    found = [
        _cents(each.group(1) or each.group(3), each.group(2) or each.group(4))
        for each in _IN_WORDS.finditer(text)
    ]
    in_characters = (
        _han_cents(re.sub("[多余来]", "", next(filter(None, each.groups()))))
        for each in _HAN_IN_WORDS.finditer(text)
    )
    found += [cents for cents in in_characters if cents and cents >= _LEAST]
    return max((cents for cents in found if cents), default=None)


def show(cents: int) -> str:
    """Return a sum as it is written: 20,000 or 199.50."""
    whole, rest = divmod(cents, 100)
    return f"{whole:,}.{rest:02d}" if rest else f"{whole:,}"


def _cents(number: str, unit: str | None) -> int | None:
    try:
        value = Decimal(number.replace(",", "")) * _UNITS.get((unit or "").lower(), 1)
    except InvalidOperation:
        return None
    return int(value * 100) if 0 < value <= LARGEST else None


def _han_cents(number: str) -> int | None:
    try:
        value = Decimal(str(cn2an(number.replace("俩", "两"), "smart")))
    except ValueError:  # "一二万", "三五千": not one number
        return None
    return int(value * 100) if 0 < value <= LARGEST else None
