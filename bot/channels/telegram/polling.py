"""Long polling that acknowledges only what is stored: the offset moves past committed updates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.intake import Intake, chat_of

log = structlog.get_logger()
T = TypeVar("T")

TIMEOUT = 25  # seconds Telegram holds a request open when there is nothing new
ALLOWED = ("message", "edited_message", "callback_query")
AGAIN_AFTER = 1.0
TRIES = 5  # then an update is set aside, so that it cannot hold up everybody else


async def poll(bot: Bot, intake: Intake) -> None:
    """Take in updates for ever; a failed one is asked for again, in its order."""
    offset = 0
    failures: dict[int, int] = {}
    with suppress(TelegramError):  # where one is left over, getUpdates says Conflict
        await bot.delete_webhook()
    while True:
        updates = await retrying(partial(_get_updates, bot, offset))
        if not updates:
            continue
        failed = await _take_all(intake, updates, failures)
        offset = min(failed) if failed else updates[-1].update_id + 1
        if failed:
            await asyncio.sleep(AGAIN_AFTER)


async def _get_updates(bot: Bot, offset: int) -> Sequence[Update]:
    return await bot.get_updates(
        offset=offset, timeout=TIMEOUT, allowed_updates=list(ALLOWED), read_timeout=TIMEOUT + 10
    )


async def _take_all(
    intake: Intake, updates: Sequence[Update], failures: dict[int, int]
) -> list[int]:
    """Take in a batch, citizens side by side and each in order; return what must come again.

    Taking in an update a second time changes nothing, so those after a failed one are simply
    met again.
    """
    chats: dict[int, list[Update]] = {}
    for update in updates:
        chats.setdefault(chat_of(update), []).append(update)
    results = await asyncio.gather(
        *(_take_chat(intake, each, failures) for each in chats.values())
    )
    return [update_id for update_id in results if update_id is not None]


async def _take_chat(
    intake: Intake, updates: Sequence[Update], failures: dict[int, int]
) -> int | None:
    for update in updates:
        update_id = update.update_id
        try:
            await intake.take(update)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            log.warning("intake.database_away", update=update_id, error=error)
            return update_id  # however long it takes: the update is not to blame
        except Exception as error:  # noqa: BLE001  whatever it is, the update must come again
            failures[update_id] = failures.get(update_id, 0) + 1
            log.error("intake.failed", update=update_id, tries=failures[update_id], error=error)
            if failures[update_id] < TRIES:
                return update_id
        failures.pop(update_id, None)
    return None


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
