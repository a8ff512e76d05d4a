"""Read and write citizens. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from actions.citizens.models import Citizen, ReceivedMessage

_NOTE = """
INSERT INTO received_message (channel, external_id) VALUES (:channel, :external_id)
ON CONFLICT DO NOTHING
"""
_NOTE_ALONE = text(_NOTE)
# One statement whether they are new or known: the update locks the row.
_RECEIVE = select(Citizen).from_statement(
    text(f"""
    WITH new AS ({_NOTE} RETURNING 1)
    INSERT INTO citizen (channel, address, step, facts, language_chosen)
    SELECT :channel, :address, :first_step, '{{}}', false FROM new
    ON CONFLICT (channel, address) DO UPDATE SET blocked_at = NULL
    RETURNING *
    """)  # noqa: S608  no value of anybody's is in it
)


def note_received(db: Session, *, channel: str, external_id: str) -> bool:
    """Return True the first time this message is seen, False ever after.

    A second transaction with the same message waits here until the first one has ended.
    """
    noted = db.execute(_NOTE_ALONE, {"channel": channel, "external_id": external_id})
    return noted.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def receive(
    db: Session, *, channel: str, external_id: str, address: str, first_step: str
) -> Citizen | None:
    """Note a message and return its sender, held until the transaction ends; None for a message
    that was noted before (see `note_received`).

    A new citizen starts at `first_step`. Whoever writes wants to be answered: they are no longer
    blocked.
    """
    asked = {
        "channel": channel,
        "external_id": external_id,
        "address": address,
        "first_step": first_step,
    }
    fresh = {"populate_existing": True}  # what was read before the lock may be old
    citizen: Citizen | None = db.scalars(_RECEIVE, asked, execution_options=fresh).one_or_none()
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
