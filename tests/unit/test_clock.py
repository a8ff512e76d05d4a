"""The time that all machines share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot import clock
from bot.clock import ASK_AGAIN, SharedClock


class Steady:
    """A process's steady clock that a test moves; something may happen when it is read."""

    def __init__(self) -> None:
        self.at = 0.0
        self.next: list[Callable[[], object]] = []

    def monotonic(self) -> float:
        if self.next:
            self.next.pop(0)()
        return self.at


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    steady = Steady()
    monkeypatch.setattr(clock, "time", steady)
    return steady


def test_the_database_is_asked_now_and_then_and_time_goes_on_meanwhile(
    steady: Steady, now: datetime
) -> None:
    asked: list[float] = []

    def ask() -> datetime:
        asked.append(steady.at)
        if len(asked) > 2:
            raise OperationalError("SELECT", {}, Exception())
        return now + timedelta(seconds=steady.at)

    shared = SharedClock(ask)
    for second in (0, 10, 31, 62):
        steady.at = second
        assert shared() == now + timedelta(seconds=second)

    assert asked == [0, 31, 62]


def test_who_reads_the_clock_while_another_thread_sets_it_reads_the_right_time(
    steady: Steady, now: datetime
) -> None:
    shared = SharedClock(lambda: now + timedelta(seconds=steady.at))
    shared()

    def set_by_another_thread() -> None:
        steady.at = ASK_AGAIN + 1
        shared()

    steady.at = ASK_AGAIN - 1
    steady.next = [lambda: None, set_by_another_thread]  # a sum is half made

    assert shared() == now + timedelta(seconds=ASK_AGAIN + 1)
