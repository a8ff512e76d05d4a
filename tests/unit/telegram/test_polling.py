"""Long polling: the offset moves only past what is stored, and nothing is lost in an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram import polling


class Intake:
    """Settles updates, refusing each as often as a test says."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.refusals: dict[int, int] = {}
        self.held: dict[int, asyncio.Event] = {}

    async def settle(self, update: Update) -> bool:
        if held := self.held.get(update.update_id):
            await held.wait()
        if self.refusals.get(update.update_id):
            self.refusals[update.update_id] -= 1
            return False
        self.taken.append(update.update_id)
        return True


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


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "FIRST_PAUSE", 0.0)


def test_the_offset_moves_past_what_is_stored(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    async def scene() -> polling.Window:
        window = polling.Window(intake)  # type: ignore[arg-type]
        window.add(batch(7, 8, 7))
        await window.finish(1)
        return window

    window = asyncio.run(scene())

    assert sorted(intake.taken) == [1, 2, 3]
    assert window.offset == 4
    assert not window.busy


def test_a_refused_update_comes_again_before_the_rest_of_its_chat_and_holds_up_no_other(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    intake.refusals = {1: 3}

    async def scene() -> None:
        window = polling.Window(intake)  # type: ignore[arg-type]
        window.add(batch(7, 8, 7))
        await window.finish(1)

    asyncio.run(scene())

    assert intake.taken == [2, 1, 3]


def test_the_offset_stays_at_the_first_that_is_not_stored_and_nothing_is_taken_twice(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    async def scene() -> tuple[int, int, int]:
        intake.held = {2: asyncio.Event()}
        window = polling.Window(intake)  # type: ignore[arg-type]
        window.add(batch(7, 8, 9))
        await asyncio.sleep(0.01)
        waiting, again = window.offset, window.add(batch(7, 8, 9)[1:])
        intake.held[2].set()
        await window.finish(1)
        return waiting, again, window.offset

    waiting, again, after = asyncio.run(scene())

    assert (waiting, again, after) == (2, 0, 4)
    assert sorted(intake.taken) == [1, 2, 3]


def test_telegram_is_asked_from_the_first_that_is_not_stored(
    intake: Intake, batch: Callable[..., list[Update]]
) -> None:
    asked: list[int] = []
    updates = batch(7, 8, 9)
    intake.refusals = {2: 1}

    class Telegram:
        async def delete_webhook(self) -> None: ...

        async def _post(
            self, method: str, wanted: dict[str, Any], **_: object
        ) -> Sequence[dict[str, Any]]:
            assert method == "getUpdates"
            asked.append(wanted["offset"])
            if wanted["offset"] == 4:
                raise asyncio.CancelledError
            return [each.to_dict() for each in updates if each.update_id >= wanted["offset"]]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(polling.poll(Telegram(), intake))  # type: ignore[arg-type]

    assert asked[0] == 0
    assert asked == sorted(asked)
    assert intake.taken.count(1) == intake.taken.count(2) == intake.taken.count(3) == 1
