"""What changes is told to every open console, also after the database was away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from actions.officers.models import Officer
from bot import database
from bot.console.app import application
from bot.console.live import Live
from bot.database import Sessions
from bot.regions import Region
from bot.settings import Settings
from bot.wiring import Service
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"


@pytest.fixture
def service(
    settings: Settings, region: Region, url: str, engine: Engine, sessions: Sessions, line: Line
) -> Iterator[Service]:
    """A process with a connection of its own, which was used a moment ago."""
    own = database.engine(url, pool=1)
    yield Service(settings, region, url, own, database.sessions(own), lambda: line.now)
    own.dispose()


def cut(service: Service, engine: Engine) -> None:
    """Take the process's connection away, as a database that restarts does."""
    with service.engine.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})


async def ready(app: Starlette) -> tuple[int, str]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.json()["live"]


def test_a_look_up_that_fails_ends_no_stream_and_readyz_tells_meanwhile(
    service: Service, engine: Engine, line: Line, hire: Callable[..., Officer]
) -> None:
    officer, live = hire(7), Live(service)
    app = application(service, {}, live)

    async def until(state: str) -> None:
        while live.state != state:  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.01)

    async def scene() -> list[str]:
        listening = asyncio.create_task(live.run())
        await until("up")
        assert await ready(app) == (200, "up")
        stream = live.events("", officer)
        heard = [await anext(stream)]
        await asyncio.to_thread(cut, service, engine)
        await asyncio.to_thread(line.says, LIVE)
        await until("down")
        assert await ready(app) == (503, "down")
        heard.append(await anext(stream))
        await until("up")
        await asyncio.to_thread(replace(line, address="1002").says, LIVE)
        heard.append(await anext(stream))
        await stream.aclose()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        return heard

    first, after, then = asyncio.run(asyncio.wait_for(scene(), 10))

    assert "event: look" in first
    assert "event: look" in after  # whatever was missed
    assert line.case
    assert line.case.code in then
