"""How fast a channel may be used. Pure: no clock, no database, no network.

Every message of a channel is given a moment at which it may leave. The moments lie one interval
apart, whatever process sends, so that no second sees more than the rate; they are given out only
a little ahead, so that an urgent message waits for one of them and never for a queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.outbox.models import Lane

FREE_RATE = 30.0  # what the channel takes unpaid, over all chats
USED = 0.98  # of a limit: the rest absorbs the network's unevenness
AHEAD = timedelta(milliseconds=120)  # how far moments are given out
PAID_AHEAD = timedelta(milliseconds=300)  # an urgent message is not paid for: none waits for these
WAITED = timedelta(seconds=5)  # for one's turn at the most: a lease is shorter
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
    def free_rate(self) -> float:
        """Messages a second that are not paid for."""
        return min(FREE_RATE, self.rate / 2) if self.paid else self.rate

    @property
    def gap(self) -> timedelta:
        """The interval between two messages that are paid for."""
        return timedelta(seconds=1 / (max(self.rate - self.free_rate, 1) * USED))

    @property
    def free_gap(self) -> timedelta:
        """The interval between two messages that are not."""
        return timedelta(seconds=1 / (self.free_rate * USED))


def pays(lane: Lane) -> bool:
    """Whether messages of this lane may be paid for."""
    return lane >= Lane.WARNING


def soonest(
    next_at: datetime, gap: timedelta, *, now: datetime, ahead: timedelta = AHEAD
) -> datetime:
    """Return the next moment to give out, which is never in the past.

    One that is far ahead of any that is given out is of a clock that has been set back since; who
    waited for their turn looked at the clock a little before.
    """
    return now if next_at > now + ahead + gap + WAITED else max(next_at, now)


def count(next_at: datetime, gap: timedelta, *, now: datetime, ahead: timedelta = AHEAD) -> int:
    """Return how many moments there are from `next_at` until as far ahead as we plan."""
    start, end = max(next_at, now), now + ahead
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


def share(waiting: Sequence[Lane], *, free: int, paid: int | None, turn: int) -> list[int]:
    """Choose among waiting messages, given by their lanes; return their places in that list.

    Urgent ones come first, all of them. Of what is left every tenth place is bulk's and every
    tenth a warning's, if they want it; replies have the others, and what they leave is free to
    all. `paid` places, if anything is paid for, are for those lanes alone, which take no others.
    """
    queues: dict[Lane, deque[int]] = {lane: deque() for lane in Lane}
    for n, lane in enumerate(waiting):
        queues[lane].append(n)
    chosen: list[int] = []
    while True:
        favour = {TENTH - 1: Lane.BULK, TENTH // 2 - 1: Lane.WARNING}.get(
            (turn + len(chosen)) % TENTH
        )
        order = [Lane.URGENT, *((favour,) if favour else ()), *Lane]
        best = next(
            (
                lane
                for lane in order
                if queues[lane] and (free if paid is None or not pays(lane) else paid) > 0
            ),
            None,
        )
        if best is None:
            return chosen
        chosen.append(queues[best].popleft())
        if paid is None or not pays(best):
            free -= 1
        else:
            paid -= 1
