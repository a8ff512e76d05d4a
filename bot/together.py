"""Do together what was asked at the same time: one hand-over to a thread, one transaction.

While a batch is being done the next requests gather, and while it is busy the first waits a
moment for others: the busier it is, the more are done at once. A request that comes alone is done
at once. What cannot be done together is done alone: then a request fails by itself and holds
nobody up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 16  # in a batch: more would keep the first of them waiting for the last
BUSY = 0.05  # seconds after a batch in which others are likely to come
JOIN = 0.003  # seconds that the first then waits for them


class Together(Generic[T]):
    """`together` does as many as it can and tells for each whether it is done; it never raises.
    `alone` does one. Both are called in a thread.
    """

    def __init__(
        self, together: Callable[[Sequence[T]], Sequence[bool]], alone: Callable[[T], None]
    ) -> None:
        self._together, self._alone = together, alone
        self._waiting: list[tuple[T, asyncio.Future[bool]]] = []
        self._working: asyncio.Task[None] | None = None
        self._busy_until = 0.0

    async def do(self, request: T) -> None:
        """Return when the request is done; raise what it fails with."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        if not await done:
            await asyncio.to_thread(self._alone, request)

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if clock() < self._busy_until:
                await asyncio.sleep(JOIN)
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            results = await asyncio.to_thread(self._together, [request for request, _ in batch])
            self._busy_until = clock() + BUSY
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():  # who asked has not gone away
                    done.set_result(result)
