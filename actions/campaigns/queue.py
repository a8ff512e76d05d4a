"""Put an occurrence's messages in the outbox, a batch of citizens at a time, all in SQL.

One statement draws the recipients of a batch, decides for each what becomes of them, and stores
delivery and message together; the occurrence's cursor moves in the same transaction. A process
that dies leaves whole batches behind, and the next one goes on after them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from actions.campaigns import audience
from actions.campaigns.audience import WANTED
from actions.campaigns.models import Campaign, Occurrence
from actions.citizens.models import Citizen
from actions.outbox import bulk
from actions.outbox.models import Lane

BATCH = 20_000  # citizens looked at in one transaction: a second or so
GAP = timedelta(hours=6)  # between two bulk messages to one citizen
LOCK = 7_226_604  # batches of two campaigns wait for each other: the gap must see both
SEEN_AHEAD = timedelta(minutes=1)
CHANNELS = ("telegram", "terminal")  # by which citizens are reached

# When the day begins where the citizen lives, for a moment that falls into their quiet hours.
AFTER_QUIET = """
    CASE WHEN {p}.quiet_from IS NULL OR {p}.quiet_to IS NULL OR {p}.quiet_from = {p}.quiet_to
              OR NOT ({inside}) THEN {moment}
         ELSE (date_trunc('day', {local})
               + CASE WHEN {p}.quiet_from > {p}.quiet_to AND {minute} >= {p}.quiet_from
                      THEN interval '1 day' ELSE interval '0' END
               + {p}.quiet_to * interval '1 minute') AT TIME ZONE {zone}
    END
"""


def after_quiet(moment: str, *, p: str = "p", home: str = ":home") -> str:
    """Return SQL for the first time from `moment` on that is outside a profile's quiet hours."""
    zone = f"coalesce({p}.timezone, {home})"
    local = f"({moment} AT TIME ZONE {zone})"
    minute = f"(extract(hour FROM {local}) * 60 + extract(minute FROM {local}))"
    inside = (
        f"CASE WHEN {p}.quiet_from < {p}.quiet_to"
        f" THEN {minute} >= {p}.quiet_from AND {minute} < {p}.quiet_to"
        f" ELSE {minute} >= {p}.quiet_from OR {minute} < {p}.quiet_to END"
    )
    return AFTER_QUIET.format(
        p=p, moment=moment, local=local, minute=minute, inside=inside, zone=zone
    )


DRAW = "(('x' || substr(md5(:seed || {what} || c.id), 1, 8))::bit(32)::bigint / 4294967296.0)"
_LANGUAGE = """CASE WHEN c.language = ANY(:spoken) THEN c.language
               ELSE (CAST(:spoken AS text[]))[1] END"""
