"""What became of every recipient: the outbox's results in the deliveries, and counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.campaigns import queue
from actions.campaigns.models import Campaign, Delivery, Occurrence, State
from actions.outbox.store import BLOCKED

_SETTLE = """
    UPDATE delivery d SET
        state = CASE WHEN m.status = 'sent' THEN 'sent'
                     WHEN m.status = 'expired'
                          AND coalesce(d.reason, m.last_error) IN ('cancelled', 'left')
                     THEN 'skipped'
                     WHEN m.status = 'expired' THEN 'expired'
                     WHEN starts_with(m.last_error, :blocked) THEN 'blocked'
                     ELSE 'failed' END,
        reason = CASE WHEN m.status = 'expired'
                      THEN coalesce(d.reason, m.last_error, 'late') END,
        settled_at = m.settled_at
    FROM outbox_message m
    WHERE d.state = 'queued' AND {which} AND m.settled_at IS NOT NULL
      AND m.dedup_key = 'campaign:' || d.occurrence_id || ':' || d.citizen_id
"""


def settle(db: Session, *, occurrence_id: int) -> int:
    """Bring what the senders have done into the deliveries of one occurrence; return how many."""
    done = db.execute(
        text(_SETTLE.format(which="d.occurrence_id = :occurrence")),
        {"occurrence": occurrence_id, "blocked": BLOCKED},
    )
    return done.rowcount  # type: ignore[attr-defined, no-any-return]


def settle_open(db: Session) -> None:
    """Bring in what the senders have done for every occurrence that is not over."""
    for occurrence_id in db.scalars(
        select(Occurrence.id).where(Occurrence.state.in_(queue.OPEN))
    ).all():
        settle(db, occurrence_id=occurrence_id)


def run_out(db: Session, occurrence: Occurrence, *, now: datetime) -> int:
    """Expire what no sender has taken although its time is over; return how many."""
    late = db.execute(
        text(
            "UPDATE outbox_message m SET status = 'expired', settled_at = :now,"
            " last_error = 'late'"
            " FROM delivery d WHERE d.occurrence_id = :occurrence AND d.state = 'queued'"
            " AND m.dedup_key = 'campaign:' || d.occurrence_id || ':' || d.citizen_id"
            " AND m.status IN ('waiting', 'held') AND m.expires_at <= :now"
        ),
        {"occurrence": occurrence.id, "now": now},
    )
    return late.rowcount  # type: ignore[attr-defined, no-any-return]


def leave_no_name(db: Session, *, citizen_id: int, now: datetime) -> None:
    """Before a citizen is erased: what still waits for them will not be sent."""
    db.execute(
        text(_SETTLE.format(which="d.citizen_id = :citizen")),
        {"citizen": citizen_id, "blocked": BLOCKED},
    )
    db.execute(
        text(
            "UPDATE delivery SET state = 'skipped', reason = 'forgotten', settled_at = :now"
            " WHERE citizen_id = :citizen AND state = 'queued'"
        ),
        {"citizen": citizen_id, "now": now},
    )


def anything_waits(db: Session, occurrence: Occurrence) -> bool:
    """Tell whether a recipient is without a final state, or has yet to be queued."""
    return occurrence.state == "queueing" or (
        db.scalar(
            select(Delivery.id)
            .where(Delivery.occurrence_id == occurrence.id, Delivery.state == State.QUEUED)
            .limit(1)
        )
        is not None
    )


def close(db: Session, occurrence: Occurrence) -> None:
    """Nobody waits any more: keep its sums, so that nobody has to count a million rows again."""
    occurrence.state, occurrence.sums = "over", _tally(db, occurrence.id)


def count(db: Session, campaign: Campaign) -> dict[str, int]:
    """Return the audience and how many of it are in each state; the states add up to it."""
    found = _added(db, campaign, "states")
    return {
        "audience": sum(found.values()),
        **{state.value: found.get(state.value, 0) for state in State},
    }


def reasons(db: Session, campaign: Campaign) -> dict[str, int]:
    """Return why recipients were skipped or ran out of time."""
    return dict(_added(db, campaign, "reasons"))


def _added(db: Session, campaign: Campaign, what: str) -> Counter[str]:
    """Return sums over all times it went out: kept ones, and the others counted anew."""
    found = Counter[str]()
    for occurrence_id, kept in db.execute(
        select(Occurrence.id, Occurrence.sums).where(Occurrence.campaign_id == campaign.id)
    ).all():
        if kept is None:
            settle(db, occurrence_id=occurrence_id)
            kept = _tally(db, occurrence_id)
        found.update(kept[what])
    return found


def _tally(db: Session, occurrence_id: int) -> dict[str, object]:
    states, reasons = Counter[str](), Counter[str]()
    for state, reason, number in db.execute(
        text(
            "SELECT state, reason, count(*) FROM delivery"
            " WHERE occurrence_id = :occurrence GROUP BY state, reason"
        ),
        {"occurrence": occurrence_id},
    ):
        states[state] += number
        if reason is not None and state != State.QUEUED:
            reasons[reason] += number
    return {"states": dict(states), "reasons": dict(reasons)}


def due_to_settle(db: Session, *, now: datetime) -> Occurrence | None:
    """Return an occurrence whose results are worth a look, held by nobody else."""
    return db.scalars(
        select(Occurrence)
        .where(Occurrence.state.in_(queue.OPEN), Occurrence.settle_at <= now)
        .order_by(Occurrence.settle_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Occurrence)
    ).one_or_none()
