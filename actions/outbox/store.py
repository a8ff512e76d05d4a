"""Put messages in the outbox, and settle them after sending. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from actions.db import later
from actions.db.base import UtcDateTime
from actions.outbox import chats
from actions.outbox.claim import Claimed, claim, claim_paced, next_due
from actions.outbox.models import Lane, OutboxArchive, OutboxMessage, Status
from actions.outbox.pace import is_group
from actions.outbox.policy import (
    PATIENCE,
    Blocked,
    GiveUp,
    Moved,
    Outcome,
    Refused,
    RetryAt,
    Sent,
    Unavailable,
    next_attempt,
)
from actions.outbox.split import LONGEST, length, split

__all__ = [
    "Claimed",
    "Settlement",
    "claim",
    "claim_paced",
    "drop_pending",
    "enqueue",
    "find_ref",
    "list_sent",
    "next_due",
    "nudge",
    "settle",
    "settle_many",
]

BLOCKED = "blocked: "  # opens last_error when the person no longer wants us
LEFT = "left"  # last_error of what its recipient no longer wanted
CHANNEL = "outbox"  # what NOTIFY and LISTEN call it
SHUT = "the chat takes nothing"  # how the last error of what must get through begins
NUDGED = "outbox.nudged"  # in a session's info: wake the senders when it has committed


# Not by way of a model: this is in the path of every answer.
_ENQUEUE = text("""
INSERT INTO outbox_message
    (dedup_key, channel, recipient, body, lane, due_at, expires_at, fleeting, status, attempts)
VALUES (:dedup_key, :channel, :recipient, :body, :lane, :due_at, :expires_at, :fleeting,
        'waiting', 0)
""").bindparams(
    bindparam("body", type_=JSONB),
    bindparam("due_at", type_=UtcDateTime()),
    bindparam("expires_at", type_=UtcDateTime()),
)


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
) -> None:
    """Add a message to the caller's transaction; a repeated `dedup_key` fails that transaction.

    A text too long for one message becomes several; the last has the key and the buttons.
    """
    parts = _parts(body)
    for n, part in enumerate(parts, start=1):
        row = {
            "dedup_key": dedup_key if n == len(parts) else f"{dedup_key}#{n}",
            "channel": channel,
            "recipient": recipient,
            "body": part,
            "lane": int(lane),
            "due_at": due_at,
            "expires_at": expires_at,
            "fleeting": fleeting,
        }
        later.write(db, _ENQUEUE, row)


def _parts(body: Mapping[str, object]) -> list[dict[str, object]]:
    said = str(body.get("text", ""))
    if length(said) <= LONGEST:
        return [dict(body)]
    if "edits" in body or "answers" in body:
        return [{**body, "text": split(said, longest=LONGEST - 1)[0] + "…"}]
    # A mark-up that spans two messages is broken in both: long texts go out plain.
    texts = split(said)
    first = {"text": texts[0], **{k: body[k] for k in ("reply_to", "silent") if k in body}}
    rest = {k: v for k, v in body.items() if k not in ("text", "reply_to", "markup")}
    between = [{"text": each, "silent": True} for each in texts[1:-1]]
    return [first, *between, {**rest, "text": texts[-1], "silent": True}]


def nudge(db: Session) -> None:
    """Wake the senders once this transaction has committed.

    Not by NOTIFY within it: PostgreSQL lets transactions that notify commit only one by one.
    """
    db.info[NUDGED] = True


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of an attempt. `body` is what was to be sent."""

    message_id: int
    attempt: int
    lane: Lane
    channel: str
    recipient: str
    outcome: Outcome
    body: Mapping[str, object] = field(default_factory=dict)


def settle(db: Session, *, message_id: int, attempt: int, outcome: Outcome, now: datetime) -> bool:
    """Record what came of an attempt; False when a later attempt has taken the message over."""
    message = db.get(OutboxMessage, message_id)
    if message is None:  # its recipient was forgotten meanwhile
        return False
    settlement = Settlement(
        message_id, attempt, Lane(message.lane), message.channel, message.recipient, outcome
    )
    kept = settle_many(db, [settlement], now=now)
    db.expire_all()
    return message_id in kept


# IS TRUE keeps this a look-up by id: the index of what is being sent holds, until the next vacuum,
# everything that was, and reading it through costs the more the more has been sent.
_SETTLE = text("""
UPDATE outbox_message m
SET status = v.status, due_at = coalesce(v.due_at, m.due_at), last_error = v.error,
    external_ref = coalesce(v.ref, m.external_ref), holder = NULL,
    settled_at = CASE WHEN v.status = 'waiting' THEN NULL ELSE CAST(:now AS timestamptz) END
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS bigint[]), CAST(:statuses AS text[]),
            CAST(:dues AS timestamptz[]), CAST(:errors AS text[]), CAST(:refs AS text[]))
     AS v(id, attempt, status, due_at, error, ref)
WHERE m.id = v.id AND m.attempts = v.attempt AND (m.status = 'sending') IS TRUE
RETURNING m.id, m.fleeting AND m.settled_at IS NOT NULL
""")
# Later edits and answers go to the message that is there now.
_IN_ITS_PLACE = [
    text(f"""
    UPDATE {table} m SET external_ref = :ref FROM outbox_message e
    WHERE e.id = :id AND m.dedup_key = e.body ->> 'edits'
    """)  # noqa: S608  the names of our own tables
    for table in ("outbox_message", "outbox_archive")
]
# A fleeting reply is the last one to somebody who was forgotten, and nothing of them stays. What
# else is fleeting goes to chats that get more: what is known of their limits must not go with it.
_DROP_FLEETING = text("""
WITH gone AS (DELETE FROM outbox_message WHERE id = ANY(:ids) RETURNING channel, recipient, lane)
DELETE FROM outbox_chat c USING gone g
WHERE c.channel = g.channel AND c.recipient = g.recipient AND g.lane = :reply
  AND c.moved_to IS NULL
""")


