"""Whom a campaign is for: what may be asked, and the one SQL condition that answers it.

Preview and queueing share the condition, so that what was counted is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from actions.campaigns.content import AGES, LANGUAGES, OCCUPATIONS
from actions.triage.judgement import ScamType

# A key may be written in the singular with one value, or in the plural with a list.
PLURAL = {
    "district": "districts",
    "topic": "topics",
    "age": "ages",
    "occupation": "occupations",
    "language": "languages",
}

# Citizens `c` with their profile `p`, if they have one. What somebody has not told us matches no
# wish: only somebody who said that they live there is of that district.
MEANT = """
    (CAST(:districts AS text[]) IS NULL OR p.district = ANY(:districts))
    AND (CAST(:ages AS text[]) IS NULL OR p.age = ANY(:ages))
    AND (CAST(:occupations AS text[]) IS NULL OR p.occupation = ANY(:occupations))
    AND (CAST(:topics AS text[]) IS NULL OR jsonb_exists_any(p.topics, :topics))
    AND (CAST(:languages AS text[]) IS NULL OR c.language = ANY(:languages))
    AND (CAST(:corrects AS bigint) IS NULL OR EXISTS (
        SELECT 1 FROM delivery was JOIN occurrence o ON o.id = was.occurrence_id
        WHERE was.citizen_id = c.id AND o.campaign_id = :corrects
          AND (was.state IN ('sent', 'queued') OR was.reason = 'cancelled')))
"""
# Why somebody who is meant is left out all the same, by the first that holds.
LEFT_OUT = {
    "blocked": "c.blocked_at IS NOT NULL",
    "off": "NOT coalesce(p.tips, true)",
    "paused": "coalesce(p.paused_until > :at, false)",
    "language": "NOT coalesce(NOT c.language_chosen OR c.language = ANY(:spoken), false)",
}
WANTED = " AND ".join([*(f"NOT ({holds})" for holds in LEFT_OUT.values()), f"({MEANT})"])


class BadAudience(Exception):
    """Says what is wrong with an audience."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is meant; None is no condition, several conditions must all hold."""

    districts: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    ages: tuple[str, ...] | None = None
    occupations: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, object]:
        """Return the form that is stored, hashed and approved."""
        return {name: sorted(values) for name, values in self.params().items() if values}

    def params(self) -> dict[str, list[str] | None]:
        """Return what the SQL condition needs of it."""
        return {name: list(values) if values else None for name, values in asdict(self).items()}


def stored(wish: Mapping[str, object]) -> Audience:
    """Return the audience that `to_json` made this of."""
    return Audience(**{name: tuple(values) for name, values in wish.items()})  # type: ignore[arg-type]


def parse(wish: object, *, districts: Collection[str]) -> Audience:
    """Return the audience asked for, or raise BadAudience. `districts` are the region's."""
    if not isinstance(wish, Mapping):
        raise BadAudience('the audience is an object, such as {"district": "江岸"}')
    known = {
        "districts": tuple(districts),
        "topics": tuple(ScamType),
        "ages": AGES,
        "occupations": OCCUPATIONS,
        "languages": LANGUAGES,
    }
    chosen: dict[str, tuple[str, ...]] = {}
    for key, value in wish.items():
        name = PLURAL.get(key, key)
        if name not in known:
            raise BadAudience(f"an audience has no {key!r}; there are {', '.join(sorted(known))}")
        if name in chosen:
            raise BadAudience(f"{name} is there twice")
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not values:
            raise BadAudience(f"{key} is a name or a list of names")
        for each in values:
            if each not in known[name]:
                raise BadAudience(f"no {key} {each!r}; there are {', '.join(known[name])}")
        chosen[name] = tuple(dict.fromkeys(values))
    return Audience(**chosen)
