"""Read and write citizens. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.citizens.models import Citizen, ReceivedMessage


def note_received(db: Session, *, channel: str, external_id: str) -> bool:
    """Return True the first time this message is seen, False ever after.

    A second transaction with the same message waits here until the first one has ended.
    """
    noted = db.scalar(
        insert(ReceivedMessage)
        .values(channel=channel, external_id=external_id)
        .on_conflict_do_nothing()
        .returning(ReceivedMessage.external_id)
    )
    return noted is not None


def lock(db: Session, *, channel: str, address: str, first_step: str) -> Citizen:
    """Return the citizen, held until the transaction ends; a new one starts at `first_step`."""
    wanted = (
        select(Citizen)
        .where(Citizen.channel == channel, Citizen.address == address)
        .with_for_update()
    )
    citizen = db.scalars(wanted).one_or_none()
    if citizen is None:
        db.execute(
            insert(Citizen)
            .values(channel=channel, address=address, step=first_step, facts={})
            .on_conflict_do_nothing()
        )
        citizen = db.scalars(wanted).one()
    return citizen


def find(db: Session, *, channel: str, address: str) -> Citizen | None:
    """Return the citizen at this address, or None."""
    return db.scalars(
        select(Citizen).where(Citizen.channel == channel, Citizen.address == address)
    ).one_or_none()


def forget_received(db: Session, *, before: datetime) -> int:
    """Drop the ids of messages no channel will repeat any more; return how many."""
    gone = db.execute(delete(ReceivedMessage).where(ReceivedMessage.received_at < before))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]


def mark_blocked(db: Session, *, channel: str, address: str, now: datetime) -> None:
    """Remember that this citizen no longer wants anything from us."""
    db.execute(
        update(Citizen)
        .where(Citizen.channel == channel, Citizen.address == address)
        .values(blocked_at=now)
    )
