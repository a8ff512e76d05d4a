"""Sums of money as people write them: "2万", "20,000元", "¥1.5w", "$300". In cents. Pure."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

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


def parse(text: str) -> int | None:
    """Return a sum that is all of the text, in cents, or None when it is none."""
    match = _SUM.match(text.strip())
    return _cents(match.group(1), match.group(2)) if match else None


def largest_in(text: str) -> int | None:
    """Return the largest sum that a text names, in cents, or None."""
    found = [
        _cents(each.group(1) or each.group(3), each.group(2) or each.group(4))
        for each in _IN_WORDS.finditer(text)
    ]
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
