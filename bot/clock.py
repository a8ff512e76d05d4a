"""What time it is; the one place that asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

ASK_AGAIN = 30.0  # seconds between two looks at the shared clock
PATIENCE = 5.0  # seconds before another try, when nobody could tell


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


class SharedClock:
    """The database's time on every machine, without asking it each time.

    The machines' own clocks may disagree by seconds, and be set while we run: what is measured
    is how far the database's clock is from this process's steady one. When the database is away,
    the last measure holds.
    """

    def __init__(self, ask: Callable[[], datetime]) -> None:
        self._ask = ask
        self._measured = now(), time.monotonic()  # as one: other threads read it meanwhile
        self._next_look = 0.0

    def __call__(self) -> datetime:
        """Return the time now."""
        if time.monotonic() >= self._next_look:
            self._look()
        told, at = self._measured
        return told + timedelta(seconds=time.monotonic() - at)

    def _look(self) -> None:
        self._next_look = time.monotonic() + PATIENCE  # other threads use what we have meanwhile
        before = time.monotonic()
        try:
            told = self._ask()
        except SQLAlchemyError:  # time goes on without it
            return
        after = time.monotonic()
        self._measured = told, (before + after) / 2
        self._next_look = after + ASK_AGAIN
