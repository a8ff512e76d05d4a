"""Read and write citizens. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from actions.citizens.models import Citizen, ReceivedMessage

_NOTE = text("""
INSERT INTO received_message (channel, external_id) VALUES (:channel, :external_id)
ON CONFLICT DO NOTHING
""")
# One statement whether they are new or known: the update locks the row. All lock in one order.
_RECEIVE = select(Citizen).from_statement(
    text("""
    WITH came AS (
        SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:external_ids AS text[]),
                             CAST(:addresses AS text[])) AS c(channel, external_id, address)
    ), new AS (
        INSERT INTO received_message (channel, external_id)
        SELECT channel, external_id FROM came ORDER BY channel, external_id
        ON CONFLICT DO NOTHING RETURNING channel, external_id
    )
    INSERT INTO citizen (channel, address, step, facts, language_chosen)
    SELECT channel, address, :first_step, '{}', false
    FROM came JOIN new USING (channel, external_id)
    ORDER BY channel, address
    ON CONFLICT (channel, address) DO UPDATE SET blocked_at = NULL
    RETURNING *
    """)
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a message comes from, and what it is remembered by."""

    channel: str
    external_id: str
    address: str


def note_received(db: Session, *, channel: str, external_id: str) -> bool:
    """Return True the first time this message is seen, False ever after.

    A second transaction with the same message waits here until the first one has ended.
    """
    noted = db.execute(_NOTE, {"channel": channel, "external_id": external_id})
    return noted.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def receive(db: Session, senders: Sequence[Sender], *, first_step: str) -> list[Citizen | None]:
    """Note messages, of a different citizen each, and return who sent them, held until the
    transaction ends; None for a message that was noted before (see `note_received`).

    A new citizen starts at `first_step`. Whoever writes wants to be answered: they are no longer
    blocked.
    """
    asked = {
        "channels": [sender.channel for sender in senders],
        "external_ids": [sender.external_id for sender in senders],
        "addresses": [sender.address for sender in senders],
        "first_step": first_step,
    }
    fresh = {"populate_existing": True}  # what was read before the lock may be old
    found = db.scalars(_RECEIVE, asked, execution_options=fresh).all()
    known = {(each.channel, each.address): each for each in found}
    return [known.get((sender.channel, sender.address)) for sender in senders]


def move(citizen: Citizen, *, step: str, facts: Mapping[str, object]) -> None:
    """Note where their conversation stands."""
    citizen.step, citizen.facts = step, dict(facts)
    for column in ("language", "step", "facts"):  # always all three: a batch is one statement
        flag_modified(citizen, column)


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
