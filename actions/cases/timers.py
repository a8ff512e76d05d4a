"""The next thing that happens to a case if nobody acts. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from actions.cases.models import Case, Timer


def replace(db: Session, case: Case, *, kind: str, due_at: datetime) -> None:
    """Leave this one timer on the case."""
    clear(db, case)
    db.add(Timer(case_id=case.id, kind=kind, due_at=due_at))


def clear(db: Session, case: Case) -> None:
    """Take every timer off the case."""
    db.execute(delete(Timer).where(Timer.case_id == case.id))


def lock_due(db: Session, *, limit: int, now: datetime) -> Sequence[Timer]:
    """Return timers that have gone off, held for this transaction and by nobody else."""
    return db.scalars(
        select(Timer)
        .where(Timer.due_at <= now)
        .order_by(Timer.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
