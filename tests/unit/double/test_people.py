"""What citizens and officers do arrives as real updates, and they see what the bot does."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)
from telegram.error import BadRequest

from tests.double import BotApi, Citizen, NotHeard
from tests.unit.double.conftest import Run

BOARD = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("✅ 认领", callback_data="case:C-7K3M9:claim")],
        [InlineKeyboardButton("官网", url="https://example.cn/")],
    ]
)


def updates(bot: Bot, run: Run) -> tuple[Update, ...]:
    """All pending updates, as python-telegram-bot reads them; confirms them."""
    got: tuple[Update, ...] = run(bot.get_updates())
    if got:
        run(bot.get_updates(offset=got[-1].update_id + 1))
    return got


def test_a_citizens_words_arrive_with_who_and_where(api: BotApi, bot: Bot, run: Run) -> None:
    api.citizen(7, language_code="en", first_name="Ann", username="ann").says("/check now")

    (update,) = updates(bot, run)

    assert update.message.text == "/check now"
    assert update.message.entities[0].type == "bot_command"
    assert (update.effective_user.language_code, update.effective_user.username) == ("en", "ann")
    assert (update.effective_chat.id, update.effective_chat.type) == (7, "private")
    assert abs(update.message.date.timestamp() - time.time()) < 5


def test_an_edit_arrives_as_an_edited_message(bot: Bot, run: Run, citizen: Citizen) -> None:
    said = citizen.says("转了500")
    run(bot.send_message(1001, "noise"))
    citizen.edits("转了5000")

    _, update = updates(bot, run)

    assert update.edited_message.message_id == said.id
    assert update.edited_message.text == "转了5000"
    assert update.edited_message.edit_date is not None


@pytest.mark.parametrize(
    ("from_", "kind"),
    [
        ("user", MessageOriginUser),
        ("hidden", MessageOriginHiddenUser),
        ("chat", MessageOriginChat),
        ("channel", MessageOriginChannel),
    ],
)
def test_a_forward_names_its_origin(
    bot: Bot, run: Run, citizen: Citizen, from_: Any, kind: type
) -> None:
    citizen.forwards("您的社保卡异常", from_, name="社保局")

    (update,) = updates(bot, run)

    assert isinstance(update.message.forward_origin, kind)
    assert "社保局" in str(update.message.forward_origin)


def test_a_forward_from_somebody_known_names_them(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    citizen.forwards("您的社保卡异常", api.citizen(2002, first_name="骗子"))

    (update,) = updates(bot, run)
    assert update.message.forward_origin.sender_user.id == 2002


def test_pictures_of_an_album_arrive_one_by_one_and_can_be_downloaded(
    bot: Bot, run: Run, citizen: Citizen, picture: bytes
) -> None:
    citizen.sends_album([picture, b"second"], "这是骗子吗")
    citizen.sends_photo(picture)

    first, second, single = updates(bot, run)

    assert first.message.caption == "这是骗子吗"
    assert first.message.media_group_id == second.message.media_group_id is not None
    assert single.message.media_group_id is None
    file = run(bot.get_file(second.message.photo[-1].file_id))
    assert bytes(run(file.download_as_bytearray())) == b"second"


def test_other_content_arrives_too(bot: Bot, run: Run, citizen: Citizen) -> None:
    citizen.sends_sticker()
    citizen.sends_voice(seconds=9)
    citizen.sends_document(b"x", "a.pdf", "看看")
    citizen.sends(location={"latitude": 30.5, "longitude": 114.3})

    sticker, voice, document, place = (update.message for update in updates(bot, run))

    assert sticker.sticker.emoji == "😀"
    assert voice.voice.duration == timedelta(seconds=9)
    assert document.document.file_name == "a.pdf"
    assert place.location.latitude == 30.5


def test_a_reply_carries_what_it_replies_to(bot: Bot, run: Run, citizen: Citizen) -> None:
    asked = run(bot.send_message(1001, "转了多少？"))
    citizen.replies(citizen.messages[0], "五千")

    (update,) = updates(bot, run)
    assert update.message.reply_to_message.message_id == asked.message_id


@pytest.mark.parametrize("button", ["✅ 认领", "case:C-7K3M9:claim", "认领"])
def test_a_button_is_pressed_by_label_data_or_part_of_the_label(
    bot: Bot, run: Run, citizen: Citizen, button: str
) -> None:
    run(bot.send_message(1001, "旧", reply_markup=BOARD))
    sent = run(bot.send_message(1001, "新", reply_markup=BOARD))
    run(bot.send_message(1001, "noise"))

    press = citizen.presses(button)
    (update,) = updates(bot, run)
    run(update.callback_query.answer("好的", show_alert=True))

    assert update.callback_query.data == "case:C-7K3M9:claim"
    assert update.callback_query.message.message_id == sent.message_id
    assert update.callback_query.from_user.id == 1001
    assert press.wait_for_answer() == {"text": "好的", "show_alert": True}


def test_a_button_that_is_not_there_cannot_be_pressed(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    run(bot.send_message(1001, "a", reply_markup=BOARD))

    with pytest.raises(NotHeard, match="no button '释放'"):
        citizen.presses("释放")


def test_a_button_that_is_gone_can_be_pressed_where_it_is_still_shown(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    sent = run(bot.send_message(1001, "待认领", reply_markup=BOARD))
    shown = citizen.wait_for("待认领")
    run(bot.delete_message(1001, sent.message_id))

    citizen.presses("认领", shown)

    (update,) = updates(bot, run)
    assert not update.callback_query.message.is_accessible


def test_a_press_must_be_answered_in_time_and_must_exist(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    run(bot.send_message(1001, "a", reply_markup=BOARD))
    press = citizen.presses("认领")
    with pytest.raises(BadRequest, match="Message_too_long"):
        run(bot.answer_callback_query(press.id, "a" * 201))

    time.sleep(0.55)

    for id_ in (press.id, "1"):
        with pytest.raises(BadRequest, match="Query is too old"):
            run(bot.answer_callback_query(id_))
    assert press.answers == []
    with pytest.raises(NotHeard):
        press.wait_for_answer(timeout=0.05)


def test_waiting_looks_only_at_what_came_after_the_last_words(
    bot: Bot, run: Run, citizen: Citizen
) -> None:
    run(bot.send_message(1001, "不要转账"))
    citizen.says("对方催我")

    with pytest.raises(NotHeard, match="对方催我"):
        citizen.wait_for("不要转账", timeout=0.05)
    assert citizen.wait_for("不要转账", since=0).text == "不要转账"


def test_waiting_sees_an_edit_and_takes_a_predicate(bot: Bot, run: Run, citizen: Citizen) -> None:
    sent = run(bot.send_message(1001, "待认领", reply_markup=BOARD))
    citizen.says("在吗")

    async def edit_later() -> Any:
        waiting = asyncio.to_thread(citizen.wait_for, lambda message: not message.buttons)
        task = asyncio.create_task(waiting)
        await asyncio.sleep(0.05)
        await bot.edit_message_text("已认领", 1001, sent.message_id)
        return await task

    assert run(edit_later()).text == "已认领"


def test_a_group_has_members_replies_and_presses(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    group, officer = api.group(-1001, title="值班"), api.citizen(9, first_name="李警官")
    sent = run(bot.send_message(-1001, "案件", reply_markup=BOARD))
    group.says(citizen, "路过")
    group.replies(officer, group.wait_for("案件", since=0), "我来")
    group.presses(officer, "认领")

    said, replied, pressed = updates(bot, run)

    assert (said.effective_chat.title, said.effective_chat.type) == ("值班", "supergroup")
    assert replied.message.reply_to_message.message_id == sent.message_id
    assert (pressed.effective_user.id, pressed.effective_chat.id) == (9, -1001)
    assert [message.by_bot for message in group.messages] == [True, False, False]
    assert [message.text for message in group.heard] == ["案件"]
    assert citizen.messages == []


def test_the_same_id_is_the_same_person_and_the_same_group(api: BotApi) -> None:
    assert api.citizen(1) is api.citizen(1)
    assert api.group(-1) is api.group(-1)
