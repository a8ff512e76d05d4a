"""What is written down once messages have landed, whatever their channel said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from actions.citizens import store as citizens
from actions.outbox import leases, store
from actions.outbox.models import Lane
from actions.outbox.policy import Blocked, Outcome, Refused, Sent, Unavailable
from actions.outbox.store import Settlement
from actions.triage import wording

log = structlog.get_logger()

FOLLOWED = frozenset({"message", "upload"})  # what a body has when more is to be written down
# What the database fails with when it is away, or would not write anything now.
AWAY = (OperationalError, InterfaceError, InternalError, TimeoutError)


def storable(outcome: Outcome) -> Outcome:
    """Return the outcome with a reason that a database takes."""
    if isinstance(outcome, Refused | Blocked | Unavailable):
        return replace(outcome, reason=wording.storable(outcome.reason))
    return outcome


def without_details(settlement: Settlement) -> Settlement:
    """Return what counts of a result that cannot be stored: it was sent, or is to be tried again.

    An urgent message is not given up for it.
    """
    sent = isinstance(settlement.outcome, Sent)
    outcome = Sent() if sent else Unavailable("its result cannot be stored")
    return replace(settlement, outcome=outcome)


def write_down(
    db: Session,
    results: Sequence[Settlement],
    follow_up: Callable[[Session, Settlement, datetime], None],
) -> set[int]:
    """Record what came of these attempts and what follows; return the messages still theirs."""
    now = leases.begin(db)
    kept = store.settle_many(db, results, now=now)
    for each in results:
        if isinstance(each.outcome, Blocked):
            citizens.mark_blocked(db, channel=each.channel, address=each.recipient, now=now)
        if each.message_id in kept and not FOLLOWED.isdisjoint(each.body):
            follow_up(db, each, now)
    return kept


def note(results: Sequence[Settlement], kept: set[int]) -> None:
    """Log what was not sent, and what another worker had taken over."""
    for each in results:
        if not isinstance(each.outcome, Sent) or each.message_id not in kept:
            log.info(
                "outbox.settled",
                message=each.message_id,
                lane=Lane(each.lane).name.lower(),
                outcome=type(each.outcome).__name__,
                kept=each.message_id in kept,
            )
