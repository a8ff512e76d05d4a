"""An update that cannot be taken in is set aside, can be looked at, and taken in later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from telegram import Bot, Update

from actions.inbox import store
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from bot.channels.telegram.intake import TRIES, Intake, legible
from bot.database import Sessions
from bot.desk import Desk
from bot.nlu.client import NluClient
from bot.regions import Region
from tests.double import BotApi, BotApiDouble
from tests.line import Line

Here = Callable[..., Any]
WORDS = "有人说我涉嫌洗钱"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApiDouble() as api:
        yield api


@pytest.fixture
def connected(here: Here, api: BotApi) -> Here:
    """The command line with a bot."""
    return partial(here, TELEGRAM_TOKEN=api.token, TELEGRAM_API=api.url)


@pytest.fixture
def intake(sessions: Sessions, region: Region, now: datetime, api: BotApi) -> Intake:
    bot = Bot(api.token, base_url=f"{api.url}/bot")

    async def greet() -> None:
        async with bot:
            assert bot.username

    asyncio.run(greet())
    return Intake(bot, sessions, NluClient(None), Desk("-100", region), lambda: now)


def update(number: int, chat: int = 1001, words: str = WORDS) -> Update:
    who = {"id": chat, "is_bot": False, "first_name": "陈", "language_code": "zh-hans"}
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": chat, "type": "private"},
        "from": who,
        "text": words,
    }
    return Update.de_json({"update_id": number, "message": message}, None)


def in_group(number: int, sender: int, name: str) -> Update:
    """Somebody asks us something among others."""
    said = f"@{name} {WORDS}"
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": -5005, "type": "group", "title": "一家人"},
        "from": {"id": sender, "is_bot": False, "first_name": "陈"},
        "text": said,
        "entities": [{"type": "mention", "offset": 0, "length": len(name) + 1}],
    }
    return Update.de_json({"update_id": number, "message": message}, None)


@contextmanager
def broken(sessions: Sessions) -> Iterator[None]:
    """The table that every report goes to refuses this one citizen's words."""
    with sessions.begin() as db:
        db.execute(text("ALTER TABLE report ADD CONSTRAINT broken CHECK (text NOT LIKE '%洗钱%')"))
    try:
        yield
    finally:
        with sessions.begin() as db:
            db.execute(text("ALTER TABLE report DROP CONSTRAINT broken"))


def queued(sessions: Sessions) -> list[str]:
    with sessions() as db:
        return list(db.scalars(text("SELECT dedup_key FROM outbox_message ORDER BY id")))


def set_aside(intake: Intake, number: int) -> list[bool]:
    return [asyncio.run(intake.settle(update(number))) for _ in range(TRIES)]


def test_an_update_that_fails_again_and_again_is_set_aside_and_the_citizen_told(
    intake: Intake, sessions: Sessions
) -> None:
    with broken(sessions):
        stored = set_aside(intake, 9)
        assert queued(sessions) == ["sorry:telegram:update:9"]

    assert stored == [False] * (TRIES - 1) + [True]
    assert asyncio.run(intake.settle(update(10))) is True  # noise: the rest goes on
    with sessions() as db:
        (record,) = store.list_set_aside(db, channel="telegram")
    assert (record.external_id, record.failures) == ("update:9", TRIES)
    assert WORDS not in record.error


def test_what_cannot_be_read_is_set_aside_at_once_and_its_sender_told(
    intake: Intake, sessions: Sessions
) -> None:
    raw = update(9).to_dict()
    del raw["message"]["from"]["first_name"]

    assert asyncio.run(intake.settle(legible(raw, intake.bot))) is True

    assert queued(sessions) == ["sorry:telegram:update:9"]
    with sessions() as db:
        (record,) = store.list_set_aside(db, channel="telegram")
    assert (record.address, record.raw) == ("1001", raw)
    assert WORDS not in record.error


def test_of_what_cannot_be_read_in_a_group_nobody_is_told(
    intake: Intake, sessions: Sessions
) -> None:
    raw = {"update_id": 9, "message": {"chat": {"id": -1001, "type": "group"}, "text": WORDS}}

    assert asyncio.run(intake.settle(legible(raw, intake.bot))) is True

    assert queued(sessions) == []


def test_what_is_set_aside_and_comes_once_more_is_settled_and_nobody_is_told_twice(
    intake: Intake, sessions: Sessions
) -> None:
    with broken(sessions):
        set_aside(intake, 9)

        assert asyncio.run(intake.settle(update(9))) is True
        assert asyncio.run(intake.settle(update(10))) is False  # noise: that one is not yet
        assert queued(sessions) == ["sorry:telegram:update:9"]


