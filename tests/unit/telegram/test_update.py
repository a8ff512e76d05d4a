"""Every shape in which Telegram hands something over, and what it means to us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram.update import CitizenPress, OfficerPress, PublisherPress, Read, read
from bot.conversation.turn import Command, Pressed, Unreadable
from bot.inbound import Inbound, Words
from bot.presses import Press
from bot.publisher import CampaignPress

Message = Callable[..., dict[str, Any]]
USERNAME = "fanzha_bot"
DISPATCH = "-1001234567890"
GROUP = {"id": -100500, "type": "supergroup", "title": "反诈群"}
BOT = {"id": 1, "is_bot": True, "first_name": "fanzha", "username": USERNAME}
FILE = {"file_id": "a", "file_unique_id": "b"}
PERSON = {"id": 7, "is_bot": False, "first_name": "某"}
CHANNEL = {"id": -1009, "type": "channel", "title": "频道"}


def meant(raw: dict[str, Any]) -> Read:
    return read(Update.de_json(raw, None), username=USERNAME, dispatch_chat=DISPATCH)


def content(raw: dict[str, Any]) -> object:
    wanted = meant(raw)
    return wanted.content if isinstance(wanted, Inbound) else wanted


def test_a_private_message_is_a_citizens(message: Message) -> None:
    assert meant(message(text="你好")) == Inbound(
        channel="telegram",
        external_id="update:9",
        address="1001",
        content=Words("你好"),
        language_hint="zh-hans",
        ref="5",
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"text": "你好"}, Words("你好"), id="text"),
        pytest.param({"text": "a\0b"}, Words("ab"), id="a text with NUL"),
        pytest.param(
            {"caption": "这是什么", "photo": [{**FILE, "width": 1, "height": 1}]},
            Words("这是什么"),
            id="a picture with words",
        ),
        pytest.param(
            {"photo": [{**FILE, "width": 1, "height": 1}]},
            Unreadable(showable=True),
            id="a picture alone",
        ),
        pytest.param(
            {"voice": {**FILE, "duration": 3}}, Unreadable(showable=True), id="a voice note"
        ),
        pytest.param(
            {
                "sticker": {
                    **FILE,
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                    "type": "regular",
                }
            },
            Unreadable(),
            id="a sticker",
        ),
        pytest.param(
            {"location": {"latitude": 1, "longitude": 1}}, Unreadable(showable=True), id="a place"
        ),
        pytest.param(
            {"contact": {"phone_number": "1", "first_name": "某"}},
            Unreadable(showable=True),
            id="a contact",
        ),
        pytest.param({"document": FILE}, Unreadable(showable=True), id="a file"),
        pytest.param({"dice": {"emoji": "🎲", "value": 1}}, Unreadable(), id="a dice"),
        pytest.param({"text": "/start"}, Command("start"), id="a command"),
        pytest.param({"text": "/START"}, Command("start"), id="a command in capitals"),
        pytest.param({"text": "/language en"}, Command("language", "en"), id="with an argument"),
        pytest.param({"text": "/person 快\n来"}, Command("person", "快\n来"), id="of two lines"),
        pytest.param({"text": "/help@fanzha_bot"}, Command("help"), id="to us by name"),
        pytest.param(
            {"text": "/help@other_bot"}, Command("help"), id="to another bot, in private"
        ),
        pytest.param({"text": "/ 你好"}, Words("/ 你好"), id="a slash is no command"),
        pytest.param({"text": "@fanzha_bot 你好"}, Words("你好"), id="our name goes"),
        pytest.param({"text": "@Fanzha_Bot"}, Command("check"), id="our name alone"),
    ],
)
def test_what_a_private_message_says(
    message: Message, body: dict[str, Any], expected: object
) -> None:
    assert content(message(**body)) == expected


@pytest.mark.parametrize(
    ("body", "attached", "photo"),
    [
        pytest.param({"voice": {**FILE, "duration": 3}}, "voice", None, id="a voice note"),
        pytest.param({"audio": {**FILE, "duration": 3}}, "voice", None, id="a recording"),
        pytest.param(
            {"video_note": {**FILE, "duration": 3, "length": 9}}, "video", None, id="a round video"
        ),
        pytest.param(
            {"document": {**FILE, "mime_type": "image/png"}},
            "image",
            "a",
            id="a picture as a file",
        ),
        pytest.param(
            {"document": {**FILE, "mime_type": "application/pdf"}}, "file", None, id="a file"
        ),
        pytest.param({"document": FILE}, "file", None, id="a file of no kind"),
        pytest.param(
            {"photo": [{**FILE, "width": 1, "height": 1}]}, "", "a", id="a picture is no file"
        ),
        pytest.param({"dice": {"emoji": "🎲", "value": 1}}, "", None, id="a dice"),
        pytest.param({"text": "你好"}, "", None, id="words alone"),
    ],
)
def test_what_an_officer_can_be_shown_comes_with_the_message(
    message: Message, body: dict[str, Any], attached: str, photo: str | None
) -> None:
    read = meant(message(**body))

    assert isinstance(read, Inbound)
    assert (read.attached, read.photo) == (attached, photo)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"type": "user", "date": 1, "sender_user": PERSON}, "user"),
        ({"type": "hidden_user", "date": 1, "sender_user_name": "某"}, "hidden_user"),
        ({"type": "chat", "date": 1, "sender_chat": GROUP}, "chat"),
        ({"type": "channel", "date": 1, "chat": CHANNEL, "message_id": 3}, "channel"),
    ],
)
def test_a_forwarded_message_says_where_it_is_from(
    message: Message, origin: dict[str, Any], expected: str
) -> None:
    assert content(message(text="恭喜中奖", forward_origin=origin)) == Words("恭喜中奖", expected)


def test_an_edited_message_is_words_again(message: Message) -> None:
    assert content(message(edited=True, text="改过的")) == Words("改过的", "edited")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"update_id": 9}, id="an update of a kind we do not know"),
        pytest.param(
            {"update_id": 9, "channel_post": {"message_id": 1, "date": 1, "chat": CHANNEL}},
            id="a channel's post",
        ),
        pytest.param(
            {"update_id": 9, "message": {"message_id": 1, "date": 1, "chat": GROUP, "text": "x"}},
            id="a message of nobody",
        ),
    ],
)
def test_what_nobody_said_is_nothing(raw: dict[str, Any]) -> None:
    assert meant(raw) is None


def test_other_bots_are_not_answered(message: Message) -> None:
    assert meant(message(text="你好", **{"from": BOT})) is None


def test_a_live_location_that_moves_is_not_answered_again(message: Message) -> None:
    assert meant(message(edited=True, location={"latitude": 1, "longitude": 1})) is None


def test_the_officers_own_talk_is_not_a_citizens(message: Message) -> None:
    chat = {"id": int(DISPATCH), "type": "supergroup", "title": "值班"}

    assert meant(message(text=f"@{USERNAME} 你好", chat=chat)) is None


def mention(text: str) -> dict[str, Any]:
    kind = "bot_command" if text.startswith("/") else "mention"
    return {
        "text": text,
        "entities": [{"type": kind, "offset": 0, "length": len(text.split()[0])}],
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(mention("@fanzha_bot 中奖是真的吗"), Words("中奖是真的吗"), id="by name"),
        pytest.param(mention("@FANZHA_BOT 真的吗"), Words("真的吗"), id="by name in capitals"),
        pytest.param(mention("/help@fanzha_bot"), Command("help"), id="by command"),
        pytest.param(
            {
                "text": "这个呢",
                "reply_to_message": {
                    "message_id": 1,
                    "date": 1,
                    "chat": GROUP,
                    "from": BOT,
                    "text": "x",
                },
            },
            Words("这个呢"),
            id="by a reply",
        ),
    ],
)
def test_in_a_group_who_addresses_us_is_answered(
    message: Message, body: dict[str, Any], expected: object
) -> None:
    wanted = meant(message(chat=GROUP, **body))

    assert isinstance(wanted, Inbound)
    assert (wanted.group, wanted.address, wanted.content) == (True, "-100500", expected)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"text": "大家好"}, id="small talk"),
        pytest.param({"text": "fanzha_bot 是什么"}, id="our name without the sign"),
        pytest.param(mention("@other_bot 你好"), id="another's name"),
        pytest.param(mention("/help@other_bot"), id="another's command"),
        pytest.param(mention("/help"), id="a command to anybody"),
        pytest.param({"new_chat_members": [PERSON]}, id="somebody joined"),
        pytest.param({"voice": {**FILE, "duration": 3}}, id="a voice note to all"),
    ],
)
def test_in_a_group_everything_else_is_met_with_silence(
    message: Message, body: dict[str, Any]
) -> None:
    assert meant(message(chat=GROUP, **body)) is None


def press(data: str | None) -> Read:
    query = {"id": "q1", "from": {**PERSON, "language_code": "en"}, "chat_instance": "x"}
    return meant({"update_id": 9, "callback_query": query | ({"data": data} if data else {})})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("case:C-7K3M9:claim", Press(7, "C-7K3M9", "claim")),
        ("case:C-7K3M9:release", Press(7, "C-7K3M9", "release")),
        ("case:C-7K3M9:close:stopped", Press(7, "C-7K3M9", "close", "stopped")),
        ("case:C-7K3M9:close:false_alarm", Press(7, "C-7K3M9", "close", "false_alarm")),
    ],
)
def test_a_button_on_a_card_is_an_officers(data: str, expected: Press) -> None:
    assert press(data) == OfficerPress("update:9", expected, "q1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("campaign:12:show", CampaignPress(7, 12, "show")),
        (
            "campaign:12:approve:0a1b2c3d4e5f6789",
            CampaignPress(7, 12, "approve", "0a1b2c3d4e5f6789"),
        ),
    ],
)
def test_a_button_below_a_campaign_is_a_publishers(data: str, expected: CampaignPress) -> None:
    assert press(data) == PublisherPress("update:9", expected, "q1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("campaign:x:show", Pressed("unknown", "campaign:x:show"), id="no number"),
        pytest.param(
            "campaign:1:approve:zz", Pressed("unknown", "campaign:1:approve:zz"), id="no hash"
        ),
        pytest.param("ask:money:yes", Pressed("money", "yes"), id="ours"),
        pytest.param(
            "ask:quiz:police-call.scam_real",
            Pressed("quiz", "police-call.scam_real"),
            id="one of a pair in a tip",
        ),
        pytest.param("ask:money", Pressed("unknown", "ask:money"), id="half of ours"),
        pytest.param("case:X-7K3M9:claim", Pressed("unknown", "case:X-7K3M9:claim"), id="no code"),
        pytest.param("case:C-7K3M9", Pressed("unknown", "case:C-7K3M9"), id="no verb"),
        pytest.param(
            "x\ncase:C-7K3M9:claim", Pressed("unknown", "x\ncase:C-7K3M9:claim"), id="hid"
        ),
        pytest.param(None, Pressed("unknown", ""), id="nothing"),
    ],
)
def test_any_other_button_is_a_citizens(data: str | None, expected: Pressed) -> None:
    wanted = press(data)

    assert isinstance(wanted, CitizenPress)
    assert (wanted.inbound.content, wanted.inbound.address) == (expected, "7")
    assert wanted.inbound.language_hint == "en"
