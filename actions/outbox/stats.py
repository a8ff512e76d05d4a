"""How delivery is doing, at a cost that does not grow with what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from actions.outbox.models import Lane, OutboxMessage, OutboxWorkerLease, Status
from actions.outbox.store import SHUT

COUNTED = 100_000  # beyond this many waiting, "more than" is enough

_WAITING = text("""
SELECT m.channel, m.lane, count(*), min(m.due_at)
FROM (
    SELECT x.channel, l.lane, x.due_at
    FROM unnest(CAST(:lanes AS bigint[])) AS l(lane),
         unnest(CAST(:channels AS text[])) AS k(channel),
    LATERAL (
        SELECT k.channel, due_at FROM outbox_message
        WHERE status = 'waiting' AND channel = k.channel AND lane = l.lane
        ORDER BY due_at LIMIT :most
    ) x
) m GROUP BY 1, 2 ORDER BY 1, 2
""")


_SHUT_OUT = text("""
SELECT EXISTS (
    SELECT FROM outbox_message
    WHERE status = 'waiting' AND lane = :urgent AND channel = ANY(:channels)
      AND starts_with(last_error, :shut)
)
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one lane of a channel: how many, and since when the oldest is due."""

    channel: str
    lane: Lane
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of the messages of one lane lately."""

    channel: str
    lane: Lane
    status: str
    count: int
    attempts: int
    slowest: timedelta
    error: str | None  # the most frequent


def is_shut_out(db: Session, *, channels: Sequence[str] = ("telegram",)) -> bool:
    """Tell whether something urgent waits because officers' chat takes nothing from us."""
    asked = {"urgent": int(Lane.URGENT), "channels": list(channels), "shut": SHUT}
    return bool(db.scalar(_SHUT_OUT, asked))


def waiting(
    db: Session, *, channels: Sequence[str] = ("telegram", "terminal"), most: int = COUNTED
) -> list[Waiting]:
    """Return what waits, lane by lane."""
    rows = db.execute(
        _WAITING,
        {"lanes": [int(x) for x in Lane], "channels": list(channels), "most": most},
    )
    return [Waiting(channel, Lane(lane), count, oldest) for channel, lane, count, oldest in rows]


def settled(db: Session, *, since: datetime) -> list[Settled]:
    """Return what came of messages settled since then."""
    rows = db.execute(
        select(
            OutboxMessage.channel,
            OutboxMessage.lane,
            OutboxMessage.status,
            func.count(),
            func.sum(OutboxMessage.attempts),
            func.max(OutboxMessage.settled_at - OutboxMessage.due_at),
            func.mode().within_group(OutboxMessage.last_error),
        )
        .where(OutboxMessage.settled_at >= since)
        .group_by(OutboxMessage.channel, OutboxMessage.lane, OutboxMessage.status)
        .order_by(OutboxMessage.channel, OutboxMessage.lane, OutboxMessage.status)
    )
    return [
        Settled(channel, Lane(lane), status, count, int(attempts), slowest, error)
        for channel, lane, status, count, attempts, slowest, error in rows
    ]


def count_workers(db: Session) -> int:
    """Return how many senders are alive."""
    return db.scalars(
        select(func.count())
        .select_from(OutboxWorkerLease)
        .where(OutboxWorkerLease.lease_until > func.clock_timestamp())
    ).one()


def count_sending(db: Session) -> int:
    """Return how many messages are on the wire."""
    return db.scalars(
        select(func.count())
        .select_from(OutboxMessage)
        .where(OutboxMessage.status == Status.SENDING)
    ).one()
