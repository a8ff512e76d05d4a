"""Telegram's flood limits: what may be sent when, and who broke it.

Each limit is a sliding window: so many messages in so many seconds, wherever the window is laid.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

#: A sender that keeps exactly to a limit is a little early now and then: the network's doing.
TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Rates:
    """What is allowed. `burst` messages to one private chat may come at once."""

    overall: int = 30
    private: int = 1
    burst: int = 1
    group: int = 20
    paid: int = 1000
    edits_count: bool = False


@dataclass(slots=True)
class Window:
    """So many in so many seconds."""

    most: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed: 0 means now."""
        times, span = self.times, self.seconds - TOLERANCE
        while times and times[0] <= now - span:
            times.popleft()
        return 0.0 if len(times) < self.most else times[0] + span - now


class Limits:
    """All windows of one bot, and the violations counted so far."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = monotonic) -> None:
        self._rates, self._clock = rates, clock
        self._overall = Window(rates.overall, 1.0)
        self._paid = Window(rates.paid, 1.0)
        self._chats: dict[int, Window] = {}
        self.violations: Counter[str] = Counter()

    def counts(self, method: str) -> bool:
        """Whether a call of this method is a message that the limits count."""
        if method.startswith("edit"):
            return self._rates.edits_count
        return method.startswith(("send", "copy", "forward")) and method != "sendChatAction"

    def admit(self, chat_id: int, *, paid: bool) -> int:
        """Note a message, or return the whole seconds to wait and count the violation."""
        now = self._clock()
        windows = {
            "paid" if paid else "overall": self._paid if paid else self._overall,
            "private" if chat_id > 0 else "group": self._of_chat(chat_id),
        }
        waits = {name: window.wait(now) for name, window in windows.items()}
        for name, wait in waits.items():
            self.violations[name] += wait > 0
        longest = max(waits.values())
        if longest > 0:
            return math.ceil(longest)
        for window in windows.values():
            window.times.append(now)
        return 0

    def _of_chat(self, chat_id: int) -> Window:
        window = self._chats.get(chat_id)
        if window is None:
            burst = self._rates.burst
            window = (
                Window(self._rates.private * burst, float(burst))
                if chat_id > 0
                else Window(self._rates.group, 60.0)
            )
            self._chats[chat_id] = window
        return window
