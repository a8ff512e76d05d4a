"""The officers' group that becomes a supergroup is the same desk under another number."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from telegram import Bot, Update, User

from actions.cases.models import Author, Message
from actions.outbox import chats
from actions.outbox.models import OutboxMessage
from bot.channels.telegram.intake import Intake
from bot.database import Sessions
from bot.nlu.client import NluClient
from tests.line import Line

NEW = -1009999
BOT = {"id": 1, "is_bot": True, "first_name": "反诈", "username": "fanzha_bot"}
LI = {"id": 7, "is_bot": False, "first_name": "李"}
TELEGRAM = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
WORDS = "别转，我马上给您打电话"
_ids = count(70)


@pytest.fixture
def intake(on: Line, sessions: Sessions) -> Intake:
    bot = Bot("1:x")
    bot._bot_user = User(1, "fanzha", is_bot=True, username="fanzha_bot")
    return Intake(bot, sessions, NluClient(None), on.desk, lambda: on.now)


def message(chat: int, **content: Any) -> dict[str, Any]:
    group = {"id": chat, "type": "supergroup", "title": "值班"}
    return {"message_id": 3, "date": 1, "chat": group, "from": LI, **content}


def comes(intake: Intake, content: dict[str, Any]) -> str:
    """Take in a message; return what is answered there and then."""
    update = Update.de_json({"update_id": next(_ids), "message": content}, None)
    assert asyncio.run(intake.settle(update))
    with intake.sessions() as db:
        key = f"reply:telegram:update:{update.update_id}:0"
        body = db.scalars(select(OutboxMessage.body).where(OutboxMessage.dedup_key == key))
        return str(body.one_or_none() or "")


def answer_to_card(on: Line, chat: int) -> dict[str, Any]:
    assert on.case
    card = {**message(chat, text=f"🚨 {on.case.code}"), "from": BOT}
    return message(chat, text=WORDS, reply_to_message=card)


def by_officers(sessions: Sessions) -> list[int]:
    with sessions() as db:
        return list(db.scalars(select(Message.id).where(Message.author == Author.OFFICER)))


def test_when_a_process_knows_that_the_group_moved_all_do(
    intake: Intake, on: Line, sessions: Sessions
) -> None:
    with sessions.begin() as db:
        chats.move(db, channel="telegram", recipient=on.desk.chat or "", to=str(NEW), now=on.now)

    assert comes(intake, answer_to_card(on, NEW)) == ""

    assert len(by_officers(sessions)) == 1


def test_telegrams_word_that_the_group_moved_is_enough(
    intake: Intake, on: Line, sessions: Sessions
) -> None:
    old = int(on.desk.chat or 0)
    assert comes(intake, message(old, migrate_to_chat_id=NEW) | {"from": TELEGRAM}) == ""

    assert comes(intake, answer_to_card(on, NEW)) == ""

    assert len(by_officers(sessions)) == 1


def test_another_group_that_moved_is_not_the_officers(
    intake: Intake, on: Line, sessions: Sessions
) -> None:
    assert comes(intake, message(-5005, migrate_to_chat_id=NEW) | {"from": TELEGRAM}) == ""

    assert comes(intake, answer_to_card(on, NEW)) != ""

    assert by_officers(sessions) == []


def test_what_moves_after_it_was_asked_for_is_found_a_moment_later(
    intake: Intake, on: Line, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert comes(intake, answer_to_card(on, NEW)) != ""
    with sessions.begin() as db:
        chats.move(db, channel="telegram", recipient=on.desk.chat or "", to=str(NEW), now=on.now)

    monkeypatch.setattr("bot.channels.telegram.intake.FRESH", -1.0)
    assert comes(intake, answer_to_card(on, NEW)) == ""

    assert len(by_officers(sessions)) == 1
