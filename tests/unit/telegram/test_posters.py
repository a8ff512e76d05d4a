"""A poster is drawn and uploaded once; everybody after the first gets Telegram's own copy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from telegram import Bot

from actions.outbox.policy import Outcome, Refused, Sent, Unavailable
from bot.channels.sender import Envelope
from bot.channels.telegram.sender import TelegramSender
from bot.poster import Poster

if TYPE_CHECKING:
    from conftest import ScriptedTelegram

CALLS = (("拿不准，先打", "96110"), ("钱转出去了，马上打", "110"))
TOLD = Poster("先交钱的都是骗局", "正规贷款不收钱", "tip", "防骗提醒", "反诈中心", CALLS)
BODY = {
    "text": "先交钱的都是骗局",
    "poster": TOLD.to_json(),
    "buttons": [[{"label": "是诈骗", "data": "ask:quiz:1_scam"}]],
    "silent": True,
}


def taken(file_id: str) -> tuple[int, dict[str, Any]]:
    sizes = [{"file_id": "small"}, {"file_id": file_id}]
    return 200, {"ok": True, "result": {"message_id": 77, "photo": sizes}}


def refusal(description: str, code: int = 400, **parameters: Any) -> tuple[int, dict[str, Any]]:
    told = {"ok": False, "error_code": code, "description": description}
    return code, told | ({"parameters": parameters} if parameters else {})


async def send(sender: TelegramSender, *chats: str, paid: bool = False) -> list[Outcome]:
    return list(await asyncio.gather(*(sender.send(Envelope(c, BODY, paid=paid)) for c in chats)))


def uploads(telegram: ScriptedTelegram) -> list[bool]:
    """Return of each call whether a file came with it."""
    return ["photo" not in asked for _, asked in telegram.asked]


def test_many_at_once_cost_one_upload(bot: Bot, telegram: ScriptedTelegram) -> None:
    telegram.answers += [taken("F1")] * 3

    assert asyncio.run(send(TelegramSender(bot), "1", "2", "3")) == [Sent("77")] * 3

    assert [method for method, _ in telegram.asked] == ["sendPhoto"] * 3
    assert uploads(telegram) == [True, False, False]
    assert telegram.asked[1][1]["photo"] == "F1"


def test_a_poster_is_sent_with_its_words_buttons_and_without_a_sound(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    telegram.answers += [taken("F1")] * 2

    asyncio.run(send(TelegramSender(bot), "1", "2", paid=True))

    for _, asked in telegram.asked:
        assert asked["caption"] == "先交钱的都是骗局"
        assert asked["reply_markup"]["inline_keyboard"][0][0]["text"] == "是诈骗"
        assert asked["disable_notification"] is True
        assert asked["allow_paid_broadcast"] is True


def test_a_copy_that_telegram_has_lost_is_uploaded_again(
    bot: Bot, telegram: ScriptedTelegram
) -> None:
    lost = refusal("Bad Request: wrong file identifier/HTTP URL specified")
    telegram.answers += [taken("F1"), lost, taken("F2"), taken("F2")]

    async def day() -> list[Outcome]:
        sender = TelegramSender(bot)
        return [(await send(sender, chat))[0] for chat in ("1", "2", "3")]

    assert asyncio.run(day()) == [Sent("77")] * 3
    assert uploads(telegram) == [True, False, True, False]
    assert telegram.asked[3][1]["photo"] == "F2"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refusal("Bad Request: chat not found"), Refused),
        (refusal("Too Many Requests: retry after 4", 429, retry_after=4), Unavailable),
    ],
    ids=["400", "429"],
)
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # int or timedelta
def test_an_upload_that_fails_fails_for_one_and_the_next_one_uploads(
    bot: Bot, telegram: ScriptedTelegram, answer: Any, outcome: type[Outcome]
) -> None:
    telegram.answers += [answer, taken("F1"), taken("F1")]

    first, *others = asyncio.run(send(TelegramSender(bot), "1", "2", "3"))

    assert isinstance(first, outcome)
    assert others == [Sent("77")] * 2
    assert uploads(telegram) == [True, True, False]
