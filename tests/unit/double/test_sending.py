"""What the bot sends: what Telegram makes of it, and what it refuses."""

from __future__ import annotations

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, InvalidToken

from tests.double import BotApi, Citizen
from tests.unit.double.conftest import Run, make_bot

CLAIM = InlineKeyboardMarkup([[InlineKeyboardButton("认领", callback_data="case:C-7K3M9:claim")]])


def test_the_bot_learns_its_own_name(bot: Bot) -> None:
    assert bot.username == "fanzha_double_bot"
    assert bot.bot.is_bot


def test_a_wrong_token_is_refused(api: BotApi, run: Run) -> None:
    stranger = make_bot(api, "110096110:wrong")

    with pytest.raises(InvalidToken):
        run(stranger.initialize())
    run(stranger.shutdown())
    assert api.calls[-1].status == 401


def test_an_unknown_method_is_not_found(raw: httpx.Client) -> None:
    answer = raw.post("sendTelepathy")

    assert answer.status_code == 404
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


@pytest.mark.parametrize("way", ["query", "form", "json", "multipart"])
def test_a_call_may_bring_its_parameters_in_every_way(
    raw: httpx.Client, citizen: Citizen, way: str
) -> None:
    fields = {"chat_id": "1001", "text": "100% 安全? a+b \\ & <c>"}
    send = {
        "query": lambda: raw.get("sendMessage", params=fields),
        "form": lambda: raw.post("sendMessage", data=fields),
        "json": lambda: raw.post("SENDMESSAGE", json=fields | {"chat_id": 1001}),
        "multipart": lambda: raw.post("sendMessage", data=fields, files={"x": b"\r\n--\r\n"}),
    }

    answer = send[way]()

    assert answer.json()["ok"]
    assert [message.text for message in citizen.messages] == [fields["text"]]


def test_a_form_with_a_bare_percent_sign_is_read(raw: httpx.Client, citizen: Citizen) -> None:
    raw.post(
        "sendMessage",
        content=b"chat_id=1001&text=100%+sure+%E5%AE%89",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert citizen.messages[0].text == "100% sure 安"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"{", "application/json", id="broken JSON"),
        pytest.param(b"[]", "application/json", id="no object"),
        pytest.param(b"text=%ff%fe", "application/x-www-form-urlencoded", id="not UTF-8"),
        pytest.param(b"x", "multipart/form-data", id="no boundary"),
        pytest.param(
            b"chat_id=1&text=a&message_thread_id=b",
            "application/x-www-form-urlencoded",
            id="a word where a number belongs",
        ),
    ],
)
def test_an_unreadable_call_is_refused(raw: httpx.Client, body: bytes, kind: str) -> None:
    answer = raw.post("sendMessage", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 400


def test_a_message_comes_back_as_telegram_keeps_it(bot: Bot, run: Run, citizen: Citizen) -> None:
    said = citizen.says("在吗")

    sent = run(
        bot.send_message(
            1001,
            " 您好 ",
            reply_markup=CLAIM,
            reply_parameters=ReplyParameters(said.id),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            disable_notification=True,
        )
    )

    assert sent.text == "您好"
    assert sent.message_id > said.id
    assert sent.from_user == bot.bot
    assert sent.chat.first_name == "小明"
    assert sent.reply_to_message.text == "在吗"
    assert sent.reply_markup == CLAIM
    assert sent.link_preview_options.is_disabled
    assert citizen.wait_for("您好").buttons == [("认领", "case:C-7K3M9:claim")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("骗" * 4097, "Message is too long", id="4097 characters"),
        pytest.param(" \n", "Message text is empty", id="white space"),
    ],
)
def test_a_text_of_the_wrong_length_is_refused(bot: Bot, run: Run, text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        run(bot.send_message(1001, text))


def test_a_text_of_4096_characters_is_taken(bot: Bot, run: Run) -> None:
    assert len(run(bot.send_message(1001, "骗" * 4096)).text) == 4096


def test_the_length_counts_what_is_left_without_marks(bot: Bot, run: Run) -> None:
    sent = run(bot.send_message(1001, f"<b>{'骗' * 4096}</b>", parse_mode="HTML"))

    assert len(sent.text) == 4096


@pytest.mark.parametrize("data", ["", "骗" * 22], ids=["empty", "66 bytes"])
def test_callback_data_of_the_wrong_length_is_refused(raw: httpx.Client, data: str) -> None:
    button = {"text": "好", "callback_data": data}
    keyboard = {"inline_keyboard": [[button]]}

    answer = raw.post("sendMessage", json={"chat_id": 1, "text": "a", "reply_markup": keyboard})

    assert answer.json()["description"] == "Bad Request: BUTTON_DATA_INVALID"


def test_callback_data_of_64_bytes_is_taken(bot: Bot, run: Run) -> None:
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("好", callback_data="a" * 64))

    assert run(bot.send_message(1, "a", reply_markup=keyboard)).reply_markup == keyboard


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param([], id="no object"),
        pytest.param({"inline_keyboard": {}}, id="no rows"),
        pytest.param({"inline_keyboard": [{"text": "a"}]}, id="no row"),
        pytest.param({"inline_keyboard": [[{"text": "a"}]]}, id="no action"),
        pytest.param({"inline_keyboard": [[{"text": " ", "callback_data": "a"}]]}, id="no label"),
        pytest.param({"inline_keyboard": [[{"text": "a", "url": "ftp://a.b"}]]}, id="ftp"),
        pytest.param({"inline_keyboard": [[{"text": "a", "url": "http://a"}]]}, id="no domain"),
        pytest.param({"keyboard": [[{"text": ""}]]}, id="an empty key"),
        pytest.param(
            {"inline_keyboard": [[{"text": "a" * 500, "callback_data": "a"}]] * 20}, id="too large"
        ),
    ],
)
def test_a_malformed_keyboard_is_refused(raw: httpx.Client, markup: object) -> None:
    answer = raw.post("sendMessage", json={"chat_id": 1, "text": "a", "reply_markup": markup})

    assert answer.status_code == 400


