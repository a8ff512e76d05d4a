"""`/campaign` in a publisher's own chat with the bot."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from actions.campaigns import store
from actions.campaigns.models import Campaign
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from actions.outbox.models import OutboxMessage
from bot import officer as officers_way
from bot import publisher
from bot.database import Sessions
from bot.desk import Desk
from bot.officer import OfficerSaid
from bot.publisher import CampaignPress
from tests.integration.campaigns.city import AUTHOR, DISPATCHER, SECOND, Clock, campaign, live

SUPERVISOR, STRANGER = 505, 999
WRITTEN = "new 每周提醒\n给：江岸\n时间：每周一 9:00\n\n先交钱的贷款都是骗局"
_ids = count(1)


class Chat:
    """Everybody's private chat with the bot."""

    def __init__(self, sessions: Sessions, desk: Desk, clock: Clock) -> None:
        self.sessions, self.desk, self.clock = sessions, desk, clock

    def says(self, who: int, argument: str = "", *, private: bool = True) -> bool:
        said = OfficerSaid(
            external_id=f"update:{next(_ids)}",
            telegram_id=who,
            chat=str(who) if private else self.desk.chat or "",
            private=private,
            command="campaign",
            argument=argument,
        )
        with self.sessions.begin() as db:
            return officers_way.take(db, self.desk, said, now=self.clock())

    def presses(self, who: int, data: str) -> str:
        _, number, verb, *content = data.split(":")
        press = CampaignPress(who, int(number), verb, content[0] if content else None)
        with self.sessions.begin() as db:
            return publisher.press(db, self.desk, press, now=self.clock())

    def heard(self, who: int) -> list[dict[str, Any]]:
        with self.sessions() as db:
            rows = db.scalars(
                select(OutboxMessage.body)
                .where(OutboxMessage.recipient == str(who))
                .order_by(OutboxMessage.id)
            )
            return [dict(body) for body in rows]

    def buttons(self, who: int) -> dict[str, str]:
        """Return the buttons below the last message, by what they do."""
        rows: Any = self.heard(who)[-1].get("buttons", [])
        return {row[0]["data"].split(":")[2]: row[0]["data"] for row in rows}

    def last(self, who: int) -> str:
        return str(self.heard(who)[-1]["text"])

    @property
    def made(self) -> Campaign | None:
        with self.sessions() as db:
            found = store.list_all(db)
            return found[0] if found else None


@pytest.fixture
def chat(sessions: Sessions, desk: Desk, clock: Clock, staff: dict[int, Officer]) -> Chat:
    with sessions.begin() as db:
        officers.add(
            db, telegram_id=SUPERVISOR, name="值班长", roles=[Role.SUPERVISOR], district=None
        )
        for n in range(3):
            live(db, f"c{n}", district="江岸")
        live(db, "other", district="武昌")
    return Chat(sessions, desk, clock)


def test_a_campaign_from_one_message_to_its_approval(chat: Chat) -> None:
    chat.says(AUTHOR, WRITTEN)

    reads, facts = chat.heard(AUTHOR)
    assert reads["text"].startswith("先交钱的贷款都是骗局")
    assert "如果现在发出：3 人" in facts["text"]
    assert "每周一 09:00" in facts["text"]
    assert "发给谁：江岸" in facts["text"]
    assert set(chat.buttons(AUTHOR)) == {"submit", "cancel"}

    assert "已提交" in chat.presses(AUTHOR, chat.buttons(AUTHOR)["submit"])
    assert "提交了推送" in chat.last(SECOND)
    assert chat.heard(DISPATCHER) == []
    chat.presses(SECOND, chat.buttons(SECOND)["show"])
    assert set(chat.buttons(SECOND)) == {"approve", "return", "cancel"}
    assert chat.presses(SECOND, chat.buttons(SECOND)["approve"]) == "已批准"
    assert chat.made
    assert chat.made.status == "approved"


def test_the_author_never_approves_and_is_told_politely(chat: Chat) -> None:
    chat.says(AUTHOR, WRITTEN)
    chat.presses(AUTHOR, chat.buttons(AUTHOR)["submit"])
    assert set(chat.buttons(AUTHOR)) == {"return", "cancel"}  # no button for it

    assert chat.made

    said = chat.presses(AUTHOR, f"campaign:{chat.made.id}:approve:{chat.made.submitted_hash}")
    assert said == "不能批准自己写的。请另一位宣传员来批准。"
    assert chat.made.status == "submitted"


def test_what_changed_since_it_was_shown_is_not_approved(
    chat: Chat, sessions: Sessions, staff: dict[int, Officer]
) -> None:
    chat.says(AUTHOR, WRITTEN)
    chat.presses(AUTHOR, chat.buttons(AUTHOR)["submit"])
    assert chat.made
    number = chat.made.id
    chat.says(SECOND, str(number))
    shown = chat.buttons(SECOND)["approve"]
    with sessions.begin() as db:
        wrong = campaign(db, number)
        author = db.merge(staff[AUTHOR])
        store.reword(db, wrong, {"a": {"zh": {"text": "别的话"}}}, by=author, now=chat.clock())
    chat.presses(AUTHOR, f"campaign:{number}:submit")

    assert "内容和提交时不一样" in chat.presses(SECOND, shown)
    assert chat.made.status == "submitted"


