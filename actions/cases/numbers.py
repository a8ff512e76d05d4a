"""Check the numbers of a transfer: cards, accounts, wallets, phones, times. Pure.

A card that begins like a card must pass Luhn: one digit misheard on the telephone is caught
before the request goes to the wrong bank. Company accounts have no check digit and pass by length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from stdnum import luhn

# The first digits of common cards, and whose they are.
_BY_BANK: Mapping[str, str] = {
    "工商银行": "622202 622200 621226 621225 620058 622208 621558 955880",
    "农业银行": "622848 622845 622846 623052 621282 955950",
    "中国银行": "621660 621661 621663 456351 601382 621785 621790",
    "建设银行": "621700 622700 436742 622280 621284 623668",
    "交通银行": "622260 622262 622258 621756 405512",
    "邮储银行": "622150 622188 621799 621096 621098 955100",
    "招商银行": "622588 622580 621485 621486 621483 410062",
    "中信银行": "622690 622691 621771 621773 433670",
    "浦发银行": "622521 622518 621792 621793 984303",
    "民生银行": "622622 622617 621691 415599",
    "兴业银行": "622908 622909 438588",
    "光大银行": "622660 622662 621489",
    "平安银行": "622155 622156 621626 622298",
}
BINS: Mapping[str, str] = {
    prefix: bank for bank, prefixes in _BY_BANK.items() for prefix in prefixes.split()
}
_WALLETS = (
    re.compile(r"^T[1-9A-HJ-NP-Za-km-z]{33}$"),  # TRON
    re.compile(r"^0x[0-9a-fA-F]{40}$"),  # Ethereum
    re.compile(r"^(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[0-9a-z]{11,71})$"),  # Bitcoin
    re.compile(r"^[^@\s]{1,64}@[^@\s]+\.[a-z]{2,}$", re.IGNORECASE),  # a payment app's account
)
_AGO = re.compile(
    r"^(\d{1,3}|半|一|两)\s*个?\s*(?:(分钟?|min(?:ute)?s?)|(小时|钟头|h(?:our)?s?)|(天|days?))\s*(?:前|ago)$",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"^(?:(今天|今早|today|昨天|昨晚|yesterday)|(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?)?"
    r"\s*(\d{1,2})[:：点](\d{2})?分?$",
    re.IGNORECASE,
)
OLDEST = timedelta(days=30)  # older transfers are not stopped by an urgent request


class Wrong(Exception):
    """What was given is not such a number; the message is the text key that says why."""


def account(text: str) -> str:
    """Return a card or account number, digits only."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"\d{8,30}", digits, re.ASCII):
        raise Wrong("stop_pay.wrong.account")
    card = 15 <= len(digits) <= 19 and (digits.startswith("62") or bank_of(digits) is not None)
    if card and not luhn.is_valid(digits):
        raise Wrong("stop_pay.wrong.check_digit")
    return digits


def account_or_wallet(text: str, *, country: str) -> str:
    """Return where money went: an account, a wallet's address, or a payment app's account."""
    bare = text.strip()
    if any(pattern.match(bare) for pattern in _WALLETS):
        return bare
    try:
        return account(bare)
    except Wrong as wrong:
        if str(wrong) == "stop_pay.wrong.check_digit":
            raise
    try:
        return phone(bare, country=country)
    except Wrong:
        raise Wrong("stop_pay.wrong.to_account") from None


def bank_of(digits: str) -> str | None:
    """Return the bank that a card's first digits belong to, or None when we do not know."""
    return next((bank for prefix, bank in BINS.items() if digits.startswith(prefix)), None)


def phone(text: str, *, country: str) -> str:
    """Return a phone number in E.164."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Wrong("stop_pay.wrong.phone") from None
    if not phonenumbers.is_valid_number(number):
        raise Wrong("stop_pay.wrong.phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def past_time(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when something happened: "14:05", "昨天 9:30", "11-22 14:05", "10分钟前"."""
    local = now.astimezone(zone)
    when = _ago(text, local) or _clock(text, local)
    if when is None:
        raise Wrong("stop_pay.wrong.time")
    if when > local:
        raise Wrong("stop_pay.wrong.future")
    if when < local - OLDEST:
        raise Wrong("stop_pay.wrong.too_old")
    return when


def masked(number: str) -> str:
    """Return a number of which only the last four signs show."""
    return "•" * 4 + number[-4:] if len(number) > 6 else "•" * len(number)


def _ago(text: str, local: datetime) -> datetime | None:
    match = _AGO.match(text.strip())
    if match is None:
        return None
    said, minutes, hours, _ = match.groups()
    count = {"半": 0.5, "一": 1.0, "两": 2.0}.get(said) or float(said)
    if minutes:
        return local - timedelta(minutes=count)
    return local - (timedelta(hours=count) if hours else timedelta(days=count))


def _clock(text: str, local: datetime) -> datetime | None:
    match = _CLOCK.match(text.strip())
    if match is None:
        return None
    day, year, month, date, hour, minute = match.groups()
    try:
        when = local.replace(hour=int(hour), minute=int(minute or 0), second=0, microsecond=0)
        if month:
            when = when.replace(year=int(year or local.year), month=int(month), day=int(date))
    except ValueError:
        return None
    if month and not year and when > local:  # "12-30" said in January
        when = when.replace(year=local.year - 1)
    if day and day.lower() in ("昨天", "昨晚", "yesterday"):
        when -= timedelta(days=1)
    return when
