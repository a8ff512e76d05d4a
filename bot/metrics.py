"""Figures of delivery and intake, for `/metrics`. They carry no one's name and no words."""

from __future__ import annotations

import time
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from actions.outbox.claim import Claimed
from actions.outbox.policy import Outcome
from actions.outbox.stats import Waiting

_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)

SENDS = Counter("fanzha_outbox_attempts_total", "Sending attempts", ["lane", "outcome"])
WAITED = Histogram(
    "fanzha_outbox_wait_seconds",
    "From the commit of a message to its first attempt",
    ["lane"],
    buckets=_BOUNDS,
)
CALLS = Histogram(
    "fanzha_channel_call_seconds", "What the channel takes to answer", buckets=_BOUNDS
)
WAITING = Gauge("fanzha_outbox_waiting", "Messages waiting (counted to 100,000)", ["lane"])
OLDEST = Gauge("fanzha_outbox_late_seconds", "How late the oldest due message is", ["lane"])
TAKEN_IN = Counter("fanzha_updates_total", "Updates taken in", ["result"])
TOOK = Histogram(
    "fanzha_update_seconds", "From receiving an update to its commit", buckets=_BOUNDS
)


def note_sent(
    claimed: Claimed, outcome: Outcome, now: datetime | None, began: float, asked_at: float
) -> None:
    """Count one attempt. `asked_at` is when, on our steady clock, the database said `now`."""
    lane = claimed.lane.name.lower()
    SENDS.labels(lane, type(outcome).__name__.lower()).inc()
    CALLS.observe(time.monotonic() - began)
    if claimed.attempts == 1 and now is not None:
        waited = (now - claimed.created_at).total_seconds() + (began - asked_at)
        WAITED.labels(lane).observe(max(waited, 0.0))


def note_waiting(waiting: list[Waiting], now: datetime) -> None:
    """Take over how much waits in each lane."""
    for gauge in (WAITING, OLDEST):
        gauge.clear()
    for each in waiting:
        lane = each.lane.name.lower()
        WAITING.labels(lane).inc(each.count)
        OLDEST.labels(lane).set(max((now - each.oldest).total_seconds(), 0.0))
