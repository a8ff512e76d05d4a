"""Answers to warnings, deadlines that pass, and what came of it all. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, text, update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases.models import Case
from actions.db import later
from actions.db.base import UtcDateTime
from actions.officers.models import DESK, Officer, Role
from actions.outbox.store import BLOCKED
from actions.triage.judgement import ScamType
from actions.warnings.models import CheckIn, Level, Outcome, Status, Warning

CLOSING = DESK | {Role.ANALYST}
ASK_AFTER = timedelta(hours=22)  # a check-in comes the next day
FROM_CASE = {  # how a case that came of a warning ended is how the warning ended
    "stopped": Outcome.DISSUADED,
    "paid": Outcome.PAID,
    "false_alarm": Outcome.MISTAKEN,
    "unreachable": Outcome.UNREACHABLE,
}
_SETTLE = """
    UPDATE warning w SET delivery = CASE
        WHEN m.status = 'sent' THEN 'sent' WHEN m.status = 'expired' THEN 'expired'
        WHEN starts_with(m.last_error, :blocked) THEN 'blocked' ELSE 'failed' END
    FROM outbox_message m
    WHERE w.delivery = 'queued' AND m.dedup_key = 'warning:' || w.id AND m.settled_at IS NOT NULL
"""


class NotAllowed(Exception):
    """Only duty officers and analysts may say what came of a warning."""


def find_open(db: Session, *, citizen_id: int) -> Warning | None:
    """Return the newest warning of this citizen that is not over, or None."""
    return db.scalars(
        select(Warning)
        .where(
            Warning.citizen_id == citizen_id,
            Warning.status.in_([Status.QUEUED, Status.ACKNOWLEDGED, Status.ESCALATED]),
        )
        .order_by(Warning.id.desc())
        .limit(1)
        .with_for_update(of=Warning)
    ).one_or_none()


def answer(db: Session, warning: Warning, said: str, *, now: datetime) -> None:
    """Take a tap: "safe" (I will not pay), "paid", or "doubt" (I do not believe it).

    A doubter has read it, but is not safe: the deadline stands until they say more.
    """
    warning.answer, warning.answered_at = said, now
    if said == "doubt":
        return
    if warning.status == Status.QUEUED:
        warning.status = Status.ACKNOWLEDGED
    if said == "safe" and warning.status == Status.ACKNOWLEDGED:
        _close(warning, Outcome.DISSUADED, now)
    elif said == "paid":
        _close(warning, Outcome.PAID, now)


def close(db: Session, warning: Warning, outcome: Outcome, *, by: Officer, now: datetime) -> None:
    """Record what an officer found out."""
    if not by.may(CLOSING):
        raise NotAllowed
    _close(warning, outcome, now)
    audit.record(
        db,
        "warning.closed",
        actor=by.actor,
        now=now,
        warning=warning.id,
        outcome=outcome,
    )


def _close(warning: Warning, outcome: Outcome, now: datetime) -> None:
    warning.status, warning.outcome, warning.closed_at = Status.CLOSED, outcome, now


def lock_overdue(db: Session, *, now: datetime, limit: int) -> Sequence[Warning]:
    """Return warnings nobody has answered in time, held by nobody else, the gravest first."""
    return db.scalars(
        select(Warning)
        .where(Warning.status == Status.QUEUED, Warning.deadline <= now)
        .order_by(Warning.level != Level.HIGH, Warning.deadline)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Warning)
    ).all()


def escalate(warning: Warning, case: Case, *, now: datetime) -> None:
    """Note that an officer is put on it, in this case."""
    warning.status, warning.escalated_at, warning.case_id = Status.ESCALATED, now, case.id


def follow_cases(db: Session, *, now: datetime) -> int:
    """Close warnings whose case an officer has closed; return how many."""
    followed = 0
    for ended, outcome in FROM_CASE.items():
        done = db.execute(
            update(Warning)
            .where(
                Warning.status == Status.ESCALATED,
                Warning.case_id == Case.id,
                Case.outcome == ended,
            )
            .values(status=Status.CLOSED, outcome=outcome, closed_at=now)
            .execution_options(synchronize_session=False)
        )
        followed += done.rowcount  # type: ignore[attr-defined]
    return followed


def settle(db: Session) -> None:
    """Bring in what the senders have done."""
    db.execute(text(_SETTLE), {"blocked": BLOCKED})


# Written for every message that is judged a scam: built once.
_PLAN_CHECK_IN = text("""
INSERT INTO check_in AS c (citizen_id, type, due_at) VALUES (:citizen_id, :type, :due_at)
ON CONFLICT (citizen_id, type)
DO UPDATE SET due_at = excluded.due_at, asked_at = NULL, answer = NULL, answered_at = NULL
""").bindparams(bindparam("due_at", type_=UtcDateTime()))


def plan_check_in(db: Session, *, citizen_id: int, type: ScamType, now: datetime) -> None:
    """Ask tomorrow whether they came back; once for each kind of scam."""
    asked = {"citizen_id": citizen_id, "type": str(type), "due_at": now + ASK_AFTER}
    later.write(db, _PLAN_CHECK_IN, asked)


def lock_check_ins(db: Session, *, now: datetime, limit: int) -> Sequence[CheckIn]:
    """Return check-ins that are due, held by nobody else."""
    return db.scalars(
        select(CheckIn)
        .where(CheckIn.asked_at.is_(None), CheckIn.due_at <= now)
        .order_by(CheckIn.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def forget_check_ins(db: Session, *, citizen_id: int) -> None:
    """Ask this citizen nothing any more."""
    db.execute(delete(CheckIn).where(CheckIn.citizen_id == citizen_id, CheckIn.asked_at.is_(None)))


def find_check_in(db: Session, *, citizen_id: int) -> CheckIn | None:
    """Return the newest check-in that this citizen was asked, or None."""
    return db.scalars(
        select(CheckIn)
        .where(CheckIn.citizen_id == citizen_id, CheckIn.asked_at.is_not(None))
        .order_by(CheckIn.asked_at.desc())
        .limit(1)
    ).one_or_none()


def expire_old(db: Session, *, now: datetime) -> None:
    """The danger is over: what is past its expiry is no longer open."""
    db.execute(
        update(Warning)
        .where(
            Warning.expires_at <= now,
            or_(Warning.status == Status.ACKNOWLEDGED, Warning.status == Status.UNMATCHED),
        )
        .values(status=Status.EXPIRED, contact=None)
        .execution_options(synchronize_session=False)
    )
