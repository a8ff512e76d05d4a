"""What to do after a sending attempt. Pure: no clock, no database, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.outbox.models import Lane


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a lane goes on trying. The wait doubles from `first` up to `longest`."""

    first: timedelta
    longest: timedelta
    attempts: int | None  # None: for ever


# An urgent message is never given up: it says that somebody's money is going. Whoever asked
# gets an answer even if the channel is away for a day; a tip is not worth that.
PATIENCE: Mapping[Lane, Patience] = {
    Lane.URGENT: Patience(timedelta(seconds=1), timedelta(seconds=15), None),
    Lane.REPLY: Patience(timedelta(seconds=2), timedelta(minutes=1), 1500),
    Lane.WARNING: Patience(timedelta(seconds=5), timedelta(minutes=10), 150),
    Lane.BULK: Patience(timedelta(seconds=5), timedelta(minutes=30), 8),
}

PASSED = 20  # attempts at a message after which its group gets others while it waits for the next


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message; `ref` is its own id for it, and `photo` for the picture in
    it. `anew`: the message that it was to edit is gone, and this one is in its place.
    """

    ref: str | None = None
    anew: bool = False
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel will never take it: the text is bad or, with `chat`, the chat takes nothing."""

    reason: str
    chat: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person no longer wants anything from us; nothing more is sent to them."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat has another address now; the message is to go there."""

    to: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The channel may take it later; `wait` is the channel's own demand, when it made one."""

    reason: str
    wait: timedelta | None = None


Outcome = Sent | Refused | Blocked | Moved | Unavailable


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

    What the channel asks us to send later is not given up for it.
    """
    patience = PATIENCE[lane]
    if outcome.wait is not None:
        return RetryAt(now + max(outcome.wait, patience.first))
    if patience.attempts is not None and attempts >= patience.attempts:
        return GiveUp()
    return RetryAt(now + min(patience.first * 2 ** min(attempts - 1, 12), patience.longest))
