"""What dispatch sends beyond texts, and what it reads from the officers' chat."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from telegram import Bot, Update

from actions.outbox.policy import Outcome, Refused, Sent
from actions.vault import Vault
from bot.channels.sender import Envelope
from bot.channels.telegram.sender import TelegramSender
from bot.channels.telegram.update import from_officer, read
from bot.conversation.turn import Unreadable
from bot.desk import Desk
from bot.inbound import Inbound
from bot.officer import OfficerSaid
from bot.regions import Region
from bot.run import learn_of_forum

if TYPE_CHECKING:
    from conftest import ScriptedTelegram

DESK = -100500
CHAT = {"id": DESK, "type": "supergroup", "title": "值班"}
BOT = {"id": 1, "is_bot": True, "first_name": "反诈", "username": "fanzha_bot"}
OFFICER = {"id": 7, "is_bot": False, "first_name": "李"}
CARD = {
    "message_id": 3,
    "date": 1,
    "chat": {"id": DESK, "type": "supergroup", "title": "值班"},
    "from": BOT,
    "text": "🚨 C-7K3M9 · 冒充公检法或政府",
}


def send(bot: Bot, body: dict[str, Any], vault: Vault | None = None) -> Outcome:
    return asyncio.run(TelegramSender(bot, vault).send(Envelope("1001", body)))


def test_a_picture_goes_by_its_own_id_with_its_words(bot: Bot, telegram: ScriptedTelegram) -> None:
    assert send(bot, {"photo": "abc", "text": "看", "silent": True}) == Sent("77")
    method, asked = telegram.asked[-1]
    assert method == "sendPhoto"
    assert (asked["photo"], asked["caption"], asked["disable_notification"]) == ("abc", "看", True)


def test_a_citizens_voice_is_copied_without_their_name(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    body = {"copies": "55", "from": "1001", "text": "C-7K3M9", "thread": "9"}

    assert send(bot, body) == Sent("77")

    method, asked = telegram.asked[-1]
    assert method == "copyMessage"
    assert (asked["from_chat_id"], asked["message_id"]) == ("1001", 55)
    assert (asked["caption"], asked["message_thread_id"]) == ("C-7K3M9", 9)


def test_a_picture_of_our_own_is_uploaded_and_telegrams_id_of_it_comes_back(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    sizes = [{"file_id": n, "file_unique_id": n, "width": 1, "height": 1} for n in ("s", "l")]
    taken = {"message_id": 77, "photo": sizes}
    telegram.answers = [(200, {"ok": True, "result": taken})]

    assert send(bot, {"photo": b"\x89PNG...", "text": "看"}) == Sent("77", photo="l")

    assert telegram.asked[-1] == ("sendPhoto", {"chat_id": "1001", "caption": "看"})
    assert telegram.uploaded[-1]["photo"][1] == b"\x89PNG..."


def test_a_mark_is_put_under_a_message_of_another_chat(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    telegram.answers = [(200, {"ok": True, "result": True})]

    assert send(bot, {"reacts": "👀", "chat": "-100500", "answer": "55"}) == Sent()

    method, asked = telegram.asked[-1]
    assert (method, asked["chat_id"], asked["message_id"]) == ("setMessageReaction", "-100500", 55)
    assert asked["reaction"] == [{"type": "emoji", "emoji": "👀"}]


def test_a_mark_does_not_follow_a_chat_that_moved_without_its_message(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    moved = {"ok": False, "description": "…", "parameters": {"migrate_to_chat_id": -1009}}
    telegram.answers = [(400, moved)]

    outcome = send(bot, {"reacts": "👀", "chat": "-100500", "answer": "55"})

    assert outcome == Refused("what it marks stayed in a chat that moved")


def test_a_message_is_deleted_by_its_id(bot: Bot, telegram: ScriptedTelegram) -> None:
    telegram.answers = [(200, {"ok": True, "result": True})]
    assert send(bot, {"delete": "901"}) == Sent("901")
    assert telegram.asked[-1] == ("deleteMessage", {"chat_id": "1001", "message_id": 901})


def test_a_topic_is_opened_and_what_belongs_to_it_goes_there(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    topic = {"message_thread_id": 42, "name": "C-7K3M9", "icon_color": 1}
    telegram.answers = [(200, {"ok": True, "result": topic})]
    assert send(bot, {"topic": "C-7K3M9 冒充公检法"}) == Sent("42")
    send(bot, {"text": "市民说", "thread": "42"})
    assert telegram.asked[-1][1]["message_thread_id"] == 42


def test_a_sealed_form_is_opened_only_on_its_way_out(bot: Bot, telegram: ScriptedTelegram) -> None:
    vault = Vault(b"1" * 32)
    sealed = vault.seal(b64encode(b"%PDF").decode(), at="outbox_message:body")
    body = {"document": "C-7K3M9.pdf", "sealed": b64encode(sealed).decode()}
    assert send(bot, body, vault) == Sent("77")
    assert telegram.asked[-1][0] == "sendDocument"
    assert isinstance(send(bot, body), Refused)
    assert isinstance(send(bot, body, Vault(b"2" * 32)), Refused)


def in_desk(**content: Any) -> dict[str, Any]:
    body = {"message_id": 9, "date": 2, "chat": CARD["chat"], "from": OFFICER, **content}
    return {"update_id": 5, "message": body}


def take(raw: dict[str, Any]) -> Any:
    return read(Update.de_json(raw, None), username="fanzha_bot", dispatch_chat=str(DESK))


def test_an_answer_to_a_card_is_for_its_case() -> None:
    said = take(in_desk(text="请挂断", reply_to_message=CARD))
    assert isinstance(said, OfficerSaid)
    assert (said.about, said.text, said.telegram_id, said.private) == (
        "C-7K3M9",
        "请挂断",
        7,
        False,
    )


def test_an_answer_to_a_citizens_message_names_it() -> None:
    told = {**CARD, "text": "💬 C-7K3M9 并案的另一位市民（M-4K8QWZ）：在"}
    said = take(in_desk(text="好", reply_to_message=told))
    assert (said.about, said.answers) == ("C-7K3M9", "M-4K8QWZ")
    assert take(in_desk(text="好", reply_to_message=CARD)).answers is None


def test_what_is_written_in_a_cases_topic_is_for_its_case() -> None:
    root = {
        **{k: v for k, v in CARD.items() if k != "text"},
        "message_id": 42,
        "forum_topic_created": {"name": "C-7K3M9 冒充公检法", "icon_color": 1},
    }
    said = take(in_desk(text="请挂断", reply_to_message=root, message_thread_id=42))
    assert isinstance(said, OfficerSaid)
    assert said.about == "C-7K3M9"


@pytest.mark.parametrize(
    "content",
    [
        {"text": "中午吃什么"},
        {"text": "C-7K3M9 谁在办"},
        {"text": "好", "reply_to_message": {**CARD, "from": OFFICER}},  # not ours: a forgery
    ],
    ids=["small talk", "a code in passing", "an answer to a colleague who wrote a code"],
)
def test_the_officers_own_talk_is_left_alone(content: dict[str, Any]) -> None:
    assert take(in_desk(**content)) is None


def test_a_picture_without_words_is_kept_by_its_id(
    message: Callable[..., dict[str, Any]],
) -> None:
    sizes = [
        {"file_id": n, "file_unique_id": n, "width": 1, "height": 1} for n in ("small", "large")
    ]
    inbound = take(message(photo=sizes))
    assert isinstance(inbound, Inbound)
    assert inbound.photo == "large"
    assert inbound.content == Unreadable(showable=True)
    said = from_officer(inbound)
    assert said is not None
    assert said.private


def test_what_an_officer_sends_and_we_cannot_pass_on_is_not_sent_by_half(
    message: Callable[..., dict[str, Any]],
) -> None:
    file = {"file_id": "f", "file_unique_id": "f", "mime_type": "image/png"}
    inbound = take(message(document=file, caption="请看"))
    assert isinstance(inbound, Inbound)
    said = from_officer(inbound)
    assert said is not None
    assert (said.text, said.photo) == ("", None)


@pytest.mark.parametrize(
    ("answer", "keeps_topics"),
    [
        pytest.param((200, {"ok": True, "result": {**CHAT, "is_forum": True}}), True, id="topics"),
        pytest.param((200, {"ok": True, "result": CHAT}), False, id="none"),
        pytest.param((200, {"ok": True, "result": True}), False, id="another shape"),
        pytest.param((400, {"ok": False, "description": "chat not found"}), False, id="refused"),
    ],
)
def test_whether_the_officers_chat_keeps_topics_is_learnt_of_whatever_answers(
    bot: Bot,
    telegram: ScriptedTelegram,
    region: Region,
    answer: tuple[int, dict[str, Any]],
    keeps_topics: bool,
) -> None:
    desk = Desk(str(DESK), region)
    telegram.answers.append(answer)

    asyncio.run(learn_of_forum(bot, desk))

    assert telegram.asked == [("getChat", {"chat_id": str(DESK)})]
    assert desk.forum.on == keeps_topics
