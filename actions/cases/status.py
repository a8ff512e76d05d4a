"""How a case moves. One function changes a status, and writes the audit entry with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import timers
from actions.cases.models import DRILLED, MERGED, Case, Message, Outcome, Status
from actions.cases.policy import USUAL, Policy
from actions.cases.timers import Kind
from actions.officers.models import DESK, SUPERVISING, Officer
from actions.reports.models import Report

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.CLAIMED, Status.CLOSED}),  # closed unclaimed: merged, drilled
    Status.CLAIMED: frozenset({Status.OPEN, Status.CLAIMED, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPEN}),
}


class NotAllowed(Exception):
    """You are not on the list of officers who work cases."""


@dataclass(eq=False)  # not frozen: whoever handles an exception sets its traceback
class AlreadyOwned(Exception):
    """Somebody else has this case."""

    owner: str
    since: datetime


class IllegalMove(Exception):
    """The case is not in a state from which this can be done."""


class TooLong(Exception):
    """Nobody may put a case off for that long."""


def claim(db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL) -> None:
    """Make `by` the owner. One conditional update decides; the loser learns who was first."""
    _require_desk(by)
    won = db.execute(
        update(Case)
        .where(Case.id == case.id, Case.status == Status.OPEN)
        .values(status=Status.CLAIMED, owner_id=by.id, claimed_at=now)
        .execution_options(synchronize_session=False)
    )
    db.refresh(case)
    if won.rowcount != 1:  # type: ignore[attr-defined]
        if case.status == Status.CLAIMED:
            raise AlreadyOwned(*_held(case))
        raise IllegalMove
    _watch(db, case, now=now, policy=policy)
    audit.record(db, "case.claimed", actor=by.actor, now=now, case_code=case.code)


def release(
    db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL
) -> None:
    """Give the case back to the desk; the alert starts anew."""
    require_hold(db, case, by=by)
    _offer(db, case, now=now, policy=policy)
    audit.record(db, "case.released", actor=by.actor, now=now, case_code=case.code)


def hand_over(
    db: Session,
    case: Case,
    *,
    to: Officer,
    by: Officer,
    now: datetime,
    policy: Policy = USUAL,
) -> None:
    """Make another officer the owner. Their silence is watched like anybody's."""
    require_hold(db, case, by=by)
    _require_desk(to)
    if case.owner_id == to.id:
        raise IllegalMove
    _move(case, Status.CLAIMED)
    case.owner_id, case.claimed_at = to.id, now
    _watch(db, case, now=now, policy=policy)
    audit.record(db, "case.handed_over", actor=by.actor, now=now, case_code=case.code, to=to.id)
    db.flush()  # the owner is read anew
    db.refresh(case)


def snooze(
    db: Session,
    case: Case,
    *,
    until: datetime,
    by: Officer,
    now: datetime,
    policy: Policy = USUAL,
) -> None:
    """Let the owner be silent until then; they are asked when the time has come."""
    require_hold(db, case, by=by)
    if not now < until <= now + policy.longest_snooze:
        raise TooLong
    case.snoozed_until = until
    timers.replace(db, case, kind=Kind.SNOOZED, since=now, due_at=until)
    audit.record(
        db,
        "case.snoozed",
        actor=by.actor,
        now=now,
        case_code=case.code,
        until=until.isoformat(),
    )


def touch(db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL) -> None:
    """Note that the owner is at it: their silence is counted from now."""
    if case.status == Status.CLAIMED and case.owner_id == by.id:
        _watch(db, case, now=now, policy=policy)


def keep(db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL) -> None:
    """Answer "are you still on it?": yes."""
    require_hold(db, case, by=by)
    _watch(db, case, now=now, policy=policy)
    audit.record(db, "case.kept", actor=by.actor, now=now, case_code=case.code)


def close(db: Session, case: Case, outcome: Outcome, *, by: Officer, now: datetime) -> None:
    """End the case with what came of it. Only its owner or a supervisor may."""
    require_hold(db, case, by=by)
    _end(db, case, outcome, now=now)
    audit.record(db, "case.closed", actor=by.actor, now=now, case_code=case.code, outcome=outcome)


def reopen(db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL) -> None:
    """Put a closed case before the desk again, unless its citizen has another by now."""
    _require_desk(by)
    hold(db, case)
    if case.status != Status.CLOSED or case.outcome == DRILLED or _has_another(db, case):
        raise IllegalMove
    _move(case, Status.OPEN)
    case.outcome, case.closed_at, case.merged_into_id, case.helped = None, None, None, None
    case.owner_id, case.claimed_at = None, None
    begin_alert(db, case, now=now, policy=policy)
    audit.record(db, "case.reopened", actor=by.actor, now=now, case_code=case.code)


