"""Link a relative by consent of both, and end it by either. Nothing here commits.

The ward consents by asking for a code and handing it over; the relative by entering it and then
saying yes. A code is good once, for half an hour; wrong ones are counted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.citizens.models import Citizen
from actions.db import later
from actions.guardians.models import Guardian, GuardianCode, GuardianTry, Tells

GOOD_FOR = timedelta(minutes=30)
MOST_WRONG = 5
FORGIVEN_AFTER = timedelta(hours=1)
MOST_GUARDIANS = 5


class TooMany(Exception):
    """There are enough guardians, or too many wrong codes."""


def new_code(db: Session, *, ward_id: int, now: datetime) -> str:
    """Return a one-time code for the ward to hand over; an older one is void."""
    if len(list_of(db, ward_id=ward_id)) >= MOST_GUARDIANS:
        raise TooMany
    code = f"{secrets.randbelow(10**8):08}"
    values = {"code_sha256": _hash(code), "made_at": now, "expires_at": now + GOOD_FOR}
    db.execute(
        insert(GuardianCode)
        .values(ward_id=ward_id, **values)
        .on_conflict_do_update(index_elements=[GuardianCode.ward_id], set_=values)
    )
    return code


def check(db: Session, *, code: str, guardian_id: int, now: datetime) -> GuardianCode | None:
    """Return what the code stands for, or None; too many wrong ones raise TooMany."""
    tried = db.get(GuardianTry, guardian_id, with_for_update=True)
    if tried and tried.since <= now - FORGIVEN_AFTER:
        db.delete(tried)
        db.flush()  # a new count begins below
        tried = None
    if tried and tried.wrong >= MOST_WRONG:
        raise TooMany
    found = db.scalars(
        select(GuardianCode)
        .where(GuardianCode.code_sha256 == _hash(code), GuardianCode.expires_at > now)
        .with_for_update()
    ).one_or_none()
    if found is not None and found.ward_id != guardian_id:
        return found
    if tried:
        tried.wrong += 1
    else:
        db.add(GuardianTry(citizen_id=guardian_id, wrong=1, since=now))
    return None


def link(db: Session, code: GuardianCode, *, guardian_id: int, now: datetime) -> int:
    """Make it so; the code is used up. Return whose guardian they are now."""
    ward_id = code.ward_id
    db.execute(
        insert(Guardian)
        .values(
            ward_id=ward_id,
            guardian_id=guardian_id,
            tells_live=True,
            tells_warning=False,
            since=now,
        )
        .on_conflict_do_nothing()
    )
    db.delete(code)
    audit.record(db, "guardian.linked", actor=f"citizen:{guardian_id}", now=now, ward=ward_id)
    return ward_id


def list_of(db: Session, *, ward_id: int) -> Sequence[Guardian]:
    """Return the links by which somebody is told about this citizen."""
    return db.scalars(
        select(Guardian).where(Guardian.ward_id == ward_id).order_by(Guardian.id)
    ).all()


def list_both(db: Session, *, citizen_id: int) -> Sequence[Guardian]:
    """Return the links of this citizen, as ward or as guardian, oldest first."""
    return db.scalars(
        select(Guardian)
        .where(or_(Guardian.ward_id == citizen_id, Guardian.guardian_id == citizen_id))
        .order_by(Guardian.id)
    ).all()


def find_link(db: Session, *, link_id: int, citizen_id: int) -> Guardian | None:
    """Return this link if the citizen is on either side of it, or None."""
    return db.scalars(
        select(Guardian)
        .where(
            Guardian.id == link_id,
            or_(Guardian.ward_id == citizen_id, Guardian.guardian_id == citizen_id),
        )
        .with_for_update()
    ).one_or_none()


def choose(db: Session, link: Guardian, tells: Tells, *, now: datetime) -> None:
    """Let the ward say what this guardian hears."""
    link.tells_live, link.tells_warning = tells != Tells.NOTHING, tells == Tells.SCAM
    audit.record(
        db, "guardian.chosen", actor=f"citizen:{link.ward_id}", now=now, link=link.id, tells=tells
    )


def end_one(db: Session, link: Guardian, *, by: int, now: datetime) -> int:
    """End one link at once; return the id of the person on the other side."""
    db.delete(link)
    audit.record(db, "guardian.ended", actor=f"citizen:{by}", now=now)
    return link.guardian_id if link.ward_id == by else link.ward_id


def end(db: Session, *, citizen_id: int, now: datetime) -> Mapping[int, int]:
    """End every link of this citizen at once; return the ids of the people on the other side, by
    link.
    """
    links = list_both(db, citizen_id=citizen_id)
    db.execute(delete(GuardianCode).where(GuardianCode.ward_id == citizen_id))
    return {link.id: end_one(db, link, by=citizen_id, now=now) for link in links}


# Asked of every message that is a scam; nearly always the answer is nobody. OFFSET 0 keeps the
# citizens a look-up for each guardian: as a join, planned while they were few, it reads them all.
_TO_TELL = text("""
SELECT g.ward_id, c.id FROM guardian g CROSS JOIN LATERAL (
    SELECT id FROM citizen WHERE id = g.guardian_id AND blocked_at IS NULL OFFSET 0
) c
WHERE g.ward_id = ANY(:ward_ids)
  AND CASE WHEN :of_scam THEN g.tells_warning ELSE g.tells_live END
ORDER BY g.ward_id, c.id
""")


def to_tell(db: Session, *, ward_ids: Sequence[int], what: Tells) -> Sequence[tuple[int, Citizen]]:
    """Return each of these citizens with each guardian to hear what meets them: LIVE, or SCAM."""
    asked = {"ward_ids": list(ward_ids), "of_scam": what == Tells.SCAM}
    found = db.execute(_TO_TELL, asked, execution_options=later.APART).all()
    return [(ward_id, db.get_one(Citizen, guardian_id)) for ward_id, guardian_id in found]


def _hash(code: str) -> str:
    return hashlib.sha256(f"guardian:{code}".encode()).hexdigest()