def test_what_no_database_takes_is_set_aside_without_it(
    intake: Intake, sessions: Sessions
) -> None:
    said = update(9, words=f"{WORDS}\x00，\\u0000 \ud83d")

    with broken(sessions):
        stored = [asyncio.run(intake.settle(said)) for _ in range(TRIES)]

    assert stored == [False] * (TRIES - 1) + [True]
    with sessions() as db:
        (record,) = store.list_set_aside(db, channel="telegram")
    assert record.raw
    again = Update.de_json(record.raw, None)
    assert again.message
    assert again.message.text == f"{WORDS}，\\u0000 "


def test_what_was_set_aside_goes_with_a_citizen_who_is_forgotten_also_from_a_group(
    intake: Intake, sessions: Sessions, line: Line, now: datetime
) -> None:
    updates = [in_group(9, 88, intake.bot.username), in_group(10, 89, intake.bot.username)]
    with sessions.begin() as db:  # the answers will meet these keys
        for each in updates:
            key = f"reply:telegram:update:{each.update_id}:0"
            waiting = {"channel": "telegram", "recipient": "1", "body": {"text": "in the way"}}
            outbox.enqueue(db, dedup_key=key, lane=Lane.REPLY, due_at=now, **waiting)
    for each in updates:
        assert [asyncio.run(intake.settle(each)) for _ in range(TRIES)][-1]
    said = {"chat": {"id": -1001, "type": "group"}, "from": {"id": 88}, "text": WORDS}
    assert asyncio.run(intake.settle(legible({"update_id": 11, "message": said}, intake.bot)))

    line.address = "88"
    line.commands("forget")
    line.presses("forget", "yes")

    with sessions() as db:
        left = store.list_set_aside(db, channel="telegram")
    assert [each.external_id for each in left] == ["update:10"]  # another's


def test_the_list_names_what_is_set_aside_and_nobodys_words(
    here: Here, intake: Intake, sessions: Sessions
) -> None:
    assert "nothing is set aside" in here("inbox", "list").stdout

    with broken(sessions):
        set_aside(intake, 9)
        asyncio.run(intake.settle(update(10)))  # noise: it failed once
    shown = here("inbox", "list")

    assert shown.returncode == 0
    assert "update:9" in shown.stdout
    assert "update:10" not in shown.stdout
    assert WORDS not in shown.stdout


def test_a_replay_answers_the_citizen_and_clears_the_list(
    connected: Here, intake: Intake, sessions: Sessions
) -> None:
    with broken(sessions):
        set_aside(intake, 9)
        set_aside(intake, 11)

    done = connected("inbox", "replay", "9")

    assert done.returncode == 0, done.stdout
    assert "update:9 is taken in" in done.stdout
    assert "reply:telegram:update:9:0" in queued(sessions)
    assert "reply:telegram:update:11:0" not in queued(sessions)
    with sessions() as db:
        left = [each.external_id for each in store.list_set_aside(db, channel="telegram")]
    assert left == ["update:11"]

    assert connected("inbox", "replay").returncode == 0
    assert "reply:telegram:update:11:0" in queued(sessions)


def test_a_replay_that_fails_keeps_the_update_and_says_so(
    connected: Here, intake: Intake, sessions: Sessions
) -> None:
    with broken(sessions):
        set_aside(intake, 9)
        done = connected("inbox", "replay")

    assert done.returncode == 1
    assert "update:9 failed again" in done.stdout
    assert WORDS not in done.stdout
    with sessions() as db:
        assert store.is_set_aside(db, channel="telegram", external_id="update:9")


def test_a_replay_of_what_is_not_set_aside_says_so(connected: Here) -> None:
    done = connected("inbox", "replay", "77")

    assert done.returncode == 1
    assert "update:77 is not set aside" in done.stdout


def test_a_replay_without_telegram_changes_nothing_and_says_why(
    here: Here, intake: Intake, sessions: Sessions
) -> None:
    with broken(sessions):
        set_aside(intake, 9)

    done = here("inbox", "replay", TELEGRAM_TOKEN="1:x", TELEGRAM_API="http://127.0.0.1:9")

    assert done.returncode == 1
    assert "Telegram does not answer" in done.stdout
    with sessions() as db:
        assert store.is_set_aside(db, channel="telegram", external_id="update:9")
