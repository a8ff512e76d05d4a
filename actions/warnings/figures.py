"""What became of warnings, and how many people were dissuaded, with the interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from actions.campaigns.models import State
from actions.warnings import store
from actions.warnings.models import Level, Outcome, Status, Warning


def stats(db: Session) -> dict[str, object]:
    """Return what became of every warning, and how many were dissuaded, with its interval."""
    store.settle(db)
    status = _counts(db, select(Warning.status, func.count()).group_by(Warning.status))
    delivery = _counts(
        db,
        select(Warning.delivery, func.count())
        .where(Warning.status != Status.UNMATCHED)
        .group_by(Warning.delivery),
    )
    outcome = _counts(
        db,
        select(Warning.outcome, func.count())
        .where(Warning.outcome.is_not(None))
        .group_by(Warning.outcome),
    )
    known = sum(outcome.get(each, 0) for each in (Outcome.DISSUADED, Outcome.PAID))
    low, high = wilson(outcome.get(Outcome.DISSUADED, 0), known)
    return {
        "warnings": sum(status.values()),
        "unmatched": status.get(Status.UNMATCHED, 0),
        "delivery": {each.value: delivery.get(each, 0) for each in State},
        "status": {each.value: status.get(each, 0) for each in Status},
        "outcome": {each.value: outcome.get(each, 0) for each in Outcome},
        "dissuasion": {
            "of": known,
            "rate": outcome.get(Outcome.DISSUADED, 0) / known if known else None,
            "low": low,
            "high": high,
        },
    }


@dataclass(frozen=True, slots=True)
class Group:
    """The warnings of one kind of scam and level, and what came of them."""

    type: str
    level: str
    warnings: int
    sent: int
    answered: int
    escalated: int
    outcomes: Mapping[str, int]

    @property
    def known(self) -> int:
        """Of how many it is known whether they paid."""
        return self.outcomes[Outcome.DISSUADED] + self.outcomes[Outcome.PAID]

    @property
    def rate(self) -> float | None:
        """The share of these that were dissuaded."""
        return self.outcomes[Outcome.DISSUADED] / self.known if self.known else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Where the true share lies, with 95 % confidence."""
        return wilson(self.outcomes[Outcome.DISSUADED], self.known)


def groups(db: Session) -> list[Group]:
    """Return what came of warnings by kind of scam and level, the most frequent kinds first."""
    store.settle(db)
    found = [
        Group(type, level, number, sent, answered, escalated, _by_outcome(outcomes))
        for type, level, number, sent, answered, escalated, *outcomes in db.execute(_GROUPS)
    ]
    of_type = Counter[str]()
    for each in found:
        of_type[each.type] += each.warnings
    levels = list(Level)
    return sorted(found, key=lambda g: (-of_type[g.type], g.type, levels.index(Level(g.level))))


_GROUPS = select(
    Warning.type,
    Warning.level,
    func.count(),
    func.count().filter(Warning.delivery == "sent"),
    func.count().filter(Warning.answered_at.is_not(None)),
    func.count().filter(Warning.escalated_at.is_not(None)),
    *(func.count().filter(Warning.outcome == each) for each in Outcome),
).group_by(Warning.type, Warning.level)


def together(found: Sequence[Group], *, type: str = "") -> Group:
    """Return several groups as one."""

    def total(name: str) -> int:
        return sum(getattr(each, name) for each in found)

    outcomes = [sum(each.outcomes[outcome] for each in found) for outcome in Outcome]
    return Group(
        type,
        "",
        total("warnings"),
        total("sent"),
        total("answered"),
        total("escalated"),
        _by_outcome(outcomes),
    )


def _by_outcome(numbers: Sequence[int]) -> dict[str, int]:
    return dict(zip(map(str, Outcome), numbers, strict=True))


def _counts(db: Session, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(number) for name, number in db.execute(query)}


def wilson(hits: int, of: int, *, z: float = 1.96) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share after Wilson; it is honest for few cases, too."""
    if of == 0:
        return None, None
    share = hits / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