def settle_many(db: Session, settlements: Sequence[Settlement], *, now: datetime) -> set[int]:
    """Record what came of these attempts; return the messages that were still theirs.

    A slow worker cannot overwrite the one that took its message over: the attempt has moved on.
    """
    rows = [_row(each, now) for each in sorted(settlements, key=lambda each: each.message_id)]
    columns: dict[str, list[object]] = {
        name: [row[n] for row in rows]
        for n, name in enumerate(("ids", "attempts", "statuses", "dues", "errors", "refs"))
    }
    settled = db.execute(_SETTLE, {**columns, "now": now}).all()
    kept = {row[0] for row in settled}
    if fleeting := [row[0] for row in settled if row[1]]:
        db.execute(_DROP_FLEETING, {"ids": fleeting, "reply": int(Lane.REPLY)})
    for each in settlements:
        if each.message_id not in kept:
            continue
        match each.outcome:
            case Sent(ref, True):
                for statement in _IN_ITS_PLACE:
                    db.execute(statement, {"id": each.message_id, "ref": ref})
            case Unavailable(_, wait) if wait is not None:
                chats.hold(db, channel=each.channel, recipient=each.recipient, wait=wait, now=now)
            case Blocked(reason):
                _give_up_bulk(db, each, reason, now)
            case Moved(to):
                chats.move(db, channel=each.channel, recipient=each.recipient, to=to, now=now)
    return kept


def _row(each: Settlement, now: datetime) -> tuple[object, ...]:
    status, due_at, error, ref = Status.WAITING, None, None, None
    match each.outcome:
        case Sent(sent):
            status, ref = Status.SENT, sent
        case Refused(reason, True) | Blocked(reason) if _must_get_through(each):
            due_at, error = now + PATIENCE[each.lane].longest, f"{SHUT}: {reason}"
        case Refused(reason):
            status, error = Status.FAILED, reason
        case Blocked(reason):
            status, error = Status.FAILED, BLOCKED + reason
        case Moved(_):
            due_at, error = now, "the chat has moved"
        case Unavailable(reason):
            error = reason
            match next_attempt(each.outcome, lane=each.lane, attempts=each.attempt, now=now):
                case RetryAt(when):
                    due_at = when
                case GiveUp():
                    status = Status.FAILED
    return each.message_id, each.attempt, str(status), due_at, error, ref


def _must_get_through(each: Settlement) -> bool:
    """Whether this is for officers, and so waits until their chat lets us in again.

    Not what the channel refuses for its own sake: that would hold up all that comes after it.
    """
    return each.lane == Lane.URGENT and is_group(each.recipient)


def _give_up_bulk(db: Session, each: Settlement, reason: str, now: datetime) -> None:
    """Nothing that nobody asked for is tried on somebody who blocked us."""
    db.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == each.channel,
            OutboxMessage.recipient == each.recipient,
            OutboxMessage.lane >= Lane.WARNING,
            OutboxMessage.status.in_((Status.WAITING, Status.HELD)),
        )
        .values(status=Status.FAILED, last_error=BLOCKED + reason, settled_at=now)
    )


# In one statement: what leaves or comes back meanwhile is met as it is then.
_DROP_PENDING = text("""
UPDATE outbox_message
SET status = CASE WHEN status = 'sending' THEN 'sending' ELSE 'expired' END,
    settled_at = CASE WHEN status <> 'sending' THEN CAST(:now AS timestamptz) END,
    expires_at = :now, last_error = :left
WHERE channel = :channel AND recipient = :recipient AND lane = :lane
  AND status IN ('waiting', 'held', 'sending')
""")


def drop_pending(db: Session, *, channel: str, recipient: str, lane: Lane, now: datetime) -> None:
    """Expire what still waits for this recipient, who wants no more of this lane; what is on the
    wire is not tried again.
    """
    db.execute(
        _DROP_PENDING,
        {
            "channel": channel,
            "recipient": recipient,
            "lane": int(lane),
            "now": now,
            "left": LEFT,
        },
    )


def list_sent(db: Session, *, prefix: str) -> Sequence[str]:
    """Return the keys of messages that were sent and can be edited, oldest first.

    What was queued for many at once is not among them.
    """
    return [
        key
        for table in (OutboxArchive, OutboxMessage)
        for key in db.scalars(
            select(table.dedup_key)
            .where(
                table.dedup_key.startswith(prefix, autoescape=True),
                table.external_ref.is_not(None),
                table.batch.is_(None),
            )
            .order_by(table.id)
        )
    ]


def find_ref(db: Session, *, dedup_key: str) -> str | None:
    """Return the channel's own id of a message that was sent, or None."""
    for table in (OutboxMessage, OutboxArchive):
        ref: str | None = db.scalars(
            select(table.external_ref).where(table.dedup_key == dedup_key)
        ).one_or_none()
        if ref is not None:
            return ref
    return None


def was_queued(db: Session, *, dedup_key: str) -> bool:
    """Tell whether a message was queued under this key."""
    return any(
        db.scalar(select(table.id).where(table.dedup_key == dedup_key)) is not None
        for table in (OutboxMessage, OutboxArchive)
    )


def find_sent(db: Session, *, dedup_key: str) -> datetime | None:
    """Return when a message was sent, or None."""
    for table in (OutboxMessage, OutboxArchive):
        at: datetime | None = db.scalars(
            select(table.settled_at).where(
                table.dedup_key == dedup_key, table.status == Status.SENT
            )
        ).one_or_none()
        if at is not None:
            return at
    return None
