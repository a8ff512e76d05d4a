"""Queue one message for very many citizens, in the database and in one statement.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, exists, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from actions.citizens.models import Citizen
from actions.outbox.models import Lane, OutboxContent, OutboxMessage, Status
from actions.outbox.split import LONGEST, length


class TooLong(Exception):
    """This text does not fit into one message; please shorten it."""


def share(db: Session, body: Mapping[str, object]) -> int:
    """Store a body once, for messages that name it as their content; return its id."""
    if length(str(body.get("text", ""))) > LONGEST:
        raise TooLong
    return db.scalars(
        insert(OutboxContent).values(body=dict(body)).returning(OutboxContent.id)
    ).one()


def enqueue_bulk(
    db: Session,
    *,
    batch: str,
    channel: str,
    audience: Select[tuple[str]],
    body: Mapping[str, object],
    due_at: datetime,
    expires_at: datetime | None = None,
    lane: Lane = Lane.BULK,
) -> int:
    """Queue a message for everybody in the audience, a select of addresses; return how many.

    Who blocked us is left out. Queued again, a batch reaches only those it did not have.
    """
    content_id = share(db, body)
    people = audience.subquery()
    address = people.c[0]
    blocked = exists().where(
        Citizen.channel == channel, Citizen.address == address, Citizen.blocked_at.is_not(None)
    )
    columns = {
        "dedup_key": literal(f"{batch}:").concat(address),
        "channel": literal(channel),
        "recipient": address,
        "lane": literal(int(lane)),
        "body": literal({}, OutboxMessage.body.type),
        "content_id": literal(content_id),
        "batch": literal(batch),
        "status": literal(str(Status.WAITING)),
        "due_at": literal(due_at, OutboxMessage.due_at.type),
        "expires_at": literal(expires_at, OutboxMessage.expires_at.type),
        "attempts": literal(0),
        "fleeting": literal(False),
    }
    queued = db.execute(
        upsert(OutboxMessage)
        .from_select(list(columns), select(*columns.values()).where(~blocked))
        .on_conflict_do_nothing(index_elements=("dedup_key",))
    )
    return queued.rowcount  # type: ignore[attr-defined, no-any-return]


def hold(db: Session, *, batch: str) -> int:
    """Keep what still waits of a batch from leaving; return how many."""
    return _move(db, batch, Status.WAITING, Status.HELD)


def resume(db: Session, *, batch: str) -> int:
    """Let what was held of a batch leave; return how many."""
    return _move(db, batch, Status.HELD, Status.WAITING)


def _move(db: Session, batch: str, before: Status, after: Status) -> int:
    moved = db.execute(
        update(OutboxMessage)
        .where(OutboxMessage.batch == batch, OutboxMessage.status == before)
        .values(status=after)
    )
    return moved.rowcount  # type: ignore[attr-defined, no-any-return]


def drop_batch(db: Session, *, batch: str, now: datetime) -> int:
    """Expire what still waits of a batch; return how many."""
    dropped = db.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.batch == batch,
            OutboxMessage.status.in_((Status.WAITING, Status.HELD)),
        )
        .values(status=Status.EXPIRED, settled_at=now)
    )
    return dropped.rowcount  # type: ignore[attr-defined, no-any-return]


def count_by_status(db: Session, *, batch: str) -> dict[str, int]:
    """Return how far a batch has come."""
    rows = db.execute(
        select(OutboxMessage.status, func.count())
        .where(OutboxMessage.batch == batch)
        .group_by(OutboxMessage.status)
    )
    return {row[0]: row[1] for row in rows}
