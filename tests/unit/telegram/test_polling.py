"""Long polling: the offset moves only past what is stored, and nothing is lost in an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram import Update

from bot.channels.telegram import polling

AWAY = OperationalError("INSERT", {}, Exception("the database is away"))


class Intake:
    """Takes updates, failing as often as a test says."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.fails: dict[int, list[Exception]] = {}

    async def take(self, update: Update) -> None:
        if waiting := self.fails.get(update.update_id):
            raise waiting.pop()
        self.taken.append(update.update_id)


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def batch(message: Callable[..., dict[str, Any]]) -> Callable[..., list[Update]]:
    """Updates of these chats, numbered from 1."""

    def make(*chats: int) -> list[Update]:
        return [
            Update.de_json(
                {**message(text="x", chat={"id": chat, "type": "private"}), "update_id": n}, None
            )
            for n, chat in enumerate(chats, start=1)
        ]

    return make


def take_all(
    intake: Intake, updates: Sequence[Update], failures: dict[int, int] | None = None
) -> list[int]:
    known = failures if failures is not None else {}
    return asyncio.run(polling._take_all(intake, updates, known))  # type: ignore[arg-type]


def test_what_is_stored_need_not_come_again(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    assert take_all(intake, batch(7, 8, 7)) == []
    assert sorted(intake.taken) == [1, 2, 3]


def test_after_a_failure_the_rest_of_that_chat_waits_and_others_go_on(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    intake.fails = {1: [ValueError("bug")]}

    assert take_all(intake, batch(7, 8, 7)) == [1]
    assert intake.taken == [2]


def test_an_update_that_always_fails_is_set_aside_in_the_end(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    intake.fails = {1: [ValueError("bug")] * 100}
    failures: dict[int, int] = {}

    again = [take_all(intake, batch(7, 7), failures) for _ in range(polling.TRIES)]

    assert again == [[1]] * (polling.TRIES - 1) + [[]]
    assert intake.taken == [2]
    assert failures == {}


def test_while_the_database_is_away_nothing_is_ever_set_aside(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    intake.fails = {1: [AWAY] * 50}
    failures: dict[int, int] = {}

    again = [take_all(intake, batch(7, 7), failures) for _ in range(50)]

    assert again == [[1]] * 50
    assert take_all(intake, batch(7, 7), failures) == []
    assert intake.taken == [1, 2]


def test_the_offset_moves_only_past_what_is_stored(
    intake: Intake, batch: Callable[..., list[Update]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    updates = batch(7, 8, 9)
    intake.fails = {2: [ValueError("bug")]}
    monkeypatch.setattr(polling, "AGAIN_AFTER", 0.0)

    class Telegram:
        async def delete_webhook(self) -> None: ...

        async def get_updates(self, *, offset: int, **_: object) -> Sequence[Update]:
            asked.append(offset)
            if len(asked) == 4:
                raise asyncio.CancelledError
            return [update for update in updates if update.update_id >= offset]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(polling.poll(Telegram(), intake))  # type: ignore[arg-type]

    assert asked == [0, 2, 4, 4]
    assert intake.taken == [1, 3, 2, 3]  # a second time changes nothing
