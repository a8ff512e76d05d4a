"""Who is alive, and what dead workers left behind. The caller owns the transaction.

The times are the database's own: the clocks of the machines may disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

LEASE = timedelta(seconds=3)  # renewed every second
RENEW = timedelta(seconds=1)

_CLOCK = text("SELECT clock_timestamp()")
# Right after a campaign was queued the planner's figures are of before it, and it would join by
# reading whole tables: what a worker does are look-ups by index, all of it.
# What a worker notes need not be on the disk when it goes on: if the server itself crashes, the
# last half second of it is lost, and what was sent then is sent again. Delivery is at least once.
# Who stands still in the middle keeps rows locked that all others need: the server ends that.
_BEGIN = text("""
SELECT clock_timestamp(), set_config('synchronous_commit', 'off', true),
       set_config('idle_in_transaction_session_timeout', :still, true),
       set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
""")
_RENEW = text("""
INSERT INTO outbox_worker AS w (id, lease_until)
VALUES (:holder, clock_timestamp() + CAST(:lease AS interval))
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
""")
_RECLAIM = text("""
WITH dead AS MATERIALIZED (
    SELECT m.id FROM outbox_message m
    WHERE m.status = 'sending' AND m.channel = ANY(:channels)
      AND NOT EXISTS (
          SELECT FROM outbox_worker w WHERE w.id = m.holder AND w.lease_until > clock_timestamp()
      )
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox_message m
SET status = 'waiting', holder = NULL, last_error = 'its sender died',
    due_at = least(m.due_at, clock_timestamp())
FROM dead WHERE m.id = dead.id
""")
_GIVE_BACK = text("""
UPDATE outbox_message m
SET status = 'waiting', holder = NULL, attempts = m.attempts - 1
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS bigint[])) AS v(id, attempt)
WHERE m.id = v.id AND m.attempts = v.attempt AND m.status = 'sending' AND m.holder = :holder
""")
_PUT_BACK = text("""
UPDATE outbox_message m
SET status = 'waiting', holder = NULL, last_error = 'its claim was not heard',
    due_at = least(m.due_at, clock_timestamp())
WHERE m.status = 'sending' AND m.holder = :holder
  AND NOT EXISTS (
      SELECT FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS bigint[])) AS v(id, attempt)
      WHERE v.id = m.id AND v.attempt = m.attempts
  )
""")
_EXPIRE = text("""
WITH late AS MATERIALIZED (
    SELECT id, fleeting FROM outbox_message
    WHERE status = 'waiting' AND expires_at <= clock_timestamp()
    LIMIT :limit FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox_message m USING late WHERE m.id = late.id AND late.fleeting
)
UPDATE outbox_message m
SET status = 'expired', settled_at = clock_timestamp(), last_error = 'too old to send'
FROM late WHERE m.id = late.id AND NOT late.fleeting
""")


def clock(db: Session) -> datetime:
    """Return the database's time, the one all workers share."""
    now: datetime = db.scalars(_CLOCK).one()
    return now


def begin(db: Session) -> datetime:
    """Begin a worker's transaction: return the database's time, and plan for look-ups only."""
    still = f"{LEASE // timedelta(milliseconds=1)}ms"
    now: datetime = db.execute(_BEGIN, {"still": still}).one()[0]
    return now


def renew(db: Session, *, holder: str) -> None:
    """Say that this worker is alive: what it holds stays its own."""
    db.execute(_RENEW, {"holder": holder, "lease": LEASE})


def end(db: Session, *, holder: str) -> None:
    """Say that this worker is going; what it still holds is anybody's."""
    db.execute(text("DELETE FROM outbox_worker WHERE id = :holder"), {"holder": holder})


def reclaim(db: Session, *, channels: Sequence[str]) -> int:
    """Put back what workers whose lease ran out were sending; return how many."""
    db.execute(
        text("DELETE FROM outbox_worker WHERE lease_until < clock_timestamp() - interval '1 hour'")
    )
    put_back = db.execute(_RECLAIM, {"channels": list(channels)})
    return put_back.rowcount  # type: ignore[attr-defined, no-any-return]


def put_back(db: Session, *, known: Sequence[tuple[int, int]], holder: str) -> int:
    """Put back what stands under a worker's name beside what it knows of, given by id and
    attempt; return how many.
    """
    back = db.execute(
        _PUT_BACK,
        {
            "ids": [message_id for message_id, _ in known],
            "attempts": [attempt for _, attempt in known],
            "holder": holder,
        },
    )
    return back.rowcount  # type: ignore[attr-defined, no-any-return]


def give_back(db: Session, held: Sequence[tuple[int, int]], *, holder: str) -> None:
    """Put back messages, given by id and attempt, that were never tried."""
    db.execute(
        _GIVE_BACK,
        {
            "ids": [message_id for message_id, _ in held],
            "attempts": [attempt for _, attempt in held],
            "holder": holder,
        },
    )


def expire(db: Session, *, limit: int = 5000) -> int:
    """Drop what is too old to be of use, and record that; return how many.

    An escalation has no such time and is never dropped.
    """
    late = db.execute(_EXPIRE, {"limit": limit})
    return late.rowcount  # type: ignore[attr-defined, no-any-return]
