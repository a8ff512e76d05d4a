"""What is asked at the same time is done together; nobody waits for company that is not due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot import together
from bot.together import Together


class Work:
    """Doubles numbers, slowly enough for others to gather; remembers who was done with whom."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def __call__(self, asked: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(asked))
        await asyncio.sleep(0.01)
        return [ValueError(each) if each < 0 else each * 2 for each in asked]


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for more waits for a very long time."""
    monkeypatch.setattr(together, "JOIN", 60.0)
    monkeypatch.setattr(together, "BUSY", 60.0)


async def ask(doing: Together[int, int], *asked: int) -> list[int | BaseException]:
    return await asyncio.gather(*(doing.ask(each) for each in asked), return_exceptions=True)


def test_what_gathers_meanwhile_is_done_together_and_no_more_than_the_most() -> None:
    work = Work()

    async def day() -> list[int | BaseException]:
        doing = Together[int, int](work, most=3)
        return await ask(doing, *range(8))

    assert asyncio.run(day()) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert work.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_who_comes_alone_is_done_at_once_also_again_and_again(busy: None) -> None:
    work = Work()

    async def day() -> list[int]:
        doing = Together[int, int](work)
        async with asyncio.timeout(10):
            return [await doing.ask(each) for each in range(5)]

    assert asyncio.run(day()) == [0, 2, 4, 6, 8]
    assert work.batches == [[0], [1], [2], [3], [4]]


def test_after_several_as_many_again_are_done_at_once(busy: None) -> None:
    work = Work()

    async def day() -> None:
        doing = Together[int, int](work)
        async with asyncio.timeout(10):
            await ask(doing, 1, 2, 3)
            first = asyncio.create_task(doing.ask(4))
            await asyncio.sleep(0.05)
            assert len(work.batches) == 1  # it waits for the others
            await ask(doing, 5, 6)
            await first

    asyncio.run(day())
    assert work.batches == [[1, 2, 3], [4, 5, 6]]


def test_after_several_fewer_wait_a_moment_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    monkeypatch.setattr(together, "JOIN", 0.05)
    monkeypatch.setattr(together, "BUSY", 60.0)

    async def day() -> None:
        doing = Together[int, int](work)
        async with asyncio.timeout(10):
            await ask(doing, 1, 2, 3)
            await ask(doing, 4)
            await ask(doing, 5)

    asyncio.run(day())
    assert work.batches == [[1, 2, 3], [4], [5]]


def test_an_error_is_told_to_who_caused_it_and_to_nobody_else() -> None:
    async def day() -> list[int | BaseException]:
        return await ask(Together[int, int](Work()), 1, -1, 3)

    one, broken, three = asyncio.run(day())
    assert (one, three) == (2, 6)
    assert isinstance(broken, ValueError)


def test_an_error_of_the_work_itself_is_told_to_all_it_was_done_for_and_the_next_are_done() -> (
    None
):
    class Failing(Work):
        async def __call__(self, asked: Sequence[int]) -> list[int | Exception]:
            done = await super().__call__(asked)
            if len(self.batches) == 1:
                raise RuntimeError("can't start new thread")
            return done

    async def day() -> list[int | BaseException]:
        doing = Together[int, int](Failing(), most=2)
        async with asyncio.timeout(10):
            return await ask(doing, 1, 2, 3)

    one, two, three = asyncio.run(day())
    assert isinstance(one, RuntimeError)
    assert isinstance(two, RuntimeError)
    assert three == 6


def test_who_went_away_is_not_worked_for(busy: None) -> None:
    work = Work()

    async def day() -> None:
        doing = Together[int, int](work)
        first = asyncio.create_task(doing.ask(1))
        await asyncio.sleep(0.001)
        gone = asyncio.create_task(doing.ask(2))
        await asyncio.sleep(0.001)
        gone.cancel()
        await first
        assert await doing.ask(3) == 6

    asyncio.run(day())
    assert [each for batch in work.batches for each in batch] == [1, 3]
