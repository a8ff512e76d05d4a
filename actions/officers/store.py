"""Read and write officers. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.officers.models import Officer, Role

# Asked for every private message; nearly always the answer is no.
_IS_ANY = text("""
SELECT EXISTS (
    SELECT FROM officer WHERE telegram_id = :telegram_id AND removed_at IS NULL
      AND roles ?| CAST(:roles AS text[])
)
""")


def is_any(db: Session, *, telegram_id: int, roles: Collection[Role]) -> bool:
    """Tell whether this is a serving officer with one of these roles at least."""
    return bool(db.scalar(_IS_ANY, {"telegram_id": telegram_id, "roles": list(roles)}))


_WHICH = text("""
SELECT telegram_id FROM officer WHERE telegram_id = ANY(:telegram_ids) AND removed_at IS NULL
""")


def which(db: Session, *, telegram_ids: Collection[int]) -> set[int]:
    """Return those of these people who are serving officers."""
    return set(db.scalars(_WHICH, {"telegram_ids": list(telegram_ids)}))


def find(db: Session, *, telegram_id: int) -> Officer | None:
    """Return the serving officer with this Telegram id, or None."""
    return db.scalars(
        select(Officer).where(Officer.telegram_id == telegram_id, Officer.removed_at.is_(None))
    ).one_or_none()


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
