"""Read and write officers. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from actions.officers.models import Officer, Role

# Asked for every private message: built once.
_SERVING = select(Officer).where(
    Officer.telegram_id == bindparam("telegram_id"), Officer.removed_at.is_(None)
)


def find(db: Session, *, telegram_id: int) -> Officer | None:
    """Return the serving officer with this Telegram id, or None."""
    return db.scalars(_SERVING, {"telegram_id": telegram_id}).one_or_none()


def find_badge(db: Session, *, badge: str) -> Officer | None:
    """Return the serving officer with this badge, or None."""
    return db.scalars(
        select(Officer).where(Officer.badge == badge, Officer.removed_at.is_(None))
    ).one_or_none()


def list_serving(db: Session) -> Sequence[Officer]:
    """Return every officer on the list, oldest first."""
    return db.scalars(
        select(Officer).where(Officer.removed_at.is_(None)).order_by(Officer.id)
    ).all()


def add(
    db: Session, *, telegram_id: int, name: str, roles: Sequence[Role], district: str | None
) -> Officer:
    """Put an officer on the list; one who is already known is brought up to date."""
    officer = db.scalars(select(Officer).where(Officer.telegram_id == telegram_id)).one_or_none()
    if officer is None:
        officer = Officer(telegram_id=telegram_id)
        db.add(officer)
    officer.name, officer.roles = name, sorted({role.value for role in roles})
    officer.district, officer.removed_at = district, None
    return officer


def remove(db: Session, *, telegram_id: int, now: datetime) -> bool:
    """Take an officer off the list; False when they were not on it."""
    officer = find(db, telegram_id=telegram_id)
    if officer is None:
        return False
    officer.removed_at = now
    return True
