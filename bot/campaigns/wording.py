"""What a campaign says to each recipient: by variant, language and side of the pair."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from actions.campaigns.content import FACTS, Piece, is_in_season
from actions.campaigns.models import Campaign
from actions.campaigns.queue import Wording
from actions.campaigns.store import spoken
from actions.outbox.split import LONGEST_CAPTION, length
from bot import poster, texts
from bot.poster import Poster
from bot.regions import Region

Words = Mapping[str, Mapping[str, Mapping[str, str]]]
_FACT = re.compile(r"\{(" + "|".join(sorted(FACTS)) + r")\}")
_SENTENCE = re.compile(r"(.{4,40}?[。！？.!?])\s*(.+)", re.DOTALL)
SIDES = ("scam", "real")
POSTER = "poster"  # a part that is there when the words go out as a picture, too


def wording(campaign: Campaign, region: Region, *, occurrence_id: int) -> Wording:
    """Return every body that this occurrence may need."""
    variants: Words = campaign.variants  # type: ignore[assignment]
    languages = spoken(variants)
    pair = has_pair(variants)
    bodies = {}
    for name, words in variants.items():
        for language in languages:
            for side in SIDES if pair else ("",):
                bodies[f"{name}:{language}:{side}"] = body(
                    words[language],
                    language,
                    region,
                    side=side,
                    answers_to=str(occurrence_id),
                    about=About(campaign.kind, campaign.type),
                )
    return Wording(bodies, tuple(sorted(variants)), languages, pair)


def has_pair(variants: Words) -> bool:
    """Tell whether every version shows one of a pair."""
    return all(
        "scam" in parts and "real" in parts for by in variants.values() for parts in by.values()
    )


@dataclass(frozen=True, slots=True)
class About:
    """What a message is: its kind, and the kind of scam it is about."""

    kind: str = "text"
    type: str | None = None


def body(
    parts: Mapping[str, str],
    language: str,
    region: Region,
    *,
    side: str = "",
    answers_to: str = "0",
    about: About | None = None,
) -> dict[str, object]:
    """Return one message: its words, one of the pair with two buttons, and the way out."""
    about = about or About()

    def say(key: str, **params: str) -> str:
        return texts.say(key, language, region, **params)

    rest = [fill(say("campaign.pair", message=parts[side]), language, region)] if side else []
    rest.append(say("campaign.footer"))
    made: dict[str, object] = {"text": "\n\n".join([*lead(parts, language, region, rest), *rest])}
    if side:
        made["buttons"] = [
            [{"label": say(f"quiz.choice.{answer}"), "data": f"ask:quiz:{answers_to}_{answer}"}]
            for answer in SIDES
        ]
    if about.kind not in ("alert", "correction"):
        made["silent"] = True
    if drawn := poster_of(parts, language, region, about):
        made["poster"] = drawn.to_json()
    return made


def lead(
    parts: Mapping[str, str], language: str, region: Region, rest: Sequence[str] = ()
) -> list[str]:
    """Return what is said first. What a poster says is left out when its caption has no room."""
    said = [
        fill(parts[part], language, region) for part in ("text", "title", "body") if part in parts
    ]
    if POSTER in parts and length("\n\n".join([*said, *rest])) > LONGEST_CAPTION:
        return said[:1] if "title" in parts else []
    return said


def poster_of(
    parts: Mapping[str, str], language: str, region: Region, about: About
) -> Poster | None:
    """Return the poster that goes with these words, if one is wanted; TooLong if none can be."""
    if POSTER not in parts:
        return None
    title, below = parts.get("title", ""), parts.get("body", "")
    if not title:
        title, below = _first_sentence(parts["text"])
    return poster.of_words(
        fill(title, language, region),
        fill(below, language, region),
        kind=about.kind,
        type=about.type,
        language=language,
        region=region,
    )


def _first_sentence(text: str) -> tuple[str, str]:
    """Return the first line, or of a single line the first sentence, and what comes after it."""
    title, _, below = text.strip().partition("\n")
    if not below and (match := _SENTENCE.match(title)):
        title, below = match.groups()
    return title.strip().rstrip("。."), below.strip()


def with_posters(variants: Words, region: Region, about: About) -> Words:
    """Return the same words with a poster each; raise TooLong where one does not fit."""
    made = {
        name: {language: {**parts, POSTER: "yes"} for language, parts in words.items()}
        for name, words in variants.items()
    }
    for words in made.values():
        for language, parts in words.items():
            poster_of(parts, language, region, about)
    return made


def fill(said: str, language: str, region: Region) -> str:
    """Put the region's facts in; any other braces stay as they were written."""
    facts = region.facts[language]
    return _FACT.sub(lambda match: facts.get(match.group(1), match.group()), said)


def words_of(piece: Piece) -> dict[str, dict[str, str]]:
    """Return a piece's words as a campaign's variant, with its dates and whether it has a poster:
    they are approved too.
    """
    drawn = {POSTER: "yes"} if piece.poster else {}
    return {language: {**parts, **piece.dates, **drawn} for language, parts in piece.words.items()}


def in_season(campaign: Campaign, day: date) -> bool:
    """Tell whether every piece it is made of may go out on this day."""
    variants: Words = campaign.variants  # type: ignore[assignment]
    return all(is_in_season(parts, day) for by in variants.values() for parts in by.values())
