"""The webhook's door: who may post, how much, and when Telegram hears that it is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from telegram import Bot, Update

from bot.channels.telegram import webhook
from bot.channels.telegram.intake import TRIES
from bot.channels.telegram.webhook import PATIENCE, PAUSES

SECRET = "a-secret"


class Taken:
    """Takes updates as a test wishes."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.updates: list[Update] = []
        self.failing = False
        self.refusals: list[int] = []
        self.refused: list[int] = []

    def note_refused(self, count: int) -> None:
        self.refused.append(count)

    async def settle(self, update: Update) -> bool:
        if update.update_id in self.refusals:
            self.refusals.remove(update.update_id)
            return False
        if not self.failing:
            self.updates.append(update)
        return not self.failing


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSES", (0.01,) * len(webhook.PAUSES))


@pytest.fixture
def intake(bot: Bot) -> Taken:
    return Taken(bot)


def post(
    intake: Taken, body: bytes, *, secret: str | None = SECRET, path: str = "/telegram"
) -> int:
    async def send() -> int:
        app = webhook.application(intake, secret=SECRET)  # type: ignore[arg-type]
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return (await client.post(path, content=body, headers=headers)).status_code

    return asyncio.run(send())


def test_an_update_is_acknowledged_once_it_is_taken(
    intake: Taken, message: Callable[..., dict[str, Any]]
) -> None:
    assert post(intake, json.dumps(message(text="你好")).encode()) == 200
    assert [update.update_id for update in intake.updates] == [9]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "é"])
def test_without_the_secret_nothing_is_taken(
    intake: Taken, message: Callable[..., dict[str, Any]], secret: str | None
) -> None:
    if secret == "é":
        secret = "e\u0301".encode().decode("latin-1")[:1]

    assert post(intake, json.dumps(message(text="你好")).encode(), secret=secret) == 403
    assert intake.updates == []
    assert intake.refused == [1]


def test_a_flood_of_strangers_is_recorded_once_a_second(intake: Taken) -> None:
    async def knock() -> list[int]:
        app = webhook.application(intake, secret=SECRET)  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            answers = [(await client.post("/telegram")).status_code for _ in range(20)]
            await asyncio.sleep(1.05)
            return [*answers, (await client.post("/telegram")).status_code]

    assert asyncio.run(knock()) == [403] * 21
    assert intake.refused == [1, 20]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"null",
        b"1",
        b"[]",
        b'"text"',
        b"{}",
        b'{"update_id": "nine", "message": 3}',
        b'{"message": {}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=lambda body: str(body[:20]),
)
def test_what_is_no_update_is_refused_for_good(intake: Taken, body: bytes) -> None:
    assert post(intake, body) == 400
    assert intake.updates == []


def test_a_body_that_is_too_large_is_refused(intake: Taken) -> None:
    assert post(intake, b" " * (webhook.LARGEST + 1)) == 413
    assert post(intake, b'{"update_id": 9}' + b" " * (webhook.LARGEST - 16)) == 200


def test_what_could_not_be_stored_must_come_again(
    intake: Taken, message: Callable[..., dict[str, Any]]
) -> None:
    intake.failing = True

    assert post(intake, json.dumps(message(text="你好")).encode()) == 503


def test_what_fails_for_a_moment_is_not_overtaken_by_what_its_chat_sent_next(
    intake: Taken, message: Callable[..., dict[str, Any]]
) -> None:
    intake.refusals = [1, 1]

    async def send() -> list[int]:
        app = webhook.application(intake, secret=SECRET)  # type: ignore[arg-type]
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            posts = (
                client.post(
                    "/telegram", json={**message(text="x"), "update_id": n}, headers=headers
                )
                for n in (1, 2)
            )
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert asyncio.run(send()) == [200, 200]
    assert [update.update_id for update in intake.updates] == [1, 2]


def test_an_update_is_tried_to_its_end_while_telegram_waits(
    intake: Taken, message: Callable[..., dict[str, Any]]
) -> None:
    assert sum(PAUSES) < PATIENCE < 60 / 2
    intake.refusals = [9] * (TRIES - 1)

    assert post(intake, json.dumps(message(text="你好")).encode()) == 200
    assert intake.refusals == []


def test_what_takes_long_to_fail_is_tried_no_longer(
    intake: Taken, message: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "PATIENCE", -1.0)
    intake.refusals = [9] * 2

    assert post(intake, json.dumps(message(text="你好")).encode()) == 503
    assert intake.refusals == [9]


@pytest.mark.parametrize("path", ["/", "/telegram/", "/Telegram", "/admin"])
def test_there_is_one_door(intake: Taken, path: str) -> None:
    assert post(intake, b"{}", path=path) in (307, 404)