_QUEUE = text(
    f"""
    WITH past AS MATERIALIZED (
        SELECT d.citizen_id, bool_or(d.state = 'queued') AS busy,
               max(d.settled_at) FILTER (WHERE d.state = 'sent') AS last
        FROM delivery d
        WHERE d.citizen_id > :after AND d.citizen_id <= :upto
          AND (d.state = 'queued' OR d.settled_at > CAST(:now AS timestamptz) - :least)
        GROUP BY d.citizen_id
    ), who AS MATERIALIZED (
        SELECT c.id, c.channel, c.address, {_LANGUAGE} AS language,
               CASE WHEN :control > 0 THEN {DRAW.format(what="'/control/'")} < :control
                    ELSE false END AS held_out,
               (CAST(:variants AS text[]))[
                   CASE WHEN cardinality(:variants) = 1 THEN 1 ELSE
                   1 + floor({DRAW.format(what="'/variant/'")} * cardinality(:variants))::int END
               ] AS variant,
               CASE WHEN NOT :pair THEN NULL
                    WHEN {DRAW.format(what="'/side/' || :occurrence || '/'")} < 0.5 THEN 'scam'
                    ELSE 'real' END AS side,
               p.quiet_from, p.quiet_to, p.timezone,
               :gap AND coalesce(past.busy, false) AS busy,
               greatest(:at, CASE WHEN :gap THEN past.last + :least END) AS ready
        FROM citizen c LEFT JOIN profile p ON p.citizen_id = c.id AND p.citizen_id > :after
                                              AND p.citizen_id <= :upto
                       LEFT JOIN past ON past.citizen_id = c.id
        WHERE c.id > :after AND c.id <= :upto AND {WANTED}
    ), timed AS MATERIALIZED (
        SELECT who.*, {after_quiet("who.ready", p="who")} AS due FROM who
    ), decided AS MATERIALIZED (
        SELECT timed.*,
               CASE WHEN held_out THEN 'control' WHEN busy THEN 'gap'
                    WHEN due >= :expires THEN 'late' END AS reason
        FROM timed
    ), stored AS (
        INSERT INTO delivery (occurrence_id, citizen_id, variant, side, state, reason, due_at,
                              settled_at)
        SELECT :occurrence, id, variant, side,
               CASE WHEN reason IS NULL THEN 'queued' ELSE 'skipped' END, reason,
               CASE WHEN reason IS NULL THEN due END,
               CASE WHEN reason IS NOT NULL THEN CAST(:now AS timestamptz) END
        FROM decided
        ON CONFLICT (citizen_id, occurrence_id) DO NOTHING
        RETURNING citizen_id
    )
    INSERT INTO outbox_message (dedup_key, channel, recipient, lane, body, content_id, status,
                                due_at, expires_at, attempts, fleeting)
    SELECT 'campaign:' || :occurrence || ':' || id, channel, address, :lane, '{{}}',
           (CAST(:contents AS jsonb)
            ->> (variant || ':' || language || ':' || coalesce(side, '')))::bigint,
           'waiting', due, :expires, 0, false
    FROM decided
    WHERE reason IS NULL AND id IN (SELECT citizen_id FROM stored)
    ORDER BY due, id
    """
)
# What a pause and a resumption make of messages; any other word is why they are never sent.
HELD, WAITING = "held", "waiting"
OPEN = ("queueing", "queued")  # states of an occurrence of which something may still be sent
_NEXT = text(
    """
    SELECT count(*), max(id) FROM (
        SELECT id FROM delivery WHERE occurrence_id = :occurrence AND state = 'queued'
                                  AND id > :after ORDER BY id LIMIT :size) AS next
    """
)
_THESE = """
    FROM delivery d LEFT JOIN profile p ON p.citizen_id = d.citizen_id
    WHERE d.occurrence_id = :occurrence AND d.state = 'queued' AND d.id > :after AND d.id <= :upto
      AND m.dedup_key = 'campaign:' || d.occurrence_id || ':' || d.citizen_id
"""
_MOVES = {
    # The batch is how `hold_back` finds what is on the wire, should it come back.
    HELD: text(
        f"""
        UPDATE outbox_message m SET
            status = CASE WHEN m.status = 'sending' THEN 'sending' ELSE 'held' END,
            batch = CASE WHEN m.status = 'sending' THEN 'campaign:' || d.occurrence_id END
        {_THESE} AND m.status IN ('waiting', 'sending')
        """
    ),
    WAITING: text(
        f"""
        UPDATE outbox_message m SET status = 'waiting',
            due_at = {after_quiet("greatest(d.due_at, CAST(:now AS timestamptz))")}
        {_THESE} AND m.status = 'held'
        """
    ),
}
# What is on the wire may arrive, but is not tried again: its delivery knows why, if it does not.
_DROP = text(
    f"""
    WITH met AS (
        UPDATE outbox_message m SET
            status = CASE WHEN m.status = 'sending' THEN 'sending' ELSE 'expired' END,
            settled_at = CASE WHEN m.status <> 'sending' THEN CAST(:now AS timestamptz) END,
            expires_at = :now, last_error = :reason
        {_THESE} AND m.status IN ('waiting', 'held', 'sending')
        RETURNING d.id, m.status
    )
    UPDATE delivery SET reason = :reason
    FROM met WHERE delivery.id = met.id AND met.status = 'sending'
    """
)
# A campaign that somebody is moving now is left to them.
_HOLD_BACK = text(
    """
    WITH paused AS MATERIALIZED (
        SELECT o.id FROM campaign c JOIN occurrence o ON o.campaign_id = c.id
        WHERE c.status = 'paused' AND o.state = ANY(:open)
        FOR SHARE OF c SKIP LOCKED
    )
    UPDATE outbox_message m SET status = 'held' FROM paused
    WHERE m.batch = 'campaign:' || paused.id AND m.status = 'waiting'
    """
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said, ready to be sent: bodies by `variant:language:side`."""

    bodies: Mapping[str, Mapping[str, object]]
    variants: tuple[str, ...]
    languages: tuple[str, ...]
    pair: bool


def newest_citizen(db: Session) -> int:
    """Return the id after which nobody belongs to an occurrence that begins now."""
    return db.scalar(select(func.coalesce(func.max(Citizen.id), 0))) or 0


def batch(
    db: Session,
    occurrence: Occurrence,
    wording: Wording,
    *,
    home: str,
    now: datetime,
    least: timedelta = GAP,
) -> int:
    """Queue the next batch; return how many messages. The caller holds the occurrence's row.

    `home` is the region's time zone, for whoever has not named another. `least` is the time
    between two bulk messages to one citizen.
    """
    campaign = occurrence.campaign
    upto = db.scalar(
        text(
            "SELECT max(id) FROM (SELECT id FROM citizen WHERE id > :after AND id <= :last"
            " ORDER BY id LIMIT :size) AS next"
        ),
        {"after": occurrence.cursor, "last": occurrence.last_id, "size": BATCH},
    )
    if upto is None:
        occurrence.state, occurrence.cursor = "queued", occurrence.last_id
        return 0
    db.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    correction = campaign.corrects_id is not None
    queued = db.execute(
        _QUEUE,
        {
            **audience.stored(campaign.audience).params(),
            "corrects": campaign.corrects_id,
            "spoken": list(wording.languages),
            "variants": list(wording.variants),
            "pair": wording.pair,
            "contents": json.dumps(_contents(db, occurrence, wording)),
            "seed": campaign.seed,
            "control": campaign.control,
            "gap": not correction,  # a correction must reach whoever has the mistake
            "least": least,
            "occurrence": occurrence.id,
            "after": occurrence.cursor,
            "upto": upto,
            "at": max(now, occurrence.at),
            "now": now,
            "expires": occurrence.expires_at,
            "home": home,
            "lane": Lane.WARNING if correction else Lane.BULK,
        },
    )
    occurrence.cursor = upto
    if upto >= occurrence.last_id:
        occurrence.state = "queued"
    return queued.rowcount  # type: ignore[attr-defined, no-any-return]


def _contents(db: Session, occurrence: Occurrence, wording: Wording) -> Mapping[str, object]:
    """Return the ids of the bodies, which all of an occurrence's messages share."""
    if occurrence.contents is None:
        occurrence.contents = {key: bulk.share(db, each) for key, each in wording.bodies.items()}
    return occurrence.contents


def is_open(db: Session, campaign: Campaign) -> bool:
    """Tell whether an occurrence is still being queued or sent."""
    return (
        db.scalar(
            select(Occurrence.id)
            .where(Occurrence.campaign_id == campaign.id, Occurrence.state.in_(OPEN))
            .limit(1)
        )
        is not None
    )


def bring(db: Session, campaign: Campaign, to: str, *, now: datetime, home: str = "") -> None:
    """Bring the campaign's messages to where it has moved: HELD, WAITING, or never sent, for the
    reason `to`; what is on the wire may arrive, or comes to the same end.

    Those that would leave next are there when this returns, and the clock goes on with `follow`:
    nobody waits for a million rows. `home` is the region's time zone, for what is to wait until
    the citizens' morning.
    """
    occurrences = db.scalars(
        select(Occurrence)
        .where(
            Occurrence.campaign_id == campaign.id,
            Occurrence.state.in_(OPEN),
            # What is being dropped stays so, whatever the campaign becomes meanwhile.
            or_(Occurrence.moving.is_(None), Occurrence.moving.in_((HELD, WAITING))),
        )
        .with_for_update(of=Occurrence)
    ).all()
    for occurrence in occurrences:
        occurrence.moving, occurrence.moved = to, 0
        if to not in (HELD, WAITING):
            occurrence.state, occurrence.settle_at = "queued", now
        follow(db, occurrence, home=home, now=now)


def follow(db: Session, occurrence: Occurrence, *, home: str, now: datetime) -> None:
    """Bring the next batch of messages to where they are going, in the order in which they leave.

    The caller holds the occurrence's row, and messages of it are going somewhere.
    """
    these = {"occurrence": occurrence.id, "after": occurrence.moved or 0}
    found, upto = db.execute(_NEXT, {**these, "size": BATCH}).one()
    if found:
        to = occurrence.moving or WAITING
        more = {"upto": upto, "now": now, "home": home, "reason": to}
        db.execute(_MOVES.get(to, _DROP), {**these, **more})
        occurrence.moved = upto
    if found < BATCH:
        occurrence.moving = occurrence.moved = None


def hold_back(db: Session) -> int:
    """Hold what was on the wire when its campaign was paused, and has come back; return how
    many.
    """
    held = db.execute(_HOLD_BACK, {"open": list(OPEN)})
    return held.rowcount  # type: ignore[attr-defined, no-any-return]


def keep_quiet(db: Session, *, home: str, ahead: int, now: datetime) -> int:
    """Move to the morning what waits for citizens whose quiet hours are beginning.

    A long queue takes hours to send; what was due in the evening must not arrive at night. Looked
    at are the next `ahead` messages of each lane, more than can leave before the next look.
    """
    soon = now + SEEN_AHEAD
    moved = db.execute(
        text(
            f"""
        WITH head AS MATERIALIZED (
            SELECT next.* FROM unnest(CAST(:channels AS text[])) AS ch(channel)
            CROSS JOIN unnest(CAST(:lanes AS bigint[])) AS l(lane) CROSS JOIN LATERAL (
                SELECT m.id, m.dedup_key, m.channel, m.recipient FROM outbox_message m
                WHERE m.status = 'waiting' AND m.channel = ch.channel AND m.lane = l.lane
                  AND m.due_at <= :soon
                ORDER BY m.due_at, m.id LIMIT :ahead
            ) AS next
            WHERE starts_with(next.dedup_key, 'campaign:')
        ), early AS (
            SELECT head.id, d.id AS delivery_id, {after_quiet("CAST(:soon AS timestamptz)")} AS due
            FROM head JOIN citizen c ON c.channel = head.channel AND c.address = head.recipient
                      JOIN profile p ON p.citizen_id = c.id AND p.quiet_from IS NOT NULL
                      JOIN delivery d ON d.citizen_id = c.id AND d.state = 'queued'
                          AND head.dedup_key = 'campaign:' || d.occurrence_id || ':' || c.id
        ), moved AS (
            UPDATE outbox_message m SET due_at = early.due FROM early
            WHERE m.id = early.id AND m.status = 'waiting' AND early.due > :soon
            RETURNING early.delivery_id, early.due
        )
        UPDATE delivery SET due_at = moved.due FROM moved WHERE delivery.id = moved.delivery_id
        """
        ),
        {
            "soon": soon,
            "ahead": ahead,
            "channels": list(CHANNELS),
            "lanes": [int(Lane.WARNING), int(Lane.BULK)],
            "home": home,
        },
    )
    return moved.rowcount  # type: ignore[attr-defined, no-any-return]
