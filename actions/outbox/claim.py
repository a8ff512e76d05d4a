"""Lease due messages to a worker. The caller owns the transaction.

Only the first pending message of a chat is due, unless a more urgent one overtakes it, so that a
chat reads in order. Each lane is read from the head of its own index, and no further than needed:
what waits behind costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from actions.outbox import chats
from actions.outbox import pace as paces
from actions.outbox.models import Lane
from actions.outbox.pace import Pace
from actions.outbox.policy import PASSED


@dataclass(frozen=True, slots=True)
class Claimed:
    """A leased message, detached from the database. It may leave at `send_at`."""

    id: int
    attempts: int
    channel: str
    recipient: str
    lane: Lane
    body: Mapping[str, object]
    ref: str | None  # of the message it edits or answers
    created_at: datetime
    send_at: datetime
    paid: bool = False


NO_CHATS = ("press:", "mark:")  # how recipients begin that stand for no chat

# OFFSET 0 keeps this a look-up for each row: as a join, planned on figures from before a campaign
# was queued, it reads the whole lane. A SENDING row in front counts as pending: two messages of a
# chat are never on the wire at once, unless one overtakes the other.
_AHEAD = """
          SELECT FROM outbox_message e
          WHERE e.status IN ('waiting', 'sending') AND e.channel = m.channel
            AND e.recipient = m.recipient AND e.lane <= m.lane AND e.id < m.id {}
          OFFSET 0
"""
_ABOUT = "coalesce({0}.body ->> 'edits', {0}.body ->> 'reply_to', {0}.dedup_key)"
_IN_THE_WAY = f"""
            AND (e.attempts BETWEEN 1 AND {PASSED - 1}
                 OR {_ABOUT.format("e")} = {_ABOUT.format("m")})
"""
# The first message of a group may fail for ever, and an urgent one is never given up: while it
# waits to be tried again, others leave, but for what edits or answers the same message. They, too,
# are tried one at a time: it may be the channel that fails, and a group takes only so many.
_HEAD = f"""
      AND (m.expires_at IS NULL OR m.expires_at > :now)
      AND (NOT EXISTS ({_AHEAD.format("")}) OR (
          starts_with(m.recipient, '-')
          AND (
              SELECT f.status = 'waiting' AND f.attempts >= {PASSED} AND f.due_at > :now
              FROM outbox_message f
              WHERE f.status IN ('waiting', 'sending') AND f.channel = m.channel
                AND f.recipient = m.recipient
              ORDER BY f.lane, f.id LIMIT 1
          )
          AND NOT EXISTS ({_AHEAD.format(_IN_THE_WAY)})
      ))
"""  # noqa: S608  no value of anybody's is in it
_TAKE = """
taken AS (
    UPDATE outbox_message m SET status = 'sending', attempts = m.attempts + 1, holder = :holder
    FROM due WHERE m.id = due.id RETURNING m.*
)
SELECT t.id, t.attempts, t.channel, t.recipient, t.lane, t.body, t.created_at,
       (SELECT c.body FROM outbox_content c WHERE c.id = t.content_id) AS shared,
       (SELECT r.external_ref FROM outbox_message r
        WHERE r.dedup_key = coalesce(t.body ->> 'edits', t.body ->> 'reply_to')) AS ref
