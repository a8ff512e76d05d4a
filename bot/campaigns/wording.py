"""What a campaign says to each recipient: by variant, language and side of the pair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from actions.campaigns.content import FACTS, Piece, is_in_season
from actions.campaigns.models import Campaign
from actions.campaigns.queue import Wording
from actions.campaigns.store import spoken
from bot import texts
from bot.regions import Region

Words = Mapping[str, Mapping[str, Mapping[str, str]]]
_FACT = re.compile(r"\{(" + "|".join(sorted(FACTS)) + r")\}")
SIDES = ("scam", "real")


def wording(campaign: Campaign, region: Region, *, occurrence_id: int) -> Wording:
    """Return every body that this occurrence may need."""
    variants: Words = campaign.variants  # type: ignore[assignment]
    languages = spoken(campaign)
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
                    silent=campaign.kind not in ("alert", "correction"),
                )
    return Wording(bodies, tuple(sorted(variants)), languages, pair)


def has_pair(variants: Words) -> bool:
    """Tell whether every version shows one of a pair."""
    return all(
        "scam" in parts and "real" in parts for by in variants.values() for parts in by.values()
    )


def body(
    parts: Mapping[str, str],
    language: str,
    region: Region,
    *,
    side: str = "",
    answers_to: str = "0",
    silent: bool = True,
) -> dict[str, object]:
    """Return one message: its words, one of the pair with two buttons, and the way out."""

    def say(key: str, **params: str) -> str:
        return texts.say(key, language, region, **params)

    said = [parts["text"]] if "text" in parts else []
    said += [parts[part] for part in ("title", "body") if part in parts]
    if side:
        said.append(say("campaign.pair", message=parts[side]))
    said.append(say("campaign.footer"))
    made: dict[str, object] = {"text": "\n\n".join(fill(each, language, region) for each in said)}
    if side:
        made["buttons"] = [
            [{"label": say(f"quiz.choice.{answer}"), "data": f"ask:quiz:{answers_to}_{answer}"}]
            for answer in SIDES
        ]
    if silent:
        made["silent"] = True
    return made


def fill(said: str, language: str, region: Region) -> str:
    """Put the region's facts in; any other braces stay as they were written."""
    facts = region.facts[language]
    return _FACT.sub(lambda match: facts.get(match.group(1), match.group()), said)


def words_of(piece: Piece) -> dict[str, dict[str, str]]:
    """Return a piece's words as a campaign's variant, with its dates: they are approved too."""
    return {language: {**parts, **piece.dates} for language, parts in piece.words.items()}


def in_season(campaign: Campaign, day: date) -> bool:
    """Tell whether every piece it is made of may go out on this day."""
    variants: Words = campaign.variants  # type: ignore[assignment]
    return all(is_in_season(parts, day) for by in variants.values() for parts in by.values())
