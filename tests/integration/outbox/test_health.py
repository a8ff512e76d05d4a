"""What `/readyz` says of delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from actions.outbox.models import Lane
from actions.outbox.policy import Blocked
from bot.console import health
from bot.database import Sessions
from bot.regions import Region
from bot.sender import OutboxWorker
from bot.settings import Settings
from bot.wiring import Service

if TYPE_CHECKING:
    from conftest import Box, RecordingSender

DISPATCH = -100


@pytest.fixture
def service(
    settings: Settings, region: Region, url: str, engine: Engine, sessions: Sessions, box: Box
) -> Service:
    ours = settings.model_copy(update={"dispatch_chat_id": DISPATCH})
    return Service(ours, region, url, engine, sessions, box.clock)


def ready(service: Service) -> tuple[int, dict[str, object]]:
    async def ask() -> httpx.Response:
        app = Starlette(routes=health.routes(service, {"sender": lambda: "up"}))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/readyz")

    answer = asyncio.run(ask())
    return answer.status_code, answer.json()


def test_a_desk_that_cannot_be_reached_is_not_ready(
    service: Service,
    box: Box,
    sender: RecordingSender,
    new_worker: Callable[[], OutboxWorker],
) -> None:
    assert ready(service)[1]["desk"] == "up"
    box.put("卡", to=str(DISPATCH), lane=Lane.URGENT)
    sender.answers["卡"] = Blocked("bot was kicked from the supergroup chat")

    asyncio.run(new_worker().run_once())

    status, said = ready(service)
    assert (status, said["ready"], said["desk"]) == (503, False, "refused")


def test_without_a_desk_nothing_is_said_of_it(service: Service) -> None:
    without = replace(
        service, settings=service.settings.model_copy(update={"dispatch_chat_id": None})
    )

    status, said = ready(without)

    assert (status, "desk" in said) == (200, False)
