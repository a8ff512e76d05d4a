"""Put messages in the outbox, claim those that are due, settle them after sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, select, text, true, update
from sqlalchemy.orm import Session, aliased

from actions.outbox.models import Lane, OutboxMessage, Status
from actions.outbox.policy import (
    Blocked,
    GiveUp,
    Outcome,
    Refused,
    RetryAt,
    Sent,
    Unavailable,
    next_attempt,
)

CHANNEL = "outbox"  # what NOTIFY and LISTEN call it
LEASE = timedelta(minutes=1)  # must outlast a whole batch: its size times a channel's timeout
BLOCKED = "blocked: "  # opens last_error when the person no longer wants us
PENDING = (Status.WAITING, Status.SENDING)


def enqueue(
    db: Session,
    *,
    dedup_key: str,
    channel: str,
    recipient: str,
    body: Mapping[str, object],
    lane: Lane,
    due_at: datetime,
    expires_at: datetime | None = None,
    fleeting: bool = False,
) -> OutboxMessage:
    """Add a message to the caller's transaction; a repeated `dedup_key` fails that transaction."""
    message = OutboxMessage(
        dedup_key=dedup_key,
        channel=channel,
        recipient=recipient,
        body=dict(body),
        lane=lane,
        due_at=due_at,
        expires_at=expires_at,
        fleeting=fleeting,
    )
    db.add(message)
    return message


def nudge(db: Session) -> None:
    """Wake the senders once this transaction has committed."""
    db.execute(text(f"NOTIFY {CHANNEL}"))


def claim(
    db: Session,
    *,
    channels: Sequence[str],
    limit: int,
    now: datetime,
    recipient: str | None = None,
) -> Sequence[OutboxMessage]:
    """Lease the most urgent due messages to this worker; no two workers get the same one.

    Only the first pending message of a chat is due, unless a more urgent one overtakes it, so
    that a chat reads in order. A SENDING row whose lease ran out is due again.
    """
    earlier = aliased(OutboxMessage)
    messages = db.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.status.in_(PENDING),
            OutboxMessage.channel.in_(channels),
            OutboxMessage.due_at <= now,
            OutboxMessage.recipient == recipient if recipient else true(),
            ~exists().where(
                earlier.status.in_(PENDING),
                earlier.channel == OutboxMessage.channel,
                earlier.recipient == OutboxMessage.recipient,
                earlier.lane <= OutboxMessage.lane,
                earlier.id < OutboxMessage.id,
            ),
        )
        .order_by(OutboxMessage.lane, OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for message in messages:
        if message.expires_at is not None and message.expires_at <= now:
            message.status, message.settled_at = Status.EXPIRED, now
            if message.fleeting:
                db.delete(message)
            continue
        message.status = Status.SENDING
        message.attempts += 1
        message.due_at = now + LEASE
    return [message for message in messages if message.status == Status.SENDING]


def settle(db: Session, *, message_id: int, attempt: int, outcome: Outcome, now: datetime) -> bool:
    """Record what came of an attempt; False when a later attempt has taken the message over."""
    message = db.get(OutboxMessage, message_id, with_for_update=True)
    if message is None:  # its recipient was forgotten meanwhile
        return False
    if message.attempts != attempt or message.status != Status.SENDING:
        return False
    match outcome:
        case Sent(ref):
            message.status, message.external_ref, message.last_error = Status.SENT, ref, None
            message.settled_at = now
        case Refused(reason):
            message.status, message.last_error, message.settled_at = Status.FAILED, reason, now
        case Blocked(reason):  # a ledger must be able to tell it from a refusal
            message.status, message.settled_at = Status.FAILED, now
            message.last_error = BLOCKED + reason
        case Unavailable(reason):
            message.last_error = reason
            lane = Lane(message.lane)
            match next_attempt(outcome, lane=lane, attempts=attempt, now=now):
                case RetryAt(when):
                    message.status, message.due_at = Status.WAITING, when
                case GiveUp():
                    message.status, message.settled_at = Status.FAILED, now
    if message.fleeting and message.settled_at is not None:
        db.delete(message)
    return True


def drop_pending(db: Session, *, channel: str, recipient: str, lane: Lane, now: datetime) -> int:
    """Expire what still waits for this recipient in this lane; return how many."""
    dropped = db.execute(
        update(OutboxMessage)
        .where(
            and_(
                OutboxMessage.channel == channel,
                OutboxMessage.recipient == recipient,
                OutboxMessage.lane == lane,
                OutboxMessage.status.in_([Status.WAITING, Status.HELD]),
            )
        )
        .values(status=Status.EXPIRED, settled_at=now)
    )
    return dropped.rowcount  # type: ignore[attr-defined, no-any-return]


def list_sent(db: Session, *, prefix: str) -> Sequence[str]:
    """Return the keys of messages that were sent and can be edited, oldest first."""
    return db.scalars(
        select(OutboxMessage.dedup_key)
        .where(
            OutboxMessage.dedup_key.startswith(prefix, autoescape=True),
            OutboxMessage.external_ref.is_not(None),
        )
        .order_by(OutboxMessage.id)
    ).all()


def find_ref(db: Session, *, dedup_key: str) -> str | None:
    """Return the channel's own id of a message that was sent, or None."""
    return db.scalars(
        select(OutboxMessage.external_ref).where(OutboxMessage.dedup_key == dedup_key)
    ).one_or_none()
