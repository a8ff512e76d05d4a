"""Write the audit log. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry


def record(
    db: Session,
    event: str,
    *,
    actor: str,
    now: datetime,
    case_code: str | None = None,
    **details: object,
) -> None:
    """Add one entry in the transaction of what it tells about."""
    db.add(AuditEntry(at=now, actor=actor, event=event, case_code=case_code, details=details))
