"""What changes is told to every open console, also after the database was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from actions.audit import store as audit
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


def cut(service: Service, engine: Engine, code: str) -> None:
    """Take the process's connection away as a database that restarts does; the case changes."""
    with service.engine.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        audit.wake(Session(connection), case_code=code)


async def until(live: Live, state: str) -> None:
    while live.state != state:  # noqa: ASYNC110  it has no event for it
        await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(live: Live) -> AsyncIterator[None]:
    running = asyncio.create_task(live.run())
    await until(live, "up")
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def ready(app: Starlette) -> tuple[int, str]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.json()["live"]


def test_a_look_up_that_fails_ends_no_stream(
    service: Service, engine: Engine, line: Line, hire: Callable[..., Officer]
) -> None:
    officer, live = hire(7), Live(service)
    line.says(LIVE)
    assert line.case
    code = line.case.code

    async def scene() -> list[str]:
        async with listening(live):
            stream = live.events("", officer)
            heard = [await anext(stream)]
            failed = asyncio.create_task(until(live, "down"))
            await asyncio.to_thread(cut, service, engine, code)
            heard.append(await anext(stream))
            assert failed.done()
            await asyncio.to_thread(line.says, LIVE)
            heard.append(await anext(stream))
            await stream.aclose()
        return heard

    first, after, then = asyncio.run(asyncio.wait_for(scene(), 10))

    assert "event: look" in first
    assert "event: look" in after  # whatever was missed
    assert code in then


def test_a_console_that_does_not_hear_is_not_ready(service: Service) -> None:
    live = Live(service)
    app = application(service, {}, live)

    async def scene() -> list[tuple[int, str]]:
        told = [await ready(app)]
        for _ in range(2):  # it may be begun again
            async with listening(live):
                told.append(await ready(app))
            told.append(await ready(app))
        return told

    down, up = (503, "down"), (200, "up")
    assert asyncio.run(scene()) == [down, up, down, up, down]


def test_a_stream_lasts_when_listening_was_begun_again(
    service: Service, line: Line, hire: Callable[..., Officer]
) -> None:
    officer, live = hire(7), Live(service)

    async def scene() -> list[str]:
        for _ in range(2):
            async with listening(live):
                stream = live.events("", officer)
                heard = [await anext(stream)]
                await asyncio.to_thread(line.says, LIVE)
                heard.append(await anext(stream))
                await stream.aclose()
        return heard

    assert ["event: look" in each for each in asyncio.run(scene())] == [True, False]
