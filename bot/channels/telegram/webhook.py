"""The webhook: Telegram posts an update and hears 200 only after its transaction has committed."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import math
import time
from collections.abc import AsyncIterator

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import metrics
from bot.channels.telegram.intake import Intake, lane_of, legible
from bot.channels.telegram.update import Given

PATH = "/telegram"
LARGEST = 1 << 20  # bytes; Telegram's updates are far smaller
PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds: an update is tried to its end while Telegram waits
PATIENCE = 2.0  # seconds: what takes longer, such as an outage, is to come again


class Door:
    """Records who was turned away: at most one entry a second, which says how many they were."""

    def __init__(self, intake: Intake) -> None:
        self._intake, self._count, self._told_at = intake, 0, -math.inf

    async def turn_away(self) -> Response:
        """Refuse a post that does not know our secret."""
        metrics.TAKEN_IN.labels("refused").inc()
        self._count += 1
        if time.monotonic() - self._told_at >= 1:
            self._told_at, count, self._count = time.monotonic(), self._count, 0
            with contextlib.suppress(SQLAlchemyError):  # refused all the same
                await asyncio.to_thread(self._intake.note_refused, count)
        return Response(status_code=403)


class Order:
    """Lets the updates of one chat in one by one, as they came; chats go side by side."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Event] = {}

    @contextlib.asynccontextmanager
    async def of(self, chat: int) -> AsyncIterator[None]:
        """Wait for the updates of this chat that came before."""
        before, mine = self._last.get(chat), asyncio.Event()
        self._last[chat] = mine
        try:
            if before is not None:
                await before.wait()
            yield
        finally:
            mine.set()
            if self._last.get(chat) is mine:
                del self._last[chat]


def application(intake: Intake, *, secret: str) -> Starlette:
    """Return the web application that Telegram posts to."""

    order, door = Order(), Door(intake)

    async def take(request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return await door.turn_away()
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        try:
            update = legible(json.loads(body), intake.bot)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        async with order.of(lane_of(update)):
            stored = await _settle(intake, update)
        return Response(status_code=200 if stored else 503)  # Telegram sends a failed one again

    return Starlette(routes=[Route(PATH, take, methods=["POST"])])


async def _settle(intake: Intake, update: Given) -> bool:
    """Try again for a while: what its chat sent next would overtake one that is to come anew."""
    began = time.monotonic()
    for pause in PAUSES:
        if await intake.settle(update):
            return True
        if time.monotonic() - began > PATIENCE:
            return False
        await asyncio.sleep(pause)
    return await intake.settle(update)
