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
            refusal(400, "Bad Request: chat not found"),
            Refused("Chat not found", chat=True),
            id="400",
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


@pytest.mark.parametrize(
    ("body", "description", "shut"),
    [
        pytest.param({}, "chat not found", True, id="no such chat"),
        pytest.param({}, "not enough rights to send text messages to the chat", True, id="mute"),
        pytest.param({}, "have no rights to send a message", True, id="no rights"),
        pytest.param({}, "CHAT_WRITE_FORBIDDEN", True, id="forbidden"),
        pytest.param({}, "message is too long", False, id="this text only"),
        pytest.param({}, "BUTTON_DATA_INVALID", False, id="these buttons only"),
        pytest.param(
            {"topic": "C-22222"}, "not enough rights to create a topic", False, id="topic"
        ),
        pytest.param({"photo": "f"}, "not enough rights to send photos", False, id="pictures"),
    ],
)
def test_a_chat_that_takes_nothing_is_told_from_a_message_it_does_not_take(
    bot: Bot, telegram: ScriptedTelegram, body: dict[str, Any], description: str, shut: bool
) -> None:
    telegram.answers.append(refusal(400, f"Bad Request: {description}"))

    outcome = send(bot, {"text": "卡", **body})

    assert isinstance(outcome, Refused)
    assert outcome.chat is shut


def test_bad_markup_is_sent_again_as_plain_text(bot: Bot, telegram: ScriptedTelegram) -> None:
    telegram.answers.append(refusal(400, "Bad Request: can't parse entities: unclosed tag"))

    assert send(bot, {"text": "<b>小心 &amp; 核实", "markup": "html"}) == Sent("77")

    (_, marked), (_, plain) = telegram.asked
    assert (marked["parse_mode"], marked["text"]) == ("HTML", "<b>小心 &amp; 核实")
    assert "parse_mode" not in plain
    assert plain["text"] == "小心 & 核实"


def test_bad_markup_is_tried_once_and_not_for_ever(bot: Bot, telegram: ScriptedTelegram) -> None:
    telegram.answers += [refusal(400, "Bad Request: can't parse entities: unclosed tag")] * 2

    outcome = send(bot, {"text": "<b>小心", "markup": "html"})

    assert isinstance(outcome, Refused)
    assert len(telegram.asked) == 2


@pytest.mark.parametrize(
    "description", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"]
)
def test_a_card_that_somebody_deleted_is_sent_anew(
    bot: Bot, telegram: ScriptedTelegram, description: str
) -> None:
    telegram.answers.append(refusal(400, f"Bad Request: {description}"))
    body = {
        "text": "卡",
        "edits": "case:C-22222:card",
        "buttons": [[{"label": "接手", "data": "case:C-22222:claim"}]],
    }

    assert send(bot, body, ref="5") == Sent("77", anew=True)

    assert [method for method, _ in telegram.asked] == ["editMessageText", "sendMessage"]
    assert telegram.asked[1][1]["reply_markup"] == telegram.asked[0][1]["reply_markup"]
