"""The parts of a process: one that dies is begun again, and said to be down meanwhile."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from bot import run
from bot.run import Sending, Tasks
from bot.sender import OutboxWorker


class Part:
    """Dies as often as a test says, then runs until it is let go."""

    def __init__(self, deaths: int) -> None:
        self.deaths, self.begun_at = deaths, []  # type: ignore[var-annotated]
        self.lives, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.begun_at.append(asyncio.get_running_loop().time())
        if len(self.begun_at) <= self.deaths:
            raise TypeError
        self.lives.set()
        await self.let_go.wait()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(run, "LONGEST_PAUSE", 0.1)


def test_a_part_that_dies_is_begun_again_after_a_pause_that_grows_to_the_longest(
    hasty: None,
) -> None:
    async def scene() -> list[float]:
        part, tasks = Part(deaths=5), Tasks()
        tasks.start("telegram", part)
        await asyncio.wait_for(part.lives.wait(), 5)
        assert tasks.is_up("telegram")
        await tasks.cancel()
        return [later - begun for begun, later in pairwise(part.begun_at)]

    first, second, *more = asyncio.run(scene())

    assert first >= 0.05
    assert second >= 0.1
    assert sum(more) < 1  # were there no longest, it would be 1.4


def test_a_part_that_has_died_is_down_until_it_is_begun_again() -> None:
    async def scene() -> tuple[bool, bool]:
        tasks = Tasks()
        tasks.start("telegram", Part(deaths=1))
        tasks.start("console", Part(deaths=0))
        await asyncio.sleep(0.05)
        up = tasks.is_up("telegram"), tasks.is_up("console")
        await tasks.cancel()  # the pause is no reason to wait
        return up

    assert asyncio.run(asyncio.wait_for(scene(), 0.9)) == (False, True)


def test_a_part_that_ran_for_long_is_begun_again_soon(
    hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STEADY_AFTER", 0.0)
    monkeypatch.setattr(run, "LONGEST_PAUSE", 60.0)

    async def scene() -> None:
        part, tasks = Part(deaths=6), Tasks()
        tasks.start("telegram", part)
        await asyncio.wait_for(part.lives.wait(), 1)
        await tasks.cancel()

    asyncio.run(scene())


def test_a_part_that_ends_by_itself_has_ended(hasty: None) -> None:
    async def scene() -> tuple[int, bool]:
        part, tasks = Part(deaths=0), Tasks()
        part.let_go.set()
        await asyncio.wait_for(tasks.start("console", part), 1)
        return len(part.begun_at), tasks.is_up("console")

    assert asyncio.run(scene()) == (1, False)


def test_in_the_place_of_a_sender_that_died_stands_a_new_one(hasty: None) -> None:
    class Worker(OutboxWorker):
        def __init__(self, die: bool) -> None:
            self.die, self.woken, self.stopped = die, 0, asyncio.Event()

        async def run(self) -> None:
            if self.die:
                raise RuntimeError("can't start new thread")
            await self.stopped.wait()

        def wake(self) -> None:
            self.woken += 1

        async def stop(self) -> None:
            self.stopped.set()

    made: list[Worker] = []

    def make() -> Worker:
        made.append(Worker(die=not made))
        return made[-1]

    async def scene() -> None:
        sending, tasks = Sending(make), Tasks()
        task = tasks.start("sender", sending.run, last=True)
        await asyncio.sleep(0.1)
        sending.wake()
        await sending.worker.stop()
        await asyncio.wait_for(task, 1)

    asyncio.run(scene())

    assert [worker.woken for worker in made] == [0, 1, 0]
    assert made[1].stopped.is_set()
