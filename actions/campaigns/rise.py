"""Reports of a kind of scam rose in a district: a plain statistic, and an offer to a publisher.

Counted are citizens who live there (by their own word) and told us of a scam of the type, each
once a week, so that one loud reporter is one. The week is held against the four before it: with
an expected number e, so many or more come by chance with the Poisson probability P. An alert is
offered from five citizens on, at least twice the expected number, and P below 1 in 1,000 (with
some 20 types in 15 districts, chance alone offers one about every third week). Nobody is named:
an offer holds a district, a type and three numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.campaigns.models import Rise

WEEK = timedelta(days=7)
WEEKS_BEFORE = 4
LEAST = 5
TWICE = 2.0
CHANCE = 0.001

_COUNT = text(
    """
    SELECT p.district, r.type, r.week, count(DISTINCT r.citizen_id)
    FROM (SELECT citizen_id, type,
                 floor(extract(epoch FROM CAST(:now AS timestamptz) - received_at) / 604800)::int
                     AS week
          FROM report
          WHERE received_at > CAST(:now AS timestamptz) - :window AND received_at <= :now
            AND verdict IN ('scam', 'suspicious') AND type IS NOT NULL
            AND stage <> 'query') AS r
    JOIN profile p ON p.citizen_id = r.citizen_id
    WHERE p.district IS NOT NULL
    GROUP BY p.district, r.type, r.week
    """
)


@dataclass(frozen=True, slots=True)
class Found:
    """A district and type whose reports rose."""

    district: str
    type: str
    count: int
    expected: float
    chance: float


def weigh(district: str, kind: str, weeks: Sequence[int]) -> Found | None:
    """Return what has risen, or None. `weeks` are counts, this week first, then the four before.

    Half a report is added to what was expected: a type that was never seen is not infinitely rare.
    """
    count, before = weeks[0], weeks[1 : WEEKS_BEFORE + 1]
    expected = (sum(before) + 0.5) / WEEKS_BEFORE
    chance = at_least(count, expected)
    if count < LEAST or count < TWICE * expected or chance >= CHANCE:
        return None
    return Found(district, kind, count, expected, chance)


def at_least(count: int, expected: float) -> float:
    """Return the Poisson probability of so many or more."""
    term = total = exp(-expected)
    for n in range(1, count):
        term *= expected / n
        total += term
    return 1.0 if count == 0 else max(0.0, 1.0 - total)


def find(db: Session, *, now: datetime) -> list[Found]:
    """Return every district and type whose reports have risen in the last seven days."""
    weeks: dict[tuple[str, str], list[int]] = {}
    for district, kind, week, number in db.execute(
        _COUNT, {"now": now, "window": WEEK * (WEEKS_BEFORE + 1)}
    ):
        weeks.setdefault((district, kind), [0] * (WEEKS_BEFORE + 1))[week] = number
    found: Iterable[Found | None] = (weigh(*key, counts) for key, counts in weeks.items())
    return sorted((each for each in found if each), key=lambda each: each.chance)


def offer(db: Session, found: Found, *, now: datetime) -> Rise | None:
    """Store the offer; None when it was made this week already."""
    monday = (now - timedelta(days=now.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    made = db.scalar(
        insert(Rise)
        .values(
            district=found.district,
            type=found.type,
            week=monday,
            found_at=now,
            count=found.count,
            expected=found.expected,
            chance=found.chance,
        )
        .on_conflict_do_nothing()
        .returning(Rise.id)
    )
    return db.get(Rise, made) if made else None


def list_open(db: Session) -> Sequence[Rise]:
    """Return the offers nobody has taken up or put away, newest first."""
    return db.scalars(
        select(Rise)
        .where(Rise.campaign_id.is_(None), Rise.dismissed_at.is_(None))
        .order_by(Rise.id.desc())
    ).all()
