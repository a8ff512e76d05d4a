"""Bring a text into the one form that rules read: simplified, half-width, without disguises."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import opencc

Name = TypeVar("Name", bound=str)

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_HAN = r"\u3400-\u9fff"
# 刷/单, 刷 单, 刷*单: one sign between two Han letters hides a word from a filter.
_SPACED = re.compile(rf"(?<=[{_HAN}])[ /\\|*_~·.\-+]{{1,2}}(?=[{_HAN}])")
_WECHAT = re.compile(r"(?i)(?<![a-z])(?:v\s*[x信❤♥]|wei\s*xin|薇信|威信(?=[:：号]))")
_TELEGRAM = re.compile(r"(?i)te\s?le\s?gram|纸飞机")
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_ADDRESS = re.compile(r"(?i)\b(?:https?://|www\.)\S+|\S+@\S+|\b[\w\-]+(?:\.[\w\-]+)+(?:/\S*)?")
_HAN_LETTER = re.compile(rf"[{_HAN}]")
MOST_OF_A_WORD = 4  # letters: fewer are an emoticon, and no language
_LETTER = re.compile(rf"[{_HAN}]|[A-Za-z]+")


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("tw2sp")


# What Cantonese writes for the words that tell what has happened, and to whom.
_CANTONESE = (
    ("啱啱", "刚刚"),
    ("咗", "了"),
    ("俾", "给"),
    ("畀", "给"),
    ("冇", "没有"),
    ("佢", "他"),
    ("嘅", "的"),
)


def plain(text: str) -> str:
    """Return the text simplified, in NFKC, with hidden and spaced-out words mended."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _to_simplified().convert(text)
    for said, written in _CANTONESE:
        text = text.replace(said, written)
    text = _SPACED.sub("", text)
    text = _TELEGRAM.sub("telegram", _WECHAT.sub("微信", text))
    return text.lower()


def storable(text: str) -> str:
    """Return the text without NUL and halves of surrogate pairs: no database takes them."""
    return _NOT_TEXT.sub("", text)


def columns(plain: str) -> int:
    """Return how wide a text is: two columns a Chinese character, one any other."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in plain)


def is_foreign(text: str) -> bool:
    """Tell whether most letters are neither Han nor Latin: words we cannot read by themselves."""
    letters = [each for each in text if each.isalpha()]
    known = sum(each.isascii() or bool(_HAN_LETTER.match(each)) for each in letters)
    return len(letters) >= MOST_OF_A_WORD and known < len(letters) / 2


def first_said(plain: str, words: Mapping[Name, re.Pattern[str]]) -> Name | None:
    """Return the first name whose pattern is met in a plain text, or None."""
    return next((name for name, pattern in words.items() if pattern.search(plain)), None)


def language_of(text: str) -> str | None:
    """Return "zh" or "en" by the share of Han among words; None where there are no words.

    Links and addresses are nobody's language.
    """
    words = _LETTER.findall(_ADDRESS.sub(" ", text))
    if not words:
        return None
    han = sum(1 for word in words if _HAN_LETTER.match(word))
    return "zh" if han / len(words) >= 0.3 else "en"
