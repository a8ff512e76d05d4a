"""A campaign that a publisher asks for in one message. Pure.

The first line is its name; lines such as `for:` and `when:` follow, in Chinese or English; what
stands below them is the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from actions.campaigns import content, store
from actions.campaigns.audience import parse as parse_audience
from actions.triage import wording as reading
from actions.triage.judgement import ScamType
from bot import texts
from bot.campaigns import times, tips, wording
from bot.campaigns.telling import NAMED
from bot.campaigns.times import BadTime
from bot.poster import TooLong
from bot.regions import Region

LONGEST = 3500  # characters; Telegram takes 4,096 with what we add
LONGEST_TITLE = 80
_FIELDS = {
    "给": "for", "发给": "for", "for": "for",
    "时间": "when", "when": "when",
    "内容": "piece", "piece": "piece",
    "截止": "until", "until": "until",
    "对照": "control", "control": "control",
    "海报": "poster", "poster": "poster",
}  # fmt: skip
_FIELD = re.compile(rf"({'|'.join(_FIELDS)})\s*[:：](.*)", re.IGNORECASE)
_CLOCK = re.compile(r"(.*?)\s*(?<!\d)([01]?\d|2[0-3])[:：]([0-5]\d)")
_WEEKDAY = re.compile(r"(?:每?(?:周|星期|礼拜)([日天一二三四五六])|(?:every )?(\w{3})\w*?days?)")
_MONTHLY = re.compile(r"(?:每月\s*|monthly )(\d{1,2})\s*[号日]?")
_HAN_DAYS = "日一二三四五六"
_NOW = frozenset({"", "现在", "马上", "批准后", "now"})
_DAILY = frozenset({"每天", "daily", "every day"})


class NotUnderstood(Exception):
    """Names the text that says what is wrong, and what it is about."""

    def __init__(self, key: str, what: str = "") -> None:
        super().__init__(key)
        self.key, self.what = key, what


@dataclass(slots=True)
class _Read:
    title: str
    fields: dict[str, str] = field(default_factory=dict)
    text: str = ""


def read(said: str, *, region: Region, now: datetime) -> store.Draft:
    """Return the draft that is asked for; raise NotUnderstood with what is wrong with it."""
    given = _parts(said)
    if not 0 < len(given.title) <= LONGEST_TITLE:
        raise NotUnderstood("publish.wrong.title")
    variants, piece = _words(given, region)
    cron, at = schedule(given.fields.get("when", ""), region=region, now=now)
    expires_at = _until(given.fields.get("until", ""), at or now, region)
    wish = _wish(given.fields.get("for", ""), region)
    if piece and not wish:
        wish = {name: list(values) for name, values in piece.audience.items()}
    kind, type = (piece.kind, piece.type) if piece else ("text", None)
    if given.fields.get("poster", "").lower() in ("是", "要", "yes"):
        try:
            variants = wording.with_posters(variants, region, wording.About(kind, type))
        except TooLong:
            raise NotUnderstood("publish.wrong.poster") from None
    return store.Draft(
        given.title,
        variants,
        kind=kind,
        type=type,
        audience=parse_audience(wish, districts=region.districts),
        cron=cron,
        at=at,
        expires_at=expires_at,
        control=_share(given.fields.get("control", "")),
    )


def _parts(said: str) -> _Read:
    title, *lines = said.strip().split("\n")
    given = _Read(title.strip())
    while lines and (not lines[0].strip() or _FIELD.match(lines[0].strip())):
        line = lines.pop(0).strip()
        if match := _FIELD.match(line):
            given.fields[_FIELDS[match.group(1).lower()]] = match.group(2).strip()
    given.text = "\n".join(lines).strip()
    return given


def _words(given: _Read, region: Region) -> tuple[wording.Words, content.Piece | None]:
    name = given.fields.get("piece", "")
    if name:
        piece = tips.shelf().get(name)
        if piece is None:
            raise NotUnderstood("publish.wrong.piece", name)
        if given.text:
            raise NotUnderstood("publish.wrong.both")
        return {"a": wording.words_of(piece)}, piece
    if not 0 < len(given.text) <= LONGEST:
        raise NotUnderstood("publish.wrong.text")
    language = reading.language_of(given.text) or region.languages[0]
    return {"a": {language: {"text": given.text}}}, None


def schedule(said: str, *, region: Region, now: datetime) -> tuple[str | None, datetime | None]:
    """Return the cron line, or the one time; neither is "as soon as it is approved"."""
    plain = said.strip().lower()
    if plain in _NOW:
        return None, None
    line = _rhythm(plain)
    try:
        if line is None and len(plain.split()) != 5:
            at = times.parse_time(plain.replace("：", ":"), region.timezone)
            if at <= now:
                raise NotUnderstood("publish.wrong.past", said)
            return None, at
        line = line or plain
        if times.following(line, now, region.timezone) is None:
            raise NotUnderstood("publish.wrong.when", said)
    except BadTime:
        raise NotUnderstood("publish.wrong.when", said) from None
    return line, None


def _rhythm(said: str) -> str | None:
    clock = _CLOCK.fullmatch(said)
    if clock is None:
        return None
    before, hour, minute = clock.groups()
    start = f"{int(minute)} {int(hour)}"
    if before in _DAILY:
        return f"{start} * * *"
    if match := _MONTHLY.fullmatch(before):
        return f"{start} {match.group(1)} * *"
    if match := _WEEKDAY.fullmatch(before):
        han, english = match.groups()
        day = times.DAYS[_HAN_DAYS.index(han.replace("天", "日"))] if han else english
        return f"{start} * * {day}"
    return None


def _until(said: str, after: datetime, region: Region) -> datetime | None:
    if not said:
        return None
    try:
        until = times.parse_time(said.replace("：", ":"), region.timezone)
    except BadTime:
        raise NotUnderstood("publish.wrong.when", said) from None
    if until <= after:
        raise NotUnderstood("publish.wrong.until", said)
    return until


def _wish(said: str, region: Region) -> dict[str, list[str]]:
    known, chosen = _names(region), dict[str, list[str]]()
    for word in filter(None, re.split(r"[、，,;；]|\s{2,}|(?<=[\u4e00-\u9fff])\s+", said.strip())):
        found = known.get(word.strip().lower())
        if found is None:
            raise NotUnderstood("publish.wrong.who", word.strip())
        name, value = found
        chosen.setdefault(name, []).append(value)
    return chosen


def _names(region: Region) -> Mapping[str, tuple[str, str]]:
    """Return what each word stands for: codes, and what people read for them."""
    values = {
        "topics": tuple(ScamType),
        "ages": content.AGES,
        "occupations": content.OCCUPATIONS,
        "languages": content.LANGUAGES,
    }
    known: dict[str, tuple[str, str]] = {}
    for name, codes in values.items():
        for code in codes:
            shown = (texts.catalogue(each)[f"{NAMED[name]}{code}"] for each in texts.LANGUAGES)
            for word in (str(code), *shown):
                known.setdefault(word.lower(), (name, str(code)))
    for district, english in region.districts.items():
        for word in (district, f"{district}区", english, f"{english} district"):
            known[word.lower()] = ("districts", district)
    return known


def _share(said: str) -> float:
    digits = said.strip().removesuffix("%").strip()
    share = int(digits) / 100 if digits.isdecimal() else 0.0
    if (digits and not digits.isdecimal()) or share > store.MOST_CONTROL:
        raise NotUnderstood("publish.wrong.control", said)
    return share