FROM taken t
"""
_UNPACED = """
WITH due AS MATERIALIZED (
    SELECT m.id
    FROM unnest(CAST(:lanes AS bigint[]), CAST(:limits AS bigint[])) AS l(lane, most)
    CROSS JOIN unnest(CAST(:channels AS text[])) AS c(channel)
    CROSS JOIN LATERAL (
        SELECT m.id FROM outbox_message m
        WHERE m.status = 'waiting' AND m.channel = c.channel AND m.lane = l.lane
          AND m.due_at <= :now {recipient} {head}
        ORDER BY m.due_at, m.id LIMIT l.most FOR UPDATE SKIP LOCKED
    ) m
    LIMIT :most
),
{take}
"""
_FREE = text(_UNPACED.format(recipient="", head=_HEAD, take=_TAKE))
_FREE_OF_ONE = text(
    _UNPACED.format(recipient="AND m.recipient = :recipient", head=_HEAD, take=_TAKE)
)
_ARCHIVED = text("""
SELECT dedup_key, external_ref FROM outbox_archive
WHERE dedup_key = ANY(:keys) AND external_ref IS NOT NULL
""")


def claim(
    db: Session,
    *,
    channels: Sequence[str],
    limit: int,
    now: datetime,
    recipient: str | None = None,
    holder: str = "",
    spare: int = 0,
) -> list[Claimed]:
    """Lease the most urgent due messages; no two workers get the same one.

    `spare` places are not for what nobody waits for. Two messages of one chat are leased
    together only when one overtakes the other.
    """
    asked = {
        "channels": list(channels),
        "now": now,
        "recipient": recipient,
        "holder": holder,
        "lanes": [int(lane) for lane in Lane],
        "limits": [max(limit - (spare if paces.pays(lane) else 0), 0) for lane in Lane],
        "most": limit,
    }
    rows = db.execute(_FREE if recipient is None else _FREE_OF_ONE, asked).all()
    old = _archived(db, rows)
    return sorted(
        (_detached(row, now, old) for row in rows), key=lambda each: (each.lane, each.id)
    )


def _archived(db: Session, rows: Sequence[Row[Any]]) -> Mapping[str | None, str]:
    """Return the refs of what these edit or answer and is archived, by its keys.

    Not with the claim itself, which would open every month of the archive to find nothing.
    """
    keys = [about for row in rows if row.ref is None and (about := _about(row))]
    return dict(db.execute(_ARCHIVED, {"keys": keys}).tuples().all()) if keys else {}


def _about(row: Row[Any]) -> str | None:
    about: str | None = row.body.get("edits") or row.body.get("reply_to")
    return about


def _detached(
    row: Row[Any], send_at: datetime, old: Mapping[str | None, str], *, paid: bool = False
) -> Claimed:
    body = {**row.shared, **row.body} if row.shared else row.body
    return Claimed(
        row.id,
        row.attempts,
        row.channel,
        row.recipient,
        Lane(row.lane),
        body,
        row.ref or old.get(_about(row)),
        row.created_at,
        send_at,
        paid,
    )


# -- within a channel's limits ----------------------------------------------------------------

_TURN = text("""
SELECT next_at, next_free_at, held_until, turn FROM outbox_pace
WHERE channel = :channel FOR UPDATE
""")
_FIRST_TURN = text("""
INSERT INTO outbox_pace (channel, next_at, next_free_at, turn)
VALUES (:channel, :now, :now, 0) ON CONFLICT DO NOTHING
""")
_CANDIDATES = text(f"""
SELECT m.id, m.lane, m.recipient, m.moved_to, m.recent, m.edits
FROM unnest(CAST(:lanes AS bigint[]), CAST(:limits AS bigint[])) AS l(lane, most)
CROSS JOIN LATERAL (
    SELECT m.id, m.lane, m.recipient, c.moved_to, c.recent, m.body ? 'edits' AS edits
    FROM outbox_message m
    LEFT JOIN outbox_chat c ON c.channel = m.channel AND c.recipient = m.recipient
    WHERE m.status = 'waiting' AND m.channel = :channel AND m.lane = l.lane
      AND m.due_at <= :now AND (c.free_at IS NULL OR c.free_at <= :now) {_HEAD}
    ORDER BY m.due_at, m.id LIMIT l.most FOR UPDATE OF m SKIP LOCKED
) m
""")  # noqa: S608  no value of anybody's is in it
_TAKE_THESE = text(f"""
WITH due AS (SELECT unnest(CAST(:ids AS bigint[])) AS id), {_TAKE}
""")
_PACE_CHATS = text("""
INSERT INTO outbox_chat AS c (channel, recipient, free_at, recent)
SELECT :channel, v.recipient, v.free_at, CAST(v.recent AS timestamptz[])
FROM unnest(CAST(:recipients AS text[]), CAST(:frees AS timestamptz[]), CAST(:recents AS text[]))
     AS v(recipient, free_at, recent)
