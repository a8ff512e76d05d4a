"""Discreet mode: what goes to a citizen who is being watched makes no sound and does not stay.

The channel tells nobody when a message is read, so it goes when the citizen presses its button
or writes again, and at the latest after ten minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from actions.cases.models import Vanishing
from actions.citizens.models import Citizen
from actions.outbox import store as outbox
from actions.outbox.models import Lane, OutboxMessage

LASTS = timedelta(hours=24)  # then the citizen is spoken to as everybody is
UNREAD_LASTS = timedelta(minutes=10)
READ_LASTS = timedelta(seconds=15)
SWEEP_AT_ONCE = 200


def is_on(citizen: Citizen, *, now: datetime) -> bool:
    """Tell whether this citizen is to be spoken to discreetly."""
    return citizen.discreet_since is not None and now < ends(citizen)


def ends(citizen: Citizen) -> datetime:
    """Return when this citizen, who is being watched, is spoken to as everybody is again."""
    assert citizen.discreet_since is not None  # noqa: S101  by the caller
    return citizen.discreet_since + LASTS


def soften(
    db: Session, citizen: Citizen, body: dict[str, object], *, outbox_key: str, now: datetime
) -> None:
    """Make a message silent, and let it vanish; does nothing for everybody else."""
    if not is_on(citizen, now=now):
        return
    body["silent"] = True
    db.add(Vanishing(citizen_id=citizen.id, outbox_key=outbox_key, due_at=now + UNREAD_LASTS))


def send(
    db: Session,
    citizen: Citizen,
    body: dict[str, object],
    *,
    key: str,
    now: datetime,
    lane: Lane = Lane.URGENT,
) -> None:
    """Queue something for a citizen, so that it makes no sound and goes where need be."""
    soften(db, citizen, body, outbox_key=key, now=now)
    outbox.enqueue(
        db,
        dedup_key=key,
        channel=citizen.channel,
        recipient=citizen.address,
        body=body,
        lane=lane,
        due_at=now,
    )


def hide_theirs(db: Session, citizen: Citizen, ref: str | None, *, now: datetime) -> None:
    """Let a message that the citizen wrote vanish too."""
    if ref is not None and is_on(citizen, now=now):
        db.add(Vanishing(citizen_id=citizen.id, external_ref=ref, due_at=now + READ_LASTS))


def note_read(db: Session, citizen: Citizen, *, now: datetime, at_once: bool = False) -> None:
    """The citizen has seen what we sent: it goes shortly, or at once."""
    if citizen.discreet_since is None:
        return  # nothing of theirs vanishes
    soon = now if at_once else now + READ_LASTS
    db.execute(
        update(Vanishing)
        .where(Vanishing.citizen_id == citizen.id, Vanishing.due_at > soon)
        .values(due_at=soon)
    )


def sweep(db: Session, *, now: datetime) -> int:
    """Queue the deletion of what is to vanish now; return how many.

    What may still be sent is looked at again: it must vanish then. What never will be is dropped.
    """
    on_its_way = and_(
        OutboxMessage.dedup_key == Vanishing.outbox_key, OutboxMessage.settled_at.is_(None)
    )
    rows = db.execute(
        select(Vanishing, Citizen, exists().where(on_its_way))
        .join(Citizen, Citizen.id == Vanishing.citizen_id)
        .where(Vanishing.due_at <= now)
        .order_by(Vanishing.due_at)
        .limit(SWEEP_AT_ONCE)
        .with_for_update(of=Vanishing, skip_locked=True)
    ).all()
    for row, citizen, waits in rows:
        ref = row.external_ref or outbox.find_ref(db, dedup_key=row.outbox_key or "")
        if ref is None and waits:
            row.due_at = now + READ_LASTS
            continue
        if ref is not None:
            outbox.enqueue(
                db,
                dedup_key=f"vanish:{uuid4().hex}",
                channel=citizen.channel,
                recipient=citizen.address,
                body={"delete": ref},
                lane=Lane.URGENT,
                due_at=now,
                fleeting=True,
            )
        db.delete(row)
    return len(rows)
