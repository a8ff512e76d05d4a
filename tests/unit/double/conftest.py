"""A running double, and python-telegram-bot's own Bot talking to it."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.double import BotApi, BotApiDouble, Citizen

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(autouse=True)
def _spans_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have python-telegram-bot give spans of time as it will from its next version on."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApiDouble(webhook_retry=0.02, callback_seconds=0.5) as double:
        yield double


def make_bot(api: BotApi, token: str | None = None) -> Bot:
    def request() -> HTTPXRequest:
        return HTTPXRequest(read_timeout=2, httpx_kwargs={"trust_env": False, "verify": False})

    return Bot(
        token or api.token,
        base_url=api.base_url,
        base_file_url=api.base_file_url,
        request=request(),
        get_updates_request=request(),
    )


@pytest.fixture
def bot(api: BotApi, run: Run) -> Iterator[Bot]:
    bot = make_bot(api)
    run(bot.initialize())
    yield bot
    run(bot.shutdown())


@pytest.fixture
def citizen(api: BotApi) -> Citizen:
    return api.citizen(1001)


@pytest.fixture
def raw(api: BotApi) -> Iterator[httpx.Client]:
    base = f"{api.url}/bot{api.token}/"
    with httpx.Client(base_url=base, trust_env=False, timeout=3) as client:
        yield client


@pytest.fixture
def picture() -> bytes:
    """A whole PNG, 3 by 2."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0\1\2\3" * 2))
        + chunk(b"IEND", b"")
    )