ON CONFLICT (channel, recipient) DO UPDATE
SET free_at = greatest(c.free_at, excluded.free_at), recent = excluded.recent
""")
# The rest of a chat's queue becomes due when the chat is free, one after the other, and stays
# out of the way of others until then. Asked again of each row: it may have been put off meanwhile.
# IS TRUE keeps that a look-up by id.
_SPREAD = text("""
UPDATE outbox_message m
SET due_at = v.free_at + v.place * v.gap
FROM (
    SELECT w.id, f.free_at, f.gap,
           row_number() OVER (PARTITION BY f.recipient ORDER BY w.lane, w.id) - 1 AS place
    FROM unnest(CAST(:recipients AS text[]), CAST(:frees AS timestamptz[]),
                CAST(:gaps AS interval[])) AS f(recipient, free_at, gap)
    CROSS JOIN LATERAL (
        SELECT id, lane, status, due_at FROM outbox_message
        WHERE status IN ('waiting', 'sending') AND channel = :channel AND recipient = f.recipient
        OFFSET 0
    ) w
    WHERE w.status = 'waiting' AND w.due_at < f.free_at
) v
WHERE m.id = v.id AND (m.status = 'waiting') IS TRUE AND m.due_at < v.free_at
""")
_NEXT_TURN = text("""
UPDATE outbox_pace SET next_at = :next_at, next_free_at = :next_free_at, turn = :turn
WHERE channel = :channel
""")


def claim_paced(
    db: Session,
    *,
    channel: str,
    limit: int,
    now: datetime,
    holder: str,
    pace: Pace,
    spare: int = 0,
) -> list[Claimed]:
    """Lease as many due messages as may leave within the next moment, each at its own time.

    All workers of the channel take turns at its row, so that together they keep its limits.
    """
    turn = db.execute(_TURN, {"channel": channel}).one_or_none()
    if turn is None:
        db.execute(_FIRST_TURN, {"channel": channel, "now": now})
        turn = db.execute(_TURN, {"channel": channel}).one()
    next_at = paces.soonest(turn.next_at, pace.gap, now=now, ahead=paces.PAID_AHEAD)
    next_free_at = paces.soonest(turn.next_free_at, pace.free_gap, now=now)
    if turn.held_until is not None and turn.held_until > now:
        return []
    free = min(limit, paces.count(next_free_at, pace.free_gap, now=now))
    bought = 0
    if pace.paid:
        bought = paces.count(next_at, pace.gap, now=now, ahead=paces.PAID_AHEAD)
    if not free and not bought:
        return []
    room = max(limit - spare, 0)
    many = min(bought if pace.paid else free, room)
    limits = [many if paces.pays(lane) else free for lane in Lane]
    asked = {"channel": channel, "now": now, "lanes": [int(x) for x in Lane], "limits": limits}
    waiting = _candidates(db, asked)
    lanes = [Lane(each.lane) for each in waiting]
    chosen = [
        waiting[n]
        for n in paces.share(lanes, free=free, paid=bought if pace.paid else None, turn=turn.turn)[
            :limit
        ]
    ]
    if not chosen:
        return []

    times: dict[int, datetime] = {}
    frees: dict[str, tuple[datetime, list[datetime]]] = {}
    for each in chosen:
        unpaid = not (pace.paid and paces.pays(Lane(each.lane)))
        times[each.id] = at = next_free_at if unpaid else next_at
        if unpaid:
            next_free_at += pace.free_gap
        else:
            next_at += pace.gap
        if not each.edits:  # an edit is not one message more
            frees[each.recipient] = paces.free_again(each.recipient, each.recent or (), at=at)
    db.execute(
        _NEXT_TURN,
        {
            "channel": channel,
            "next_at": next_at,
            "next_free_at": next_free_at,
            "turn": turn.turn + len(chosen),
        },
    )
    taken = db.execute(_TAKE_THESE, {"ids": [each.id for each in chosen], "holder": holder}).all()
    _note(db, channel, frees)  # once these are no longer among what waits
    old = _archived(db, taken)
    claimed = [
        _detached(row, times[row.id], old, paid=pace.paid and paces.pays(Lane(row.lane)))
        for row in taken
    ]
    return sorted(claimed, key=lambda each: each.send_at)


def _candidates(db: Session, asked: Mapping[str, Any]) -> list[Row[Any]]:
    """Return what may be taken, at most one of a chat, whichever of its addresses it waits at."""
    waiting = _one_of_a_chat(db.execute(_CANDIDATES, asked).all())
    moved = [each.recipient for each in waiting if each.moved_to]
    if not moved:
        return waiting
    for recipient in moved:
        chats.follow(db, channel=asked["channel"], recipient=recipient)
    return _one_of_a_chat(db.execute(_CANDIDATES, asked).all())


def _one_of_a_chat(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Leave each chat its most urgent message: the rows come lane by lane."""
    first: dict[str, Row[Any]] = {}
    for row in rows:
        first.setdefault(row.recipient, row)
    return list(first.values())


def _note(db: Session, channel: str, frees: Mapping[str, tuple[datetime, list[datetime]]]) -> None:
    paced = {to: free for to, free in sorted(frees.items()) if not to.startswith(NO_CHATS)}
    if not paced:
        return
    asked: dict[str, object] = {
        "channel": channel,
        "recipients": list(paced),
        "frees": [free_at for free_at, _ in paced.values()],
        "gaps": [paces.GROUP_GAP if paces.is_group(to) else paces.CHAT_GAP for to in paced],
        "recents": [
            "{" + ",".join(f'"{each.isoformat()}"' for each in recent) + "}"
            for _, recent in paced.values()
        ],
    }
    db.execute(_PACE_CHATS, asked)
    db.execute(_SPREAD, asked)


_NEXT_DUE = text("""
SELECT min(m.due_at) FROM unnest(CAST(:lanes AS bigint[])) AS l(lane)
CROSS JOIN unnest(CAST(:channels AS text[])) AS c(channel)
CROSS JOIN LATERAL (
    SELECT m.due_at FROM outbox_message m
    WHERE m.status = 'waiting' AND m.channel = c.channel AND m.lane = l.lane AND m.due_at > :now
    ORDER BY m.due_at LIMIT 1
) m
""")


def next_due(db: Session, *, channels: Sequence[str], now: datetime) -> datetime | None:
    """Return when the next message that is not due yet will be."""
    lanes = [int(lane) for lane in Lane]
    due: datetime | None = db.scalar(
        _NEXT_DUE, {"channels": list(channels), "now": now, "lanes": lanes}
    )
    return due
