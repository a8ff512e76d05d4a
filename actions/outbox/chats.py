"""What is known of single chats: when each may get its next message, and where it moved to.

The caller owns the transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.outbox.models import OutboxChat, OutboxPace

SEVERAL = 3  # chats refused within a moment: then it is not about any one of them
MOMENT = timedelta(seconds=3)
KEEP = timedelta(hours=1)  # after which a chat's pace is nobody's business


def hold(db: Session, *, channel: str, recipient: str, wait: timedelta, now: datetime) -> None:
    """Send nothing to this chat before the channel will take it.

    The channel does not say whether one chat has had too much or all have: when several are
    refused at once, everybody waits.
    """
    until = now + wait
    row = insert(OutboxChat).values(
        channel=channel, recipient=recipient, free_at=until, refused_at=now
    )
    db.execute(
        row.on_conflict_do_update(
            index_elements=("channel", "recipient"),
            set_={"free_at": func.greatest(OutboxChat.free_at, until), "refused_at": now},
        )
    )
    postpone(db, channel=channel, recipient=recipient, until=until)
    refused = db.scalars(
        select(OutboxChat.recipient)
        .where(OutboxChat.channel == channel, OutboxChat.refused_at > now - MOMENT)
        .limit(SEVERAL)
    ).all()
    if len(refused) >= SEVERAL:
        db.execute(
            update(OutboxPace)
            .where(OutboxPace.channel == channel)
            .values(held_until=func.greatest(OutboxPace.held_until, until))
        )


_POSTPONE = text("""
UPDATE outbox_message m
SET due_at = CAST(:until AS timestamptz) + CAST(:gap AS interval) * v.place
FROM (
    SELECT id, row_number() OVER (ORDER BY lane, id) - 1 AS place
    FROM outbox_message
    WHERE channel = :channel AND recipient = :recipient AND status = 'waiting'
      AND due_at < :until
) v
WHERE m.id = v.id AND (m.status = 'waiting') IS TRUE AND m.due_at < :until
""")


def postpone(
    db: Session,
    *,
    channel: str,
    recipient: str,
    until: datetime,
    gap: timedelta = timedelta(seconds=1),
) -> None:
    """Take a chat's queue out of everybody's way until the chat may get something again."""
    db.execute(_POSTPONE, {"channel": channel, "recipient": recipient, "until": until, "gap": gap})


def move(db: Session, *, channel: str, recipient: str, to: str, now: datetime) -> None:
    """Remember a chat's new address, and send there what still waits."""
    row = insert(OutboxChat).values(channel=channel, recipient=recipient, free_at=now, moved_to=to)
    db.execute(
        row.on_conflict_do_update(index_elements=("channel", "recipient"), set_={"moved_to": to})
    )
    follow(db, channel=channel, recipient=recipient)


_FOLLOW = text("""
UPDATE outbox_message SET recipient = :to
WHERE channel = :channel AND recipient = :recipient AND status = 'waiting'
""")


def follow(db: Session, *, channel: str, recipient: str) -> None:
    """Send to where a chat is now what waits under an address it has left."""
    to = find_moved(db, channel=channel, recipient=recipient)
    db.execute(_FOLLOW, {"channel": channel, "recipient": recipient, "to": to})


def find_moved(db: Session, *, channel: str, recipient: str) -> str:
    """Return where a chat is now: its last new address, or the one given."""
    for _ in range(5):
        to = db.scalars(
            select(OutboxChat.moved_to).where(
                OutboxChat.channel == channel, OutboxChat.recipient == recipient
            )
        ).one_or_none()
        if to is None:
            break
        recipient = to
    return recipient


def forget_paces(db: Session, *, now: datetime) -> int:
    """Drop what is known of chats that may get anything again anyway; return how many."""
    gone = db.execute(
        delete(OutboxChat).where(OutboxChat.free_at < now - KEEP, OutboxChat.moved_to.is_(None))
    )
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
