"""A telling in several short messages, from Telegram to the officers' card."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram import Bot, Update, User

from actions.officers.models import Officer
from actions.triage.understanding import Understanding
from bot.channels.telegram.intake import Intake
from bot.database import Sessions
from bot.desk import Desk
from bot.nlu.client import NluClient
from tests.line import Line

LINES = ("有人加我，教我刷单", "前面返了我三十", "现在要我垫两千")
LONG = "我在网上看到一个兼职，说是给商家刷单，做完一单返一单的佣金，头几单都返了"
CITIZEN, OTHER = 5001, 5002


class Ear(NluClient):
    """Leaves it to the rules, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(None)
        self.asked: list[str] = []

    async def parse(self, text: str) -> Understanding | None:
        self.asked.append(text)
        return await super().parse(text)


class Phone:
    """Citizens who write to the bot on Telegram, one message after the other."""

    def __init__(self, intake: Intake, line: Line) -> None:
        self.intake, self.line = intake, line
        self._sent = 0

    def sends(self, *texts: str, by: int = CITIZEN, **more: Any) -> list[bool]:
        """Send these; return for each whether it was taken in."""
        return [asyncio.run(self.intake.settle(self._update(each, by, more))) for each in texts]

    def _update(self, words: str, person: int, more: dict[str, Any]) -> Update:
        self._sent += 1
        self.line.now += timedelta(seconds=5)
        who = {"id": person, "is_bot": False, "first_name": "市民"}
        message = {
            "message_id": self._sent,
            "date": 1,
            "chat": {"id": person, "type": "private"},
            "from": who,
            "text": words,
            **more,
        }
        made = Update.de_json({"update_id": 7000 + self._sent, "message": message}, None)
        assert made
        return made


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def phone(sessions: Sessions, desk: Desk, line: Line, ear: Ear) -> Phone:
    bot = Bot("1:x")
    bot._bot_user = User(1, "fanzha", is_bot=True, username="fanzha_bot")
    line.address = str(CITIZEN)
    return Phone(Intake(bot, sessions, ear, desk, lambda: line.now), line)


def test_each_line_is_understood_by_itself_and_with_those_before_it(
    phone: Phone, ear: Ear
) -> None:
    first, second, third = LINES

    assert phone.sends(*LINES) == [True, True, True]

    assert ear.asked == [
        first,
        second,
        f"{first}\n{second}",
        third,
        f"{first}\n{second}\n{third}",
    ]


FORWARDED = {
    "forward_origin": {"type": "hidden_user", "sender_user_name": "某人", "date": 1},
}
IN_GROUP = {
    "chat": {"id": -77, "type": "group", "title": "家里"},
    "entities": [{"type": "mention", "offset": 0, "length": 11}],
}


@pytest.mark.parametrize(
    ("before", "last", "more"),
    [
        ((), LINES[2], {}),
        ((LINES[0],), LONG, {}),  # tells its story by itself
        ((LINES[0],), LINES[2], FORWARDED),  # somebody else's words
        ((LINES[0],), f"@fanzha_bot {LINES[2]}", IN_GROUP),
        (("谢谢",), LINES[2], {}),  # tells of nothing
        (("公安局说我洗钱，让我转到安全账户，电话还没挂",), LINES[2], {}),  # officers have it
    ],
    ids=["nothing before", "long", "forwarded", "in a group", "thanks before", "in a case"],
)
def test_what_is_no_line_of_a_telling_is_understood_by_itself(
    phone: Phone, ear: Ear, before: Sequence[str], last: str, more: dict[str, Any]
) -> None:
    phone.sends(*before)
    asked = len(ear.asked)

    phone.sends(last, **more)

    assert len(ear.asked) == asked + 1


def test_nobody_is_judged_by_what_another_told(phone: Phone, ear: Ear) -> None:
    phone.sends(LINES[0], by=OTHER)
    phone.sends(LINES[1])

    assert ear.asked == [LINES[0], LINES[1]]


def test_what_was_told_over_ten_minutes_ago_is_another_telling(
    phone: Phone, ear: Ear, line: Line
) -> None:
    phone.sends(LINES[0])
    line.now += timedelta(minutes=10)
    phone.sends(LINES[1])

    assert ear.asked == [LINES[0], LINES[1]]


def test_only_the_last_lines_count(phone: Phone, ear: Ear) -> None:
    phone.sends(*(f"第{n}句：他又说了一遍" for n in range(12)))

    assert ear.asked[-1].splitlines() == [f"第{n}句：他又说了一遍" for n in range(3, 12)]


def test_the_card_shows_all_lines_and_not_what_was_told_long_before(
    phone: Phone, line: Line, hire: Callable[..., Officer]
) -> None:
    hire(7, "李卫东")
    phone.sends("上个礼拜有人借我手机")
    line.now += timedelta(minutes=30)
    phone.sends("刚有人打电话给我", "他说我洗钱", "公安局让我转到安全账户，电话还没挂")

    (card,) = line.desk_heard
    assert "刚有人打电话给我\n他说我洗钱\n公安局让我转到安全账户，电话还没挂" in card
    assert "借我手机" not in card


def test_a_database_that_is_away_loses_no_line(
    phone: Phone, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.sends(LINES[0])
    away = OperationalError("SELECT", {}, Exception("cut"))
    with monkeypatch.context() as patched:
        patched.setattr(
            "actions.reports.store.list_told_before", lambda *_, **__: (_ for _ in ()).throw(away)
        )
        assert phone.sends(LINES[1]) == [False]  # Telegram is to send it again

    assert phone.sends(LINES[1]) == [True]
    assert ear.asked[-1] == f"{LINES[0]}\n{LINES[1]}"


@pytest.mark.parametrize(("hours", "stands"), [(23, True), (25, False)])
def test_a_verdict_stands_for_a_day(line: Line, hours: float, *, stands: bool) -> None:
    line.says("有人让我垫钱做刷单任务，已经垫了两千提不出来")
    line.now += timedelta(hours=hours)

    assert ("前面那件事" in line.says("明天武汉下雨吗")) == stands


def test_and_its_buttons_for_as_long_as_they_are_there(line: Line) -> None:
    line.says("有人打电话让我办贷款，放款前要先交手续费")
    line.now += timedelta(days=3)

    assert "请先停下" in line.presses("money", "about")
    assert line.case
