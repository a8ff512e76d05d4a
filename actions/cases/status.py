"""How a case moves. One function changes a status, and writes the audit entry with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import timers
from actions.cases.models import Case, Outcome, Status
from actions.officers.models import DESK, Officer, Role

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.CLAIMED}),
    Status.CLAIMED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
UNCLAIMED_AFTER = timedelta(seconds=60)
SILENT_AFTER = timedelta(minutes=10)


class NotAllowed(Exception):
    """You are not on the list of officers who work cases."""


@dataclass(eq=False)  # not frozen: whoever handles an exception sets its traceback
class AlreadyOwned(Exception):
    """Somebody else has this case."""

    owner: str
    since: datetime


class IllegalMove(Exception):
    """The case is not in a state from which this can be done."""


def claim(db: Session, case: Case, *, by: Officer, now: datetime) -> None:
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
    timers.replace(db, case, kind="silent", due_at=now + SILENT_AFTER)
    audit.record(db, "case.claimed", actor=_name(by), now=now, case_code=case.code)


def release(db: Session, case: Case, *, by: Officer, now: datetime) -> None:
    """Give the case back to the desk; the alert starts anew."""
    _require_hold(db, case, by)
    case.status, case.owner_id, case.claimed_at = Status.OPEN, None, None
    timers.replace(db, case, kind="unclaimed", due_at=now + UNCLAIMED_AFTER)
    audit.record(db, "case.released", actor=_name(by), now=now, case_code=case.code)


def close(db: Session, case: Case, outcome: Outcome, *, by: Officer, now: datetime) -> None:
    """End the case with what came of it. Only its owner or a supervisor may."""
    _require_hold(db, case, by)
    case.status, case.outcome, case.closed_at = Status.CLOSED, outcome, now
    timers.clear(db, case)
    audit.record(db, "case.closed", actor=_name(by), now=now, case_code=case.code, outcome=outcome)


def _require_desk(officer: Officer) -> None:
    if not officer.may(DESK):
        raise NotAllowed


def _require_hold(db: Session, case: Case, officer: Officer) -> None:
    _require_desk(officer)
    db.refresh(case, with_for_update={"of": Case})
    if case.status != Status.CLAIMED:
        raise IllegalMove
    if case.owner_id != officer.id and not officer.may(frozenset({Role.SUPERVISOR})):
        raise AlreadyOwned(*_held(case))


def _held(case: Case) -> tuple[str, datetime]:
    assert case.owner  # noqa: S101  a claimed case has an owner
    assert case.claimed_at  # noqa: S101  and a time
    return case.owner.name, case.claimed_at


def _name(officer: Officer) -> str:
    return f"officer:{officer.id}"
