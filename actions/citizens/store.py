"""Read and write citizens. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from actions.citizens.models import Citizen, ReceivedMessage

# One statement whether they are new or known: the update changes nothing, and locks the row.
_LOCK = select(Citizen).from_statement(
    text("""
    INSERT INTO citizen AS c (channel, address, step, facts, language_chosen)
    VALUES (:channel, :address, :first_step, '{}', false)
    ON CONFLICT (channel, address) DO UPDATE SET step = c.step
    RETURNING *
    """)
)
_NOTE = text("""
INSERT INTO received_message (channel, external_id) VALUES (:channel, :external_id)
ON CONFLICT DO NOTHING
""")


def note_received(db: Session, *, channel: str, external_id: str) -> bool:
    """Return True the first time this message is seen, False ever after.

    A second transaction with the same message waits here until the first one has ended.
    """
    noted = db.execute(_NOTE, {"channel": channel, "external_id": external_id})
    return noted.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def lock(db: Session, *, channel: str, address: str, first_step: str) -> Citizen:
    """Return the citizen, held until the transaction ends; a new one starts at `first_step`."""
    asked = {"channel": channel, "address": address, "first_step": first_step}
    fresh = {"populate_existing": True}  # what was read before the lock may be old
    citizen: Citizen = db.scalars(_LOCK, asked, execution_options=fresh).one()
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