def test_a_reply_keyboard_stays_until_it_is_removed(
    bot: Bot, run: Run, raw: httpx.Client, citizen: Citizen
) -> None:
    run(bot.send_message(1001, "选", reply_markup=ReplyKeyboardMarkup([["查一查", "找民警"]])))
    assert citizen.keyboard == ["查一查", "找民警"]
    pressed = citizen.presses("找民警")
    gone = {"chat_id": 1001, "text": "好", "reply_markup": {"remove_keyboard": True}}
    raw.post("sendMessage", json=gone)

    assert pressed.text == "找民警"
    assert citizen.keyboard == []


def test_a_reply_to_a_missing_message_is_refused_unless_it_may_go_without(
    bot: Bot, run: Run
) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        run(bot.send_message(1001, "a", reply_parameters=ReplyParameters(99)))

    lenient = ReplyParameters(99, allow_sending_without_reply=True)
    assert run(bot.send_message(1001, "a", reply_parameters=lenient)).reply_to_message is None


@pytest.mark.parametrize("chat_id", [-100777, "@nobody", None], ids=str)
def test_an_unknown_group_is_refused(raw: httpx.Client, chat_id: object) -> None:
    answer = raw.post("sendMessage", json={"chat_id": chat_id, "text": "a"})

    assert answer.status_code == 400


def test_an_edit_changes_the_message_in_its_place(bot: Bot, run: Run, citizen: Citizen) -> None:
    sent = run(bot.send_message(1001, "待认领", reply_markup=CLAIM))

    edited = run(bot.edit_message_text("已认领", 1001, sent.message_id))

    assert edited.edit_date is not None
    assert [(m.text, m.buttons) for m in citizen.messages] == [("已认领", [])]


def test_an_edit_that_changes_nothing_is_refused(bot: Bot, run: Run) -> None:
    sent = run(bot.send_message(1001, "a", reply_markup=CLAIM))

    with pytest.raises(BadRequest, match="Message is not modified"):
        run(bot.edit_message_text("a", 1001, sent.message_id, reply_markup=CLAIM))
    with pytest.raises(BadRequest, match="Message is not modified"):
        run(bot.edit_message_reply_markup(1001, sent.message_id, reply_markup=CLAIM))
    assert run(bot.edit_message_reply_markup(1001, sent.message_id)).reply_markup is None


