"""Write and read the audit log. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry

SYSTEM, STRANGER = "system", "stranger"  # who did it, where nobody we know did
CHANNEL = "desk"  # what NOTIFY and LISTEN call it; the payload is a case's code


def record(
    db: Session,
    event: str,
    *,
    actor: str,
    now: datetime,
    case_code: str | None = None,
    **details: object,
) -> None:
    """Add one entry in the transaction of what it tells about.

    What is about a case wakes whoever watches the desk, once the transaction has committed.
    """
    db.add(AuditEntry(at=now, actor=actor, event=event, case_code=case_code, details=details))
    if case_code is not None:
        wake(db, case_code=case_code)


def wake(db: Session, *, case_code: str) -> None:
    """Wake whoever watches the desk, once the transaction has committed."""
    told = {"channel": CHANNEL, "code": case_code}
    db.execute(text("SELECT pg_notify(:channel, :code)"), told)


def list_for_case(db: Session, *, code: str) -> Sequence[AuditEntry]:
    """Return everything recorded about a case, oldest first."""
    return db.scalars(
        select(AuditEntry).where(AuditEntry.case_code == code).order_by(AuditEntry.id)
    ).all()