def test_approving_by_a_word_shows_it_first(chat: Chat) -> None:
    chat.says(AUTHOR, WRITTEN)
    assert chat.made
    chat.says(AUTHOR, f"submit {chat.made.id}")

    chat.says(SECOND, f"approve {chat.made.id}")

    assert chat.made.status == "submitted"
    assert "approve" in chat.buttons(SECOND)


def test_pause_resume_and_cancel(chat: Chat, publish: Callable[..., int], clock: Clock) -> None:
    number = publish(cron="0 9 * * 1")
    with chat.sessions.begin() as db:
        campaign(db, number).status = "scheduled"
    chat.says(SUPERVISOR, f"pause {number}")
    assert chat.made
    assert chat.made.status == "paused"
    assert chat.last(SUPERVISOR) == "已暂停"

    chat.says(SUPERVISOR, f"resume {number}")  # holding back is theirs, letting go is not
    assert chat.last(SUPERVISOR) == "只有宣传员和管理员可以这样做。"
    chat.says(SECOND, f"继续 {number}")
    assert chat.made.status in ("scheduled", "sending")
    assert chat.presses(SECOND, f"campaign:{number}:cancel") == ""
    assert "不能恢复" in chat.last(SECOND)
    assert chat.made.status != "cancelled"
    chat.presses(SECOND, chat.buttons(SECOND)["cancel_sure"])
    assert chat.made.status == "cancelled"
    assert chat.buttons(SECOND) == {}


def test_the_list_shows_the_newest_and_how_to_write_one(
    chat: Chat, publish: Callable[..., int]
) -> None:
    chat.says(SECOND)
    assert chat.last(SECOND) == "还没有推送。"
    numbers = [publish(title=f"第 {n} 条") for n in range(10)]

    chat.says(SECOND)

    assert f"{numbers[-1]} · 第 9 条 · 已批准" in chat.last(SECOND)
    assert "第 1 条" not in chat.last(SECOND)
    assert "new" in chat.buttons(SECOND)
    chat.presses(SECOND, "campaign:0:new")
    assert "/campaign new 每周贷款提醒" in chat.last(SECOND)


def test_a_piece_is_shown_as_it_will_read_with_its_poster_and_without_live_buttons(
    chat: Chat,
) -> None:
    chat.says(AUTHOR, "new 贷款\n内容：loan-fee-before-payout")

    scam, real, facts = chat.heard(AUTHOR)
    assert scam["poster"]["title"] == "放款之前要交钱的，都是骗局"
    assert "信达金融" in scam["text"]
    assert "建设银行" in real["text"]
    assert "〔是诈骗〕" in real["text"]
    assert "buttons" not in real
    assert facts["buttons"]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("777", "没有编号 777 的推送。"),
        ("pause 777", "没有编号 777 的推送。"),
        ("submit", "请写：/campaign"),
        ("dance 1", "请写：/campaign"),
        ("pause one", "请写：/campaign"),
        ("99999999999999", "请写：/campaign"),
        ("new", "/campaign new 每周贷款提醒"),
        ("new 题\n给：火星\n正文", "“火星”不是这里的"),
    ],
)
def test_what_cannot_be_done_is_explained(chat: Chat, argument: str, said: str) -> None:
    chat.says(AUTHOR, argument)

    assert said in chat.last(AUTHOR)
    assert chat.made is None


def test_a_move_that_is_not_allowed_is_refused_and_changes_nothing(chat: Chat) -> None:
    chat.says(AUTHOR, WRITTEN)
    assert chat.made

    chat.says(SECOND, f"pause {chat.made.id}")

    assert "现在不能这样做" in chat.last(SECOND)
    assert chat.made.status == "draft"


def test_a_dispatcher_is_refused_and_a_stranger_is_a_citizen(chat: Chat) -> None:
    assert chat.says(DISPATCHER, WRITTEN)
    assert chat.last(DISPATCHER) == "只有宣传员和管理员可以这样做。"
    assert not chat.says(STRANGER, WRITTEN)
    assert "只有宣传员" in chat.presses(STRANGER, "campaign:1:approve")
    assert chat.made is None


def test_in_the_officers_chat_it_asks_for_the_private_one(chat: Chat) -> None:
    assert chat.says(AUTHOR, WRITTEN, private=False)  # an admin works cases, too

    assert chat.made is None


def test_an_officer_who_reads_english_is_answered_in_english(
    chat: Chat, sessions: Sessions, staff: dict[int, Officer]
) -> None:
    with sessions.begin() as db:
        db.merge(staff[SECOND]).language = "en"

    chat.says(SECOND)

    assert chat.last(SECOND) == "There are no campaigns yet."


def test_a_publisher_who_works_no_cases_gets_the_consoles_link(chat: Chat) -> None:
    said = OfficerSaid("update:desk", SECOND, str(SECOND), private=True, command="desk")

    with chat.sessions.begin() as db:
        assert officers_way.take(db, chat.desk, said, now=chat.clock())

    assert "/sign-in#" in chat.last(SECOND)


def test_the_officers_who_work_no_cases_speak_as_citizens_in_all_else(chat: Chat) -> None:
    said = OfficerSaid("update:duty", SECOND, str(SECOND), private=True, command="duty")

    with chat.sessions.begin() as db:
        assert not officers_way.take(db, chat.desk, said, now=chat.clock())