def test_only_an_own_message_that_is_there_can_be_edited(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    with pytest.raises(BadRequest, match="Message to edit not found"):
        run(bot.edit_message_text("a", 1001, 99))
    with pytest.raises(BadRequest, match="Message can't be edited"):
        run(bot.edit_message_text("a", 1001, citizen.says("b").id))


def test_a_deleted_message_is_gone(bot: Bot, run: Run, citizen: Citizen) -> None:
    sent = run(bot.send_message(1001, "a"))
    assert len(citizen.messages) == 1

    assert run(bot.delete_message(1001, sent.message_id))

    assert citizen.messages == []
    with pytest.raises(BadRequest, match="Message to delete not found"):
        run(bot.delete_message(1001, sent.message_id))


def test_a_picture_is_kept_and_can_be_sent_again_by_its_id(
    bot: Bot, run: Run, citizen: Citizen, picture: bytes
) -> None:
    sent = run(bot.send_photo(1001, picture, caption="本周<b>骗局</b>", parse_mode="HTML"))
    again = run(bot.send_photo(1001, sent.photo[-1].file_id))

    assert (sent.photo[-1].width, sent.photo[-1].height) == (3, 2)
    assert sent.caption == "本周骗局"
    assert again.photo == sent.photo
    file = run(bot.get_file(again.photo[-1].file_id))
    assert bytes(run(file.download_as_bytearray())) == picture


def test_a_document_is_kept(bot: Bot, run: Run) -> None:
    sent = run(bot.send_document(1001, b"a,b\r\n--\n", filename="报告.csv"))

    assert sent.document.file_name == "报告.csv"
    file = run(bot.get_file(sent.document.file_id))
    assert bytes(run(file.download_as_bytearray())) == b"a,b\r\n--\n"


def test_a_file_that_telegram_cannot_use_is_refused(bot: Bot, run: Run, picture: bytes) -> None:
    with pytest.raises(BadRequest, match="Image_process_failed"):
        run(bot.send_photo(1001, b"no picture"))
    with pytest.raises(BadRequest, match="File must be non-empty"):
        run(bot.send_document(1001, b""))
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        run(bot.send_photo(1001, "unknown"))
    with pytest.raises(BadRequest, match="Message caption is too long"):
        run(bot.send_photo(1001, picture, caption="a" * 1025))
    with pytest.raises(BadRequest, match="Invalid file_id"):
        run(bot.get_file("unknown"))


def test_a_file_over_20_megabytes_cannot_be_downloaded(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    sent = citizen.sends_document(bytes(20 * 2**20 + 1))

    with pytest.raises(BadRequest, match="File is too big"):
        run(bot.get_file(sent.raw["document"]["file_id"]))


def test_a_message_is_copied_and_forwarded(bot: Bot, run: Run, citizen: Citizen) -> None:
    said = citizen.says("对方让我下载会议软件")
    officers = bot.send_message  # noise: another message in the target chat
    run(officers(2002, "noise"))

    copied = run(bot.copy_message(2002, 1001, said.id))
    forwarded = run(bot.forward_message(2002, 1001, said.id))

    assert forwarded.forward_origin.sender_user.first_name == "小明"
    assert forwarded.message_id > copied.message_id
    with pytest.raises(BadRequest, match="Message to copy not found"):
        run(bot.copy_message(2002, 1001, 99))
    with pytest.raises(BadRequest, match="Message to forward not found"):
        run(bot.forward_message(2002, 1001, 99))


def test_a_topic_takes_messages_only_where_topics_are(api: BotApi, bot: Bot, run: Run) -> None:
    api.group(-1001, forum=True)
    api.group(-1002)

    topic = run(bot.create_forum_topic(-1001, "C-7K3M9"))
    sent = run(bot.send_message(-1001, "a", message_thread_id=topic.message_thread_id))

    assert sent.message_thread_id == topic.message_thread_id
    assert sent.is_topic_message
    with pytest.raises(BadRequest, match="The chat is not a forum"):
        run(bot.create_forum_topic(-1002, "C-7K3M9"))
    with pytest.raises(BadRequest, match="Message thread not found"):
        run(bot.send_message(-1002, "a", message_thread_id=5))


def test_commands_are_set_when_they_are_sound(api: BotApi, bot: Bot, run: Run) -> None:
    assert run(bot.set_my_commands([BotCommand("check", "查一查")]))
    assert api.commands == [{"command": "check", "description": "查一查"}]
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        run(bot.set_my_commands([BotCommand("查", "查一查")]))


def test_a_chat_tells_what_it_is(api: BotApi, bot: Bot, run: Run) -> None:
    api.group(-1001, title="值班")

    assert run(bot.get_chat(-1001)).title == "值班"
    with pytest.raises(BadRequest, match="Chat not found"):
        run(bot.get_chat(-1009))


def test_actions_and_reactions_are_taken_from_telegrams_lists(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    said = citizen.says("谢谢")

    assert run(bot.send_chat_action(1001, "typing"))
    assert run(bot.set_message_reaction(1001, said.id, "👍"))
    assert citizen.messages[0].raw["reaction"][0]["emoji"] == "👍"
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        run(bot.send_chat_action(1001, "thinking"))
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        run(bot.set_message_reaction(1001, said.id, "🦖"))
    with pytest.raises(BadRequest, match="Message to react not found"):
        run(bot.set_message_reaction(1001, 99, "👍"))


def test_every_call_is_remembered_with_its_parameters_and_answer(
    api: BotApi, bot: Bot, run: Run
) -> None:
    run(bot.send_message(1001, "123", reply_markup=CLAIM, allow_paid_broadcast=True))
    with pytest.raises(BadRequest):
        run(bot.send_message(1001, ""))

    sent, refused = api.calls_of("sendMessage", 1001)
    assert (sent.status, sent.message_id, sent.text) == (200, 1, "123")
    assert sent.params["reply_markup"]["inline_keyboard"][0][0]["text"] == "认领"
    assert sent.params["allow_paid_broadcast"] is True
    assert (refused.status, refused.description) == (400, "Bad Request: message text is empty")
    assert api.last_call_time == refused.at >= sent.at
    assert api.answers == {"getMe 200": 1, "sendMessage 200": 1, "sendMessage 400": 1}
