"""Read and write what citizens chose to tell us. Nothing here commits."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.cases import numbers
from actions.profiles.models import Profile

PAUSE = timedelta(days=7)


def find(db: Session, *, citizen_id: int) -> Profile | None:
    """Return what this citizen told us, or None."""
    return db.get(Profile, citizen_id)


def get(db: Session, *, citizen_id: int) -> Profile:
    """Return the citizen's profile; an empty one when there was none."""
    db.execute(insert(Profile).values(citizen_id=citizen_id, topics=[]).on_conflict_do_nothing())
    profile = db.get(Profile, citizen_id)
    assert profile  # noqa: S101  it was just stored
    return profile


def tips_on(db: Session, *, citizen_id: int) -> None:
    """Send tips again."""
    profile = get(db, citizen_id=citizen_id)
    profile.tips, profile.paused_until, profile.left_at = True, None, None


def tips_off(db: Session, *, citizen_id: int, now: datetime) -> None:
    """Send no tips any more."""
    profile = get(db, citizen_id=citizen_id)
    profile.tips, profile.paused_until, profile.tips_off_at = False, None, now


def leave(db: Session, *, citizen_id: int, now: datetime) -> None:
    """Send nothing at all that they did not ask for."""
    tips_off(db, citizen_id=citizen_id, now=now)
    get(db, citizen_id=citizen_id).left_at = now


def tips_pause(db: Session, *, citizen_id: int, now: datetime) -> datetime:
    """Send no tips for a week; return until when."""
    profile = get(db, citizen_id=citizen_id)
    profile.tips, profile.paused_until, profile.left_at = True, now + PAUSE, None
    return now + PAUSE


def phone_sha256(number: str, *, country: str) -> str | None:
    """Return the hash by which lists of people at risk name a telephone number, or None.

    The number itself is never stored.
    """
    try:
        plain = numbers.phone(number, country=country)
    except numbers.Wrong:
        return None
    return hashlib.sha256(plain.encode()).hexdigest()


def after_quiet(profile: Profile | None, when: datetime, *, home: ZoneInfo) -> datetime:
    """Return the first time from `when` on that is outside this citizen's quiet hours."""
    if profile is None or profile.quiet_from is None or profile.quiet_to is None:
        return when
    first, last = profile.quiet_from, profile.quiet_to
    local = when.astimezone(ZoneInfo(profile.timezone) if profile.timezone else home)
    minute = local.hour * 60 + local.minute
    inside = first <= minute < last if first < last else (minute >= first or minute < last)
    if first == last or not inside:
        return when
    morning = local.replace(hour=last // 60, minute=last % 60, second=0, microsecond=0)
    if first > last and minute >= first:
        morning += timedelta(days=1)
    return morning.astimezone(when.tzinfo)
