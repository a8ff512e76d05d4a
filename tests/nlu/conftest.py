"""A running Rasa, started once for all tests that need the real one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.nlu.server import NluServer

PATIENCE = 120.0


@pytest.fixture(scope="session")
def rasa(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a supervised Rasa that serves that model."""
    server = NluServer(tmp_path_factory.mktemp("home"), model=model)
    came = threading.Event()
    stop = asyncio.Event()

    async def keep() -> None:
        running = asyncio.create_task(server.run())
        while not stop.is_set():
            if server.url:
                came.set()
            await asyncio.sleep(0.1)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    thread = threading.Thread(target=asyncio.run, args=(keep(),))
    thread.start()
    try:
        assert came.wait(PATIENCE), "Rasa did not come up"
        assert server.url is not None
        yield server.url
    finally:
        stop.set()
        thread.join(10)
