"""Find phones, links, accounts, wallets, apps and contacts in a text, in normal form. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from stdnum import luhn

from actions.indicators.models import Kind

_DOT = re.compile(
    r"(?<=[a-zA-Z0-9])\s*(?:点|[\[(（]\.[\])）]|[\[(（]dot[\])）])\s*(?=[a-zA-Z]{2,})"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}")
_CARD = re.compile(r"(?<![\dA-Za-z*])\d(?:[ \-]?\d){14,18}(?![\d*])")
_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[a-fA-F0-9]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|bc1[a-z0-9]{25,60}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])"
)
_APP = re.compile(
    r"[“\"「『《〈]([^”\"」』》〉\n]{2,16})[”\"」』》〉]\s*(?:的)?\s*(?:APP|app|App|软件|平台|应用)"
)
_GOVERNMENT = re.compile(r"(?:^|\.)gov(?:\.(?:cn|sg|hk|tw|mo|my|uk|au|in))?$")
_CONTACT = re.compile(
    r"(?i)(?:微信号?|wechat|weixin|vx|v信|qq号?|企鹅号?|telegram|纸飞机|line|whatsapp)\s*(?:id|号|是|为|：|:|@|\s)*\s*(@?[a-z0-9][a-z0-9_\-]{4,25})"
)

# Of a link: where it leads stands at its beginning, and an index takes no more than 2,700 bytes.
LONGEST = 500  # characters, of four bytes at most


@dataclass(frozen=True, slots=True)
class Found:
    """An indicator as it stands in a text, in normal form."""

    kind: Kind
    value: str


def extract(text: str, *, region: str) -> tuple[Found, ...]:
    """Return every indicator in the text, in the order of kinds, without repeats.

    `region` is the ISO country whose national phone numbers are meant, such as "CN".
    """
    text = unicodedata.normalize("NFKC", text)
    found = dict.fromkeys(_find(text, region))
    return tuple(found)


def is_official(found: Sequence[Found]) -> bool:
    """Tell whether there are links and all lead to a government: nobody else gets such a name."""
    links = [each.value for each in found if each.kind == Kind.LINK]
    return bool(links) and all(_GOVERNMENT.search(link.partition("/")[0]) for link in links)


def _find(text: str, region: str) -> Iterator[Found]:
    accounts = [re.sub(r"\D", "", match.group()) for match in _CARD.finditer(text)]
    yield from _phones(_CARD.sub(" ", text), region)
    yield from _links(_EMAIL.sub(" ", _DOT.sub(".", text)))
    # A card number carries a check digit; other long numbers (orders, parcels) mostly fail it.
    yield from (Found(Kind.ACCOUNT, digits) for digits in accounts if luhn.is_valid(digits))
    yield from (Found(Kind.WALLET, match.group()) for match in _WALLET.finditer(text))
    yield from (Found(Kind.APP, match.group(1).strip()) for match in _APP.finditer(text))
    yield from (
        Found(Kind.CONTACT, match.group(1).lstrip("@").lower())
        for match in _CONTACT.finditer(text)
    )


def _phones(text: str, region: str) -> Iterator[Found]:
    if sum(map(str.isdigit, text)) < 7:
        return
    for match in phonenumbers.PhoneNumberMatcher(text, region):
        yield Found(
            Kind.PHONE,
            phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164),
        )


def _links(text: str) -> Iterator[Found]:
    if "." not in text:
        return
    from ioc_finder import find_iocs  # loaded with the first link: it takes 0.7 s

    found = find_iocs(text, included_ioc_types=["urls", "domains"])
    addresses = [*found["urls"], *found["domains"]]
    bare = [re.sub(r"(?i)^https?://", "", address).rstrip("/") for address in addresses]
    for address in bare:
        if not any(other != address and other.startswith(address + "/") for other in bare):
            host, slash, path = address.partition("/")
            yield Found(Kind.LINK, (host.lower() + slash + path)[:LONGEST])
