"""Do together what was asked at the same time.

While a batch is being done the next requests gather, and after a batch of several the next waits
a moment until as many have come again: the busier it is, the more are done at once. A request
that comes alone is done at once, also one after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST = 16  # in a batch: more would keep the first of them waiting for the last
BUSY = 0.05  # seconds after a batch of several in which more are likely to come
JOIN = 0.003  # seconds that the first then waits for them at most


class Together(Generic[Asked, Answer]):
    """`answer` answers a batch, each request for itself: one that fails has its error as answer.

    What it raises is everybody's.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]],
        *,
        most: int = MOST,
    ) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None
        self._busy_until = 0.0
        self._last = 1  # how many were done together the last time
        self._as_many = asyncio.Event()  # as many as that are waiting again

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer to this request, or raise its error."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if len(self._waiting) >= self._last:
            self._as_many.set()
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if clock() < self._busy_until and len(self._waiting) < self._last:
                self._as_many = asyncio.Event()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._as_many.wait(), JOIN)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            batch = [each for each in batch if not each[1].done()]  # who asked has not gone away
            asked = [each for each, _ in batch]
            [done] = await asyncio.gather(self._answer(asked), return_exceptions=True)
            answers = [done] * len(batch) if isinstance(done, BaseException) else done
            self._last = len(batch)
            self._busy_until = clock() + BUSY
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # they went meanwhile
                    continue
                if isinstance(answer, BaseException):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
