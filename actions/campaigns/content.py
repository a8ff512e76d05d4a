"""Read and check a piece of content: front matter, then the words of each language. Pure.

`content/README.md` tells writers the format; `check` is its judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import yaml

from actions.triage.judgement import ScamType

LANGUAGES = ("zh", "en")
FACTS = frozenset({"city", "force", "police", "hotline", "hotline_name", "app"})
AGES = ("under18", "young", "middle", "senior")
OCCUPATIONS = ("student", "worker", "office", "finance", "business", "home", "retired", "other")
AUDIENCE = frozenset({"ages", "occupations", "districts", "topics"})
TITLE, BODY, SCAM, REAL, WHY = "title", "body", "scam", "real", "why"
LONGEST = {  # characters, by language; Telegram takes 4,096, a reader far less
    TITLE: {"zh": 24, "en": 70},
    BODY: {"zh": 260, "en": 700},
    SCAM: {"zh": 120, "en": 320},
    REAL: {"zh": 120, "en": 320},
    WHY: {"zh": 140, "en": 380},
}
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SEASON = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_LANGUAGE = re.compile(r"^# (\S+)\s*$", re.MULTILINE)
_PART = re.compile(r"^## (\S+)\s*$", re.MULTILINE)
_FACT = re.compile(r"\{(\w*)\}")
_LINK = re.compile(
    r"https?://|www\.|(?<![\w.])[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|vip|cc|io|app)\b"
)


class Kind(StrEnum):
    TIP = "tip"  # advice, with a pair
    QUIZ = "quiz"  # a pair alone
    ALERT = "alert"  # a kind of scam that is on the rise
    SEASON = "season"  # for a festival or a time of the year


PARTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TIP: (TITLE, BODY, SCAM, REAL, WHY),
    Kind.QUIZ: (TITLE, SCAM, REAL, WHY),
    Kind.ALERT: (TITLE, BODY),
    Kind.SEASON: (TITLE, BODY),
}
PAIR = (SCAM, REAL, WHY)


class BadContent(Exception):
    """Says what is wrong with a piece, one complaint a line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of content. `words` is by language, then by part."""

    name: str
    kind: Kind
    type: ScamType | None
    source: str
    audience: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    season: str | None = None
    poster: bool = False
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def has_pair(self) -> bool:
        """Tell whether there is a scam and its genuine look-alike to tell apart."""
        return all(SCAM in parts and REAL in parts for parts in self.words.values())

    def in_season(self, day: date) -> bool:
        """Tell whether this day is within the piece's dates and season."""
        return is_in_season(self.dates, day)

    @property
    def dates(self) -> dict[str, str]:
        """Return its dates and season as a campaign keeps them."""
        given = {"since": self.since, "until": self.until, "season": self.season}
        return {name: str(value) for name, value in given.items() if value}


def is_in_season(dates: Mapping[str, str], day: date) -> bool:
    """Tell whether this day is within these dates and this season."""
    if not dates.get("since", "") <= day.isoformat() <= dates.get("until", "9999"):
        return False
    if "season" not in dates:
        return True
    first, last = dates["season"].split("..")
    today = day.strftime("%m-%d")
    return first <= today <= last if first <= last else today >= first or today <= last


def parse(text: str, *, name: str) -> Piece:
    """Return the piece this file holds, or raise BadContent with every complaint."""
    complaints = list(check(text, name=name))
    if complaints:
        raise BadContent("\n".join(complaints))
    front, words = _split(text)
    return Piece(
        name=name,
        kind=Kind(front["kind"]),
        type=ScamType(front["type"]) if front.get("type") else None,
        source=str(front["source"]),
        audience={k: [str(each) for each in v] for k, v in (front.get("audience") or {}).items()},
        since=front.get("since"),
        until=front.get("until"),
        season=front.get("season"),
        poster=bool(front.get("poster")),
        words=words,
    )


def is_piece(text: str) -> bool:
    """Tell whether a text opens with front matter; other texts are sent as they stand."""
    return text.startswith("---\n")


def check(text: str, *, name: str) -> Iterator[str]:
    """Yield every complaint about a piece, in words its writer can act on."""
    if not _NAME.fullmatch(name):
        yield f"the file's name {name!r} is not lower-case-words-with-hyphens"
    try:
        front, words = _split(text)
    except BadContent as error:
        yield str(error)
        return
    yield from _check_front(front)
    kind = front.get("kind")
    if kind not in set(Kind):
        return
    wanted = PARTS[Kind(kind)]
    for language in LANGUAGES:
        if language not in words:
            yield f"there is no `# {language}`"
            continue
        parts = words[language]
        yield from (f"{language}: there is no `## {part}`" for part in wanted if part not in parts)
        for part, said in parts.items():
            if part not in wanted:
                yield f"{language}: a {kind} has no `## {part}`; it has {', '.join(wanted)}"
            else:
                yield from (
                    f"{language}, {part}: {each}" for each in _check_part(part, said, language)
                )
        if SCAM in parts and parts.get(SCAM) == parts.get(REAL):
            yield f"{language}: the scam and the real one are the same"
    yield from (
        f"`# {each}` is not one of {', '.join(LANGUAGES)}"
        for each in words
        if each not in LANGUAGES
    )


