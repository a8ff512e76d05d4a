"""What to do after a sending attempt. Pure: no clock, no database, no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.outbox.models import Lane

MAX_ATTEMPTS = 8
FIRST_DELAY = timedelta(seconds=5)
URGENT_FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=30)
URGENT_LONGEST_DELAY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message; `ref` is its own id for it."""

    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel will never take it: the chat is gone, the text is bad."""

    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person no longer wants anything from us; nothing more is sent to them."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The channel may take it later; `wait` is the channel's own demand, when it made one."""

    reason: str
    wait: timedelta | None = None


Outcome = Sent | Refused | Blocked | Unavailable


@dataclass(frozen=True, slots=True)
class RetryAt:
    when: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    pass


def next_attempt(
    outcome: Unavailable, *, lane: Lane, attempts: int, now: datetime
) -> RetryAt | GiveUp:
    """Double the wait after each attempt, never undercutting the channel's own demand.

    An urgent message is never given up: it says that somebody's money is going.
    """
    urgent = lane == Lane.URGENT
    if attempts >= MAX_ATTEMPTS and not urgent:
        return GiveUp()
    first, longest = (
        (URGENT_FIRST_DELAY, URGENT_LONGEST_DELAY) if urgent else (FIRST_DELAY, LONGEST_DELAY)
    )
    delay = min(first * 2 ** min(attempts - 1, 12), longest)
    return RetryAt(now + max(delay, outcome.wait or timedelta()))
