"""Watch the watchers: every case that is not closed has somebody, or an alert, and a timer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.audit.models import AuditEntry
from actions.cases import status
from actions.cases.models import Case, Status, Timer
from actions.cases.policy import USUAL, Policy
from actions.outbox.models import Lane, OutboxMessage
from actions.outbox.models import Status as Sending

LATE = timedelta(seconds=30)  # a timer overdue for longer: nobody is firing them
SLOW = timedelta(seconds=60)  # an urgent message waiting for longer: nobody is sending them
LOOK_BACK = timedelta(minutes=10)
DRILL_COUNTS = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was looked at, and what was wrong: by code of the case, or by part."""

    looked_at: int
    wrong: Mapping[str, str]

    @property
    def ratio(self) -> float:
        """Return the share of cases that are well looked after."""
        if not self.looked_at:
            return 1.0
        bad = sum(1 for name in self.wrong if name.startswith("C-"))
        return 1 - bad / self.looked_at


def look(db: Session, *, now: datetime, policy: Policy = USUAL) -> Findings:
    """Look at every case that is not closed, mend what can be mended, and say what was wrong."""
    wrong: dict[str, str] = {}
    rows = db.execute(
        select(Case, Timer)
        .outerjoin(Timer, Timer.case_id == Case.id)
        .where(Case.status != Status.CLOSED)
        .order_by(Case.id)
    ).all()
    for case, timer in rows:
        why = _wrong(case, timer, now)
        if why is None:
            continue
        wrong[case.code] = why
        _mend(db, case, why, now=now, policy=policy)
    if slowest := _slowest(db, now):
        wrong["outbox"] = f"an urgent message has waited {slowest} s"
    if undelivered := _undelivered(db, now):
        wrong["alerts"] = f"{undelivered} alerts to officers could not be delivered"
    if _drill_failed(db, now):
        wrong["drill"] = "the last drill's card did not arrive"
    return Findings(len(rows), wrong)


def _wrong(case: Case, timer: Timer | None, now: datetime) -> str | None:
    if timer is None:
        return "no timer"
    if timer.due_at < now - LATE:
        return "timer overdue"
    if case.status == Status.CLAIMED and case.owner is None:
        return "claimed by nobody"
    if case.status == Status.CLAIMED and case.owner and case.owner.removed_at is not None:
        return "owner left"
    if case.status == Status.OPEN and case.owner_id is not None:
        return "open with an owner"
    return None


def _mend(db: Session, case: Case, why: str, *, now: datetime, policy: Policy) -> None:
    """Under the case's lock, and only if it is still so."""
    status.hold(db, case)
    timer = db.scalars(select(Timer).where(Timer.case_id == case.id)).one_or_none()
    if case.status == Status.CLOSED or _wrong(case, timer, now) != why:
        return
    if why == "no timer":
        status.heal(db, case, now=now, policy=policy)
    elif why in ("owner left", "claimed by nobody"):
        status.offer_again(db, case, why=why, now=now, policy=policy)


def _slowest(db: Session, now: datetime) -> int | None:
    oldest = db.scalar(
        select(func.min(OutboxMessage.created_at)).where(  # each attempt moves `due_at`
            OutboxMessage.lane == Lane.URGENT,
            OutboxMessage.status.in_((Sending.WAITING, Sending.SENDING)),
            OutboxMessage.created_at <= now - SLOW,
        )
    )
    return int((now - oldest).total_seconds()) if oldest else None


def _undelivered(db: Session, now: datetime) -> int:
    """Count alerts that a channel refused lately; each is recorded once."""
    failed = db.scalars(
        select(OutboxMessage).where(
            OutboxMessage.status == Sending.FAILED,
            OutboxMessage.settled_at > now - LOOK_BACK,
            OutboxMessage.dedup_key.like("case:%:alert:%"),
        )
    ).all()
    for message in failed:
        code = message.dedup_key.split(":")[1]
        noted = db.scalar(
            select(AuditEntry.id)
            .where(
                AuditEntry.event == "case.alert_undelivered",
                AuditEntry.case_code == code,
                AuditEntry.details["message"].as_integer() == message.id,
            )
            .limit(1)
        )
        if noted is None:
            audit.record(
                db,
                "case.alert_undelivered",
                actor=audit.SYSTEM,
                now=now,
                case_code=code,
                message=message.id,
            )
    return len(failed)


def _drill_failed(db: Session, now: datetime) -> bool:
    last = db.scalars(
        select(AuditEntry)
        .where(AuditEntry.event == "drill.ended", AuditEntry.at > now - DRILL_COUNTS)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and not last.details.get("fine")
