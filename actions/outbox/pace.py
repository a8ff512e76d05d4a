"""How fast a channel may be used. Pure: no clock, no database, no network.

Every message of a channel is given a moment at which it may leave. The moments lie one interval
apart, whatever process sends, so that no second sees more than the rate; they are given out only
a little ahead, so that an urgent message waits for one of them and never for a queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.outbox.models import Lane

FREE_RATE = 30.0  # what the channel takes unpaid, over all chats
USED = 0.98  # of a limit: the rest absorbs the network's unevenness
AHEAD = timedelta(milliseconds=120)  # how far moments are given out
CHAT_GAP = timedelta(milliseconds=1030)  # between two messages to one person
GROUP_MOST = 20  # messages to one group in…
GROUP_SPAN = timedelta(seconds=61)
GROUP_GAP = timedelta(milliseconds=100)
TENTH = 10  # every tenth moment is bulk's, the fifth before it warnings', when replies fill all


@dataclass(frozen=True, slots=True)
class Pace:
    """A channel's limits, by its setting."""

    rate: float

    @property
    def paid(self) -> bool:
        """Whether bulk is paid for, and goes beyond what is free."""
        return self.rate > FREE_RATE

    @property
    def gap(self) -> timedelta:
        """The interval between any two messages."""
        return timedelta(seconds=1 / (self.rate * USED))

    @property
    def free_gap(self) -> timedelta:
        """The interval between two messages that are not paid for."""
        return timedelta(seconds=1 / (min(self.rate, FREE_RATE) * USED))


def pays(lane: Lane) -> bool:
    """Whether messages of this lane may be paid for."""
    return lane >= Lane.WARNING


def count(next_at: datetime, gap: timedelta, *, now: datetime) -> int:
    """Return how many moments there are from `next_at` until as far ahead as we plan."""
    start, end = max(next_at, now), now + AHEAD
    return 0 if start > end else int((end - start) / gap) + 1


def is_group(recipient: str) -> bool:
    """Whether a recipient is a group or a channel, which has limits of its own."""
    return recipient.startswith("-")


def free_again(
    recipient: str, recent: Sequence[datetime], *, at: datetime
) -> tuple[datetime, list[datetime]]:
    """Return when a chat that gets a message at this moment may get the next one."""
    if not is_group(recipient):
        return at + CHAT_GAP, []
    kept = [*(each for each in recent if each > at - GROUP_SPAN), at]
    if len(kept) < GROUP_MOST:
        return at + GROUP_GAP, kept
    return max(at + GROUP_GAP, kept[-GROUP_MOST] + GROUP_SPAN), kept


def share(waiting: Sequence[Lane], *, places: int, free: int, turn: int, paid: bool) -> list[int]:
    """Choose among waiting messages, given by their lanes; return their places in that list.

    Urgent ones come first, all of them. Of what is left every tenth place is bulk's and every
    tenth a warning's, if they want it; replies have the others, and what they leave is free to
    all. `free` bounds those that cannot be paid for.
    """
    queues: dict[Lane, list[int]] = {lane: [] for lane in Lane}
    for n, lane in enumerate(waiting):
        queues[lane].append(n)
    chosen: list[int] = []
    unpaid = 0
    while len(chosen) < places:
        favour = {TENTH - 1: Lane.BULK, TENTH // 2 - 1: Lane.WARNING}.get(
            (turn + len(chosen)) % TENTH
        )
        order = [Lane.URGENT, *((favour,) if favour else ()), *Lane]
        best = next(
            (lane for lane in order if queues[lane] and (unpaid < free or (paid and pays(lane)))),
            None,
        )
        if best is None:
            break
        chosen.append(queues[best].pop(0))
        unpaid += not (paid and pays(best))
    return chosen
