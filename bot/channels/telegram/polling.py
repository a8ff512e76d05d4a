"""Long polling that acknowledges only what is stored: the offset moves past committed updates."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.intake import Intake, lane_of, legible
from bot.channels.telegram.update import Given

log = structlog.get_logger()
T = TypeVar("T")

TIMEOUT = 25  # seconds Telegram holds a request open when there is nothing new
ALLOWED = ("message", "edited_message", "callback_query")
AGAIN_AFTER = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # before a failed update is tried again
BUSY_PAUSE = 0.05  # between two looks for new updates while others are being taken in
LAST_WORDS = 5.0  # seconds to finish what has begun


class Window:
    """The updates we have been given and Telegram has not been told to forget.

    Citizens go side by side and each in order; a slow or failing update holds up its own chat
    alone. Telegram forgets all updates below the offset, so it stays at the first that is not
    stored yet, and what is stored behind that one is not taken in twice.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._chats: dict[int, deque[Given]] = {}
        self._pending: set[int] = set()
        self._stored: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.offset = 0

    @property
    def busy(self) -> bool:
        """Whether something is being taken in."""
        return bool(self._pending)

    def add(self, updates: Sequence[Given]) -> int:
        """Begin to take in those that are new; return how many."""
        new = [
            update
            for update in updates
            if update.update_id not in self._pending and update.update_id not in self._stored
        ]
        self._pending.update(update.update_id for update in new)
        for update in new:
            self.offset = self.offset or update.update_id
            queue = self._chats.get(lane_of(update))
            if queue is not None:
                queue.append(update)
                continue
            self._chats[lane_of(update)] = deque((update,))
            task = asyncio.create_task(self._take_chat(lane_of(update)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(new)

    async def change(self, within: float) -> None:
        """Wait until something more is stored, or this long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), within)
        self._changed.clear()

    async def finish(self, within: float) -> None:
        """Wait until what is being taken in is stored, or this long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        for task in self._tasks:
            task.cancel()

    async def _take_chat(self, chat: int) -> None:
        queue = self._chats[chat]
        while queue:
            wait = FIRST_PAUSE
            while not await self._intake.settle(queue[0]):
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_PAUSE)
            self._store(queue.popleft().update_id)
        del self._chats[chat]

    def _store(self, update_id: int) -> None:
        self._pending.discard(update_id)
        self._stored.add(update_id)
        self.offset = min(self._pending) if self._pending else max(self._stored) + 1
        self._stored = {each for each in self._stored if each > self.offset}
        self._changed.set()


async def poll(bot: Bot, intake: Intake) -> None:
    """Take in updates until cancelled; then finish those that have begun."""
    window = Window(intake)
    with suppress(TelegramError):  # where one is left over, getUpdates says Conflict
        await bot.delete_webhook()
    try:
        while True:
            patience = 0 if window.busy else TIMEOUT
            updates = await retrying(partial(_get_updates, bot, window.offset, patience))
            if not window.add(updates) and window.busy:
                await window.change(BUSY_PAUSE)
    finally:
        await window.finish(LAST_WORDS)


async def _get_updates(bot: Bot, offset: int, patience: int) -> Sequence[Given]:
    # Not by PTB's own method: that gives nothing of a batch in which it cannot read one update.
    asked = {"offset": offset, "timeout": patience, "allowed_updates": list(ALLOWED)}
    came = await bot._post("getUpdates", asked, read_timeout=patience + 10)
    return [legible(each, bot) for each in came]


async def retrying(call: Callable[[], Awaitable[T]]) -> T:
    """Call Telegram until it answers, waiting longer each time."""
    wait = AGAIN_AFTER
    while True:
        try:
            return await call()
        except RetryAfter as error:
            after = error.retry_after
            await asyncio.sleep(after if isinstance(after, int) else after.total_seconds())
        except InvalidToken:
            log.error("telegram.token_refused")
            await asyncio.sleep(30)
        except Conflict:
            log.warning("telegram.another_poller_or_webhook")
            await asyncio.sleep(5)
        except TelegramError as error:
            log.warning("telegram.away", error=error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 15)
