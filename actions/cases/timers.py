"""The next thing that happens to a case if nobody acts. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from actions.cases.models import Case, Timer


class Kind(StrEnum):
    UNCLAIMED = "unclaimed"  # the alert's next step
    SILENT = "silent"  # the owner has done nothing for long: they are asked
    ASKED = "asked"  # they were asked, and have not answered: it is offered again
    SNOOZED = "snoozed"  # the owner put it off until then


def replace(
    db: Session, case: Case, *, kind: Kind, since: datetime, due_at: datetime, fired: int = 0
) -> None:
    """Leave this one timer on the case."""
    clear(db, case)
    db.add(Timer(case_id=case.id, kind=kind, since=since, due_at=due_at, fired=fired))


def clear(db: Session, case: Case) -> None:
    """Take every timer off the case."""
    db.execute(delete(Timer).where(Timer.case_id == case.id))


def find(db: Session, *, case_id: int) -> Timer | None:
    """Return the case's timer, or None when it is closed."""
    return db.scalars(select(Timer).where(Timer.case_id == case_id)).one_or_none()


def list_due(db: Session, *, limit: int, now: datetime) -> Sequence[int]:
    """Return the cases whose timers have gone off, the longest waiting first."""
    return db.scalars(
        select(Timer.case_id).where(Timer.due_at <= now).order_by(Timer.due_at).limit(limit)
    ).all()
