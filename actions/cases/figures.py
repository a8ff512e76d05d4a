"""What the desk did in a time: how fast, with what outcome, where and when. Nothing here commits.

Drills and cases that were merged into another are left out; what was asked of a bank in such a
case counts all the same. A case is claimed when it was first
claimed, whoever has it now: the audit log knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry
from actions.cases.models import MERGED, Case, PaymentState, Status, StopPayment
from actions.cases.search import visible
from actions.cases.stop_payment import frozen
from actions.officers.models import Officer
from actions.vault import Vault

CLAIM_GOAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The middle of some durations, and what nine in ten stay below; None of nothing."""

    p50: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True)
class District:
    """What one district had."""

    opened: int
    to_claim: Quantiles
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a time. Hours are those of the region."""

    opened: int
    waiting: int
    closed: int
    to_claim: Quantiles
    to_close: Quantiles
    claimed_in_time: float | None  # the share claimed within the goal
    outcomes: Mapping[str, int]
    types: Mapping[str, int]
    districts: Mapping[str, District]  # "" where none is known
    hours: Sequence[int] = field(default_factory=lambda: [0] * 24)
    frozen_cents: int = 0
    stop_payments: Mapping[str, int] = field(default_factory=dict)


def figures(
    db: Session,
    vault: Vault,
    officer: Officer,
    *,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    district: str | None = None,
) -> Figures:
    """Return the figures of the cases this officer may see that were opened in a time."""
    wanted = [
        visible(officer),
        Case.opened_at >= since,
        Case.opened_at < until,
        Case.drill.is_(False),
    ]
    if district is not None:
        wanted.append(Case.district == district)
    first = (
        select(AuditEntry.case_code, func.min(AuditEntry.at).label("claimed"))
        .where(AuditEntry.event == "case.claimed", AuditEntry.at >= since)
        .group_by(AuditEntry.case_code)
        .subquery()
    )
    rows = db.execute(
        select(Case, first.c.claimed)
        .outerjoin(first, first.c.case_code == Case.code)
        .where(*wanted, or_(Case.outcome.is_(None), Case.outcome != MERGED))
        .order_by(Case.id)
    ).all()
    cases = [case for case, _ in rows]
    claims = {case.id: claimed - case.opened_at for case, claimed in rows if claimed}
    closes = [case.closed_at - case.opened_at for case in cases if case.closed_at]
    hours = [0] * 24
    for case in cases:
        hours[case.opened_at.astimezone(zone).hour] += 1
    requests = db.scalars(
        select(StopPayment).join(Case, Case.id == StopPayment.case_id).where(*wanted)
    ).all()
    quick = sum(wait <= CLAIM_GOAL for wait in claims.values())
    return Figures(
        opened=len(cases),
        waiting=sum(case.status == Status.OPEN for case in cases),
        closed=len(closes),
        to_claim=_quantiles(list(claims.values())),
        to_close=_quantiles(closes),
        claimed_in_time=quick / len(claims) if claims else None,
        outcomes=Counter(str(case.outcome) for case in cases if case.outcome),
        types=Counter(case.type or "" for case in cases),
        districts=_districts(cases, claims),
        hours=hours,
        frozen_cents=sum(
            frozen(vault, each) or 0 for each in requests if each.state == PaymentState.FROZEN
        ),
        stop_payments=Counter(each.state for each in requests),
    )


def _districts(cases: Sequence[Case], claims: Mapping[int, timedelta]) -> dict[str, District]:
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        by_name.setdefault(case.district or "", []).append(case)
    return {
        name: District(
            opened=len(own),
            to_claim=_quantiles([claims[case.id] for case in own if case.id in claims]),
            outcomes=Counter(str(case.outcome) for case in own if case.outcome),
        )
        for name, own in sorted(by_name.items(), key=lambda each: -len(each[1]))
    }


def _quantiles(spans: list[timedelta]) -> Quantiles:
    if not spans:
        return Quantiles(None, None)
    spans = sorted(spans)

    def at(share: float) -> timedelta:
        return spans[min(len(spans) - 1, round(share * (len(spans) - 1)))]

    return Quantiles(at(0.5), at(0.9))
