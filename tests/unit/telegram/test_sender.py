"""What Telegram answers to a send, as an outcome."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from telegram import Bot
from telegram.error import NetworkError, TimedOut

from actions.outbox.policy import Blocked, Outcome, Refused, Sent, Unavailable
from bot.channels.sender import Envelope
from bot.channels.telegram.sender import TelegramSender

if TYPE_CHECKING:
    from conftest import ScriptedTelegram


def send(bot: Bot, body: dict[str, Any], *, ref: str | None = None) -> Outcome:
    return asyncio.run(TelegramSender(bot).send(Envelope("1001", body, ref=ref)))


def refusal(code: int, description: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    body = {"ok": False, "error_code": code, "description": description}
    return code, body | ({"parameters": parameters} if parameters else {})


def test_a_message_that_is_taken_has_telegrams_own_id(bot: Bot) -> None:
    assert send(bot, {"text": "你好"}) == Sent("77")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(
            refusal(429, "Too Many Requests: retry after 40", retry_after=40),
            Unavailable("flood limit", timedelta(seconds=40)),
            id="429",
        ),
        pytest.param(
            refusal(403, "Forbidden: bot was blocked by the user"),
            Blocked("Forbidden: bot was blocked by the user"),
            id="403",
        ),
        pytest.param(
            refusal(400, "Bad Request: chat not found"), Refused("Chat not found"), id="400"
        ),
        pytest.param(
            refusal(401, "Unauthorized"), Unavailable("the bot token is refused"), id="401"
        ),
        pytest.param(refusal(502, "Bad Gateway"), Unavailable("Bad Gateway"), id="502"),
        pytest.param(TimedOut(), Unavailable("Timed out"), id="no answer in time"),
        pytest.param(NetworkError("cut"), Unavailable("cut"), id="cut off"),
    ],
)
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # int or timedelta
def test_what_telegram_answers_is_an_outcome(
    bot: Bot, telegram: ScriptedTelegram, answer: Any, outcome: Outcome
) -> None:
    telegram.answers.append(answer)

    assert send(bot, {"text": "你好"}) == outcome


def test_an_edit_that_changes_nothing_counts_as_done(bot: Bot, telegram: ScriptedTelegram) -> None:
    telegram.answers.append(refusal(400, "Bad Request: message is not modified: specified new…"))

    assert send(bot, {"text": "卡", "edits": "case:C-22222:card"}, ref="5") == Sent("5")


def test_each_kind_of_body_calls_its_own_method(bot: Bot, telegram: ScriptedTelegram) -> None:
    buttons = [[{"label": "接手", "data": "case:C-22222:claim"}]]
    send(bot, {"text": "新", "buttons": buttons})
    send(bot, {"text": "改", "edits": "case:C-22222:card", "buttons": buttons}, ref="5")
    send(bot, {"text": "答", "reply_to": "case:C-22222:card"}, ref="5")
    telegram.answers.append((200, {"ok": True, "result": True}))
    send(bot, {"answers": "q1", "text": "已由您接手", "alert": True})

    methods = [method for method, _ in telegram.asked]
    assert methods == ["sendMessage", "editMessageText", "sendMessage", "answerCallbackQuery"]
    (_, new), (_, edit), (_, reply), (_, answer) = telegram.asked
    assert (new["chat_id"], new["text"]) == ("1001", "新")
    assert new["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "case:C-22222:claim"
    assert edit["message_id"] == 5
    assert reply["reply_parameters"]["message_id"] == 5
    assert (answer["callback_query_id"], answer["show_alert"]) == ("q1", True)


def test_without_a_message_to_answer_it_is_sent_on_its_own(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    send(bot, {"text": "答", "reply_to": "case:C-22222:card"})

    assert "reply_parameters" not in telegram.asked[0][1]