def _check_front(front: Mapping[str, Any]) -> Iterator[str]:
    known = {"kind", "type", "audience", "since", "until", "season", "source", "poster"}
    yield from (
        f"front matter has no {key!r}; there are {', '.join(sorted(known))}"
        for key in sorted(set(front) - known)
    )
    kind = front.get("kind")
    if kind not in set(Kind):
        yield f"kind is {kind!r}; it is one of {', '.join(Kind)}"
    if front.get("type") is None:
        if kind != Kind.SEASON:
            yield "type is missing; only a season piece goes without"
    elif front["type"] not in set(ScamType):
        yield f"type is {front['type']!r}; it is one of {', '.join(ScamType)}"
    if not str(front.get("source") or "").strip():
        yield "source is missing: where the facts come from, or `own` for common knowledge"
    if not isinstance(front.get("poster", False), bool):
        yield "poster is true or false"
    for key in ("since", "until"):
        if front.get(key) is not None and type(front[key]) is not date:
            yield f"{key} is {front[key]!r}; it is a date such as 2026-09-01"
    since, until = front.get("since"), front.get("until")
    if isinstance(since, date) and isinstance(until, date) and since > until:
        yield "since is after until"
    yield from _check_season(front.get("season"), needed=kind == Kind.SEASON)
    yield from _check_audience(front.get("audience"))


def _check_season(season: object, *, needed: bool) -> Iterator[str]:
    if season is None:
        if needed:
            yield "season is missing: first and last day of the year, such as 08-20..09-10"
        return
    match = _SEASON.fullmatch(str(season))
    try:
        first_month, first_day, last_month, last_day = map(int, match.groups() if match else ())
        date(2028, first_month, first_day), date(2028, last_month, last_day)  # a leap year
    except ValueError:
        yield f"season is {season!r}; it is two days of the year, such as 08-20..09-10"


def _check_audience(audience: object) -> Iterator[str]:
    if audience is None:
        return
    if not isinstance(audience, Mapping):
        yield "audience is a mapping, such as {ages: [senior]}"
        return
    allowed = {"ages": AGES, "occupations": OCCUPATIONS, "topics": tuple(ScamType)}
    for key, values in audience.items():
        if key not in AUDIENCE:
            yield f"audience has no {key!r}; there are {', '.join(sorted(AUDIENCE))}"
        elif not isinstance(values, list) or not values:
            yield f"audience {key} is a list, such as [{allowed.get(key, ('江岸',))[0]}]"
        elif key in allowed:
            yield from (
                f"audience {key} has no {each!r}; there are {', '.join(allowed[key])}"
                for each in values
                if each not in allowed[key]
            )


def _check_part(part: str, said: str, language: str) -> Iterator[str]:
    if not said:
        yield "is empty"
    limit = LONGEST.get(part, {}).get(language)
    if limit and len(said) > limit:
        yield f"{len(said)} characters; at most {limit}"
    yield from (
        f"{{{name}}} is not a region fact; there are {', '.join(sorted(FACTS))}"
        for name in _FACT.findall(said)
        if name not in FACTS
    )
    if part in (TITLE, BODY, WHY) and _LINK.search(said.lower()):
        yield "holds a link; the police's messages never do"
    if part in (BODY, WHY) and re.search(r"\b96110\b|\b110\b", said):
        yield "names a hotline; write {police}, {hotline} or {hotline_name}, it differs by city"
    if part == TITLE and "\n" in said:
        yield "is more than one line"


def _split(text: str) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    match = _FRONT.match(text.replace("\r\n", "\n"))
    if match is None:
        raise BadContent("the file does not open with front matter between two lines of ---")
    try:
        front = yaml.safe_load(match.group(1))
    except yaml.YAMLError as error:
        raise BadContent(f"the front matter is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(front, dict):
        raise BadContent("the front matter is not a mapping")
    languages = _sections(match.group(2), _LANGUAGE)
    return front, {language: _sections(body, _PART) for language, body in languages.items()}


def _sections(text: str, heading: re.Pattern[str]) -> dict[str, str]:
    pieces = heading.split(text)
    if pieces[0].strip():
        raise BadContent(f"there are words before the first heading: {pieces[0].strip()[:30]!r}")
    names, bodies = pieces[1::2], pieces[2::2]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadContent(f"the heading {min(twice)!r} is there twice")
    return {name: body.strip() for name, body in zip(names, bodies, strict=True)}
