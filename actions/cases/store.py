"""Read cases, and open them. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases.codes import new_code
from actions.cases.models import Case, Status, Timer
from actions.cases.status import UNCLAIMED_AFTER
from actions.triage.judgement import Judgement, Stage


def find(db: Session, *, code: str) -> Case | None:
    """Return the case with this code, or None."""
    return db.scalars(select(Case).where(Case.code == code)).one_or_none()


def find_open(db: Session, *, citizen_id: int) -> Case | None:
    """Return the citizen's case that is not closed, or None. There is at most one."""
    return db.scalars(
        select(Case).where(Case.citizen_id == citizen_id, Case.status != Status.CLOSED)
    ).one_or_none()


def open_case(
    db: Session, *, citizen_id: int, cause: str, judgement: Judgement | None, now: datetime
) -> Case:
    """Open a case with its first timer. The citizen's row must be locked and have no open case."""
    case = Case(
        code=new_code(),
        citizen_id=citizen_id,
        cause=cause,
        type=judgement.type if judgement else None,
        stage=judgement.stage if judgement else Stage.NONE,
        reasons=list(judgement.reasons) if judgement else [],
        status=Status.OPEN,
        opened_at=now,
    )
    db.add(case)
    db.flush()  # the timer needs case.id
    db.add(Timer(case_id=case.id, kind="unclaimed", due_at=now + UNCLAIMED_AFTER))
    audit.record(
        db,
        "case.opened",
        actor=f"citizen:{citizen_id}",
        now=now,
        case_code=case.code,
        cause=cause,
        type=case.type,
    )
    return case
