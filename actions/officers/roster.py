"""Who is on duty. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.officers import store
from actions.officers.models import DESK, SUPERVISING, Officer, Shift

USUAL_SHIFT = timedelta(hours=12)


class BadShift(Exception):
    """A shift ends after it starts, has not ended yet, and is not endless."""


def go_on(db: Session, officer: Officer, *, now: datetime, until: datetime | None = None) -> Shift:
    """Put an officer on duty; a shift under way is drawn out or cut short instead."""
    return plan(db, officer, starts_at=now, ends_at=until or now + USUAL_SHIFT, now=now)


def plan(
    db: Session,
    officer: Officer,
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    by: Officer | None = None,
) -> Shift:
    """Put an officer on the roster from one time to another."""
    if not timedelta() < ends_at - starts_at <= 3 * USUAL_SHIFT or ends_at <= now:
        raise BadShift
    shift = db.scalars(
        select(Shift).where(
            Shift.officer_id == officer.id, Shift.starts_at <= starts_at, Shift.ends_at > starts_at
        )
    ).first()
    if shift is None:
        shift = Shift(officer_id=officer.id, starts_at=starts_at)
        db.add(shift)
    shift.ends_at = ends_at
    audit.record(
        db,
        "officer.on_duty",
        actor=(by or officer).actor,
        now=now,
        officer=officer.id,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    db.flush()  # the roster is read next
    return shift


def go_off(db: Session, officer: Officer, *, now: datetime) -> bool:
    """End the officer's shift; False when they were not on duty."""
    shifts = db.scalars(_now(now).where(Shift.officer_id == officer.id)).all()
    for shift in shifts:
        shift.ends_at = now
    if shifts:
        audit.record(db, "officer.off_duty", actor=officer.actor, now=now, officer=officer.id)
    db.flush()  # the roster is read next
    return bool(shifts)


def is_on(db: Session, officer: Officer, *, now: datetime) -> bool:
    """Tell whether the officer is on duty."""
    return db.scalars(_now(now).where(Shift.officer_id == officer.id)).first() is not None


def list_shifts(db: Session, *, since: datetime) -> Sequence[Shift]:
    """Return the shifts that end after `since`, by when they start."""
    return db.scalars(
        select(Shift)
        .join(Officer)
        .where(Shift.ends_at > since, Officer.removed_at.is_(None))
        .order_by(Shift.starts_at, Shift.id)
    ).all()


def list_on_duty(db: Session, *, district: str | None, now: datetime) -> Sequence[Officer]:
    """Return who is on duty for a district: its own officers and those of none.

    Where no district is known, or nobody of it is on duty, it is everybody on duty.
    """
    on = db.scalars(
        select(Officer)
        .join(Shift, Shift.officer_id == Officer.id)
        .where(
            Shift.starts_at <= now,
            Shift.ends_at > now,
            Officer.removed_at.is_(None),
        )
        .order_by(Officer.id)
    ).unique()
    able = [officer for officer in on if officer.may(DESK)]
    near = [each for each in able if district is None or each.district in (None, district)]
    return near or able


def list_supervisors(db: Session) -> Sequence[Officer]:
    """Return every supervisor, on duty or not."""
    return [each for each in store.list_serving(db) if each.may(SUPERVISING)]


def _now(now: datetime) -> Select[tuple[Shift]]:
    return select(Shift).where(Shift.starts_at <= now, Shift.ends_at > now)
