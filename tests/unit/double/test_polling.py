"""Long polling: what an offset confirms, who may poll, and how long a poll waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict

from tests.double import BotApi, Citizen
from tests.unit.double.conftest import Run, make_bot


def test_updates_come_until_an_offset_confirms_them(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    for text in ("一", "二", "三"):
        citizen.says(text)

    first, second, third = run(bot.get_updates())
    again = run(bot.get_updates())
    rest = run(bot.get_updates(offset=third.update_id))

    assert [u.message.text for u in (first, second, third)] == ["一", "二", "三"]
    assert second.update_id == first.update_id + 1
    assert [u.update_id for u in again] == [u.update_id for u in (first, second, third)]
    assert [u.message.text for u in rest] == ["三"]
    assert api.pending_updates == 1
    assert run(bot.get_updates(offset=third.update_id + 1)) == ()
    assert api.pending_updates == 0


def test_a_poll_takes_no_more_than_its_limit(bot: Bot, run: Run, citizen: Citizen) -> None:
    for number in range(103):
        citizen.says(str(number))

    assert [u.message.text for u in run(bot.get_updates(limit=2))] == ["0", "1"]
    assert len(run(bot.get_updates())) == 100


def test_a_negative_offset_forgets_all_but_the_last(bot: Bot, run: Run, citizen: Citizen) -> None:
    for text in ("一", "二", "三"):
        citizen.says(text)

    assert [u.message.text for u in run(bot.get_updates(offset=-1))] == ["三"]
    assert len(run(bot.get_updates())) == 1


def test_a_long_poll_answers_as_soon_as_something_comes(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    async def poll_and_speak() -> tuple[Any, float]:
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        said = time.monotonic()
        await asyncio.to_thread(citizen.says, "在吗")
        return await poll, time.monotonic() - said

    updates, waited = run(poll_and_speak())

    assert [u.message.text for u in updates] == ["在吗"]
    assert waited < 1


def test_a_long_poll_ends_empty_after_its_timeout(bot: Bot, run: Run) -> None:
    since = time.monotonic()

    assert run(bot.get_updates(timeout=1)) == ()
    assert 0.9 < time.monotonic() - since < 2


def test_a_second_poller_ends_the_first_ones_poll(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    async def two() -> tuple[Any, Any]:
        other = make_bot(api)
        async with other:
            first = asyncio.create_task(bot.get_updates(timeout=5))
            await asyncio.sleep(0.1)
            second = asyncio.create_task(other.get_updates(timeout=5))
            await asyncio.wait([first])
            await asyncio.to_thread(citizen.says, "在吗")
            return first.exception(), await second

    error, updates = run(two())

    assert isinstance(error, Conflict)
    assert "terminated by other getUpdates request" in str(error)
    assert len(updates) == 1


def test_a_poller_that_hangs_up_loses_nothing(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False) as dying:
        dying.post(f"{api.url}/bot{api.token}/getUpdates", json={"timeout": 9}, timeout=0.1)
    time.sleep(0.05)
    citizen.says("在吗")

    assert len(run(bot.get_updates(timeout=2))) == 1
    assert [call.status for call in api.calls_of("getUpdates")] == [0, 200]


def test_only_allowed_kinds_are_queued_and_the_choice_is_kept(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    reaction = {"message_reaction": {"chat": {"id": 1001}}}
    api.update(reaction)  # noise: only on request
    run(bot.get_updates(allowed_updates=["message", "message_reaction"]))

    citizen.says("在吗")
    citizen.edits("在不在")
    run(bot.get_updates(offset=-9))
    api.update(reaction)

    assert api.pending_updates == 2


def test_polling_is_refused_while_a_webhook_is_set(bot: Bot, run: Run) -> None:
    run(bot.set_webhook("http://127.0.0.1:9/telegram"))

    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        run(bot.get_updates())

    run(bot.delete_webhook())
    assert run(bot.get_updates()) == ()


def test_setting_a_webhook_ends_an_open_poll(bot: Bot, run: Run) -> None:
    async def poll_then_set() -> Any:
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        await bot.set_webhook("http://127.0.0.1:9/telegram")
        await asyncio.wait([poll])
        return poll.exception()

    assert isinstance(run(poll_then_set()), Conflict)


def test_an_update_can_come_a_second_time_under_its_number(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    citizen.says("在吗")
    (update,) = run(bot.get_updates())
    run(bot.get_updates(offset=update.update_id + 1))

    assert api.update(update.to_dict()) == update.update_id

    assert [u.update_id for u in run(bot.get_updates())] == [update.update_id]