def merge(db: Session, case: Case, *, into: Case, by: Officer, now: datetime) -> None:
    """Go on with two cases as one: `case` ends, and its citizen is heard in the other.

    Its owner or a supervisor may, and anybody at the desk when nobody has it yet.
    """
    _require_desk(by)
    if case.id == into.id:
        raise IllegalMove
    for each in sorted((case, into), key=lambda one: one.id):  # one order: no deadlock
        hold(db, each)
    if Status.CLOSED in (case.status, into.status):
        raise IllegalMove
    for each in (case, into):
        if each.owner_id not in (None, by.id) and not by.may(SUPERVISING):
            raise AlreadyOwned(*_held(each))
    _end(db, case, MERGED, now=now)
    case.merged_into_id = into.id
    # Whoever was heard in this case before is heard in the other from now on.
    _follow(db, case, into)
    into.amount = max(filter(None, (case.amount, into.amount)), default=None)
    into.discreet = into.discreet or case.discreet
    audit.record(db, "case.merged", actor=by.actor, now=now, case_code=case.code, into=into.code)
    audit.record(db, "case.took_in", actor=by.actor, now=now, case_code=into.code, case=case.code)


def offer_again(
    db: Session, case: Case, *, why: str, now: datetime, policy: Policy = USUAL
) -> None:
    """Take the case from an owner who is silent or gone; the alert starts anew."""
    owner = case.owner_id
    _offer(db, case, now=now, policy=policy)
    audit.record(
        db,
        "case.offered_again",
        actor=audit.SYSTEM,
        now=now,
        case_code=case.code,
        why=why,
        owner=owner,
    )


def end_drill(db: Session, case: Case, *, now: datetime, **figures: object) -> None:
    """End a synthetic case with what it showed."""
    _end(db, case, DRILLED, now=now)
    audit.record(db, "drill.ended", actor=audit.SYSTEM, now=now, case_code=case.code, **figures)


def heal(db: Session, case: Case, *, now: datetime, policy: Policy = USUAL) -> None:
    """Give a case that lost its timer a new one, due at once."""
    if case.status == Status.OPEN:
        timers.replace(db, case, kind=Kind.UNCLAIMED, since=now, due_at=now, fired=1)
    elif case.status == Status.CLAIMED:
        _watch(db, case, now=now, policy=policy)
    audit.record(db, "case.timer_restored", actor=audit.SYSTEM, now=now, case_code=case.code)


def begin_alert(db: Session, case: Case, *, now: datetime, policy: Policy = USUAL) -> None:
    """Start the alert: the card is out already, its next step comes in time."""
    timers.replace(db, case, kind=Kind.UNCLAIMED, since=now, due_at=now + policy.wait(1), fired=1)


def _move(case: Case, to: Status) -> None:
    if to not in MOVES[Status(case.status)]:
        raise IllegalMove
    case.status = to


def _offer(db: Session, case: Case, *, now: datetime, policy: Policy) -> None:
    _move(case, Status.OPEN)
    case.owner_id, case.claimed_at, case.snoozed_until = None, None, None
    begin_alert(db, case, now=now, policy=policy)
    db.flush()  # before it is read anew
    db.refresh(case)  # the owner is read anew


def _watch(db: Session, case: Case, *, now: datetime, policy: Policy) -> None:
    case.snoozed_until = None
    timers.replace(db, case, kind=Kind.SILENT, since=now, due_at=now + policy.silent_after)


def _end(db: Session, case: Case, outcome: str, *, now: datetime) -> None:
    _move(case, Status.CLOSED)
    case.outcome, case.closed_at, case.snoozed_until = outcome, now, None
    timers.clear(db, case)


def _follow(db: Session, case: Case, into: Case) -> None:
    db.execute(update(Case).where(Case.merged_into_id == case.id).values(merged_into_id=into.id))
    db.execute(update(Report).where(Report.case_id == case.id).values(case_id=into.id))
    db.execute(update(Message).where(Message.case_id == case.id).values(case_id=into.id))


def _has_another(db: Session, case: Case) -> bool:
    if case.citizen_id is None:
        return False
    other = select(Case.id).where(
        Case.citizen_id == case.citizen_id, Case.status != Status.CLOSED, Case.id != case.id
    )
    return db.scalar(other.limit(1)) is not None


def _require_desk(officer: Officer) -> None:
    if not officer.may(DESK):
        raise NotAllowed


def hold(db: Session, case: Case) -> None:
    """Keep everybody else from the case until the end, and see it as it is now."""
    db.refresh(case, with_for_update={"of": Case})
    db.expire(case, ["owner"])  # read with the case, it is who was so before we waited


def require_hold(db: Session, case: Case, *, by: Officer) -> None:
    """Raise unless `by` owns the case or supervises; the case is held until the end."""
    _require_desk(by)
    hold(db, case)
    if case.status != Status.CLAIMED:
        raise IllegalMove
    if not holds(by, case):
        raise AlreadyOwned(*_held(case))


def holds(officer: Officer, case: Case) -> bool:
    """Tell whether a case is this officer's to work on: their own, or they supervise."""
    return case.owner_id == officer.id or officer.may(SUPERVISING)


def _held(case: Case) -> tuple[str, datetime]:
    assert case.owner  # noqa: S101  a claimed case has an owner
    assert case.claimed_at  # noqa: S101  and a time
    return case.owner.name, case.claimed_at
