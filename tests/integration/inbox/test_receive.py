"""One message, one transaction: everything it causes is stored, or nothing is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry
from actions.cases.models import Case, Message, Status, Timer
from actions.citizens.models import Citizen, ReceivedMessage
from actions.indicators.models import Sighting
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane, OutboxMessage
from actions.reports.models import Report
from bot import desk as duty
from bot import inbox
from bot.conversation.turn import Command, Pressed, Unreadable
from bot.database import Sessions
from bot.desk import Desk
from bot.inbound import Inbound, Words
from bot.presses import Press, press
from tests.line import Line

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
SUSPICIOUS = "客服说我会员到期要扣费，让我下载会议软件"
HARMLESS = "明天武汉下雨吗"
TOKEN = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(60))  # shortens to nothing


def counts(sessions: Sessions) -> dict[str, int]:
    tables = (Case, Timer, Citizen, Report, Sighting, OutboxMessage, AuditEntry, ReceivedMessage)
    with sessions() as db:
        return {
            t.__tablename__: db.scalar(select(func.count()).select_from(t)) or 0 for t in tables
        }


def test_a_repeated_message_counts_once(line: Line, sessions: Sessions) -> None:
    line.sends(Words(LIVE), external_id="update:1")
    before = counts(sessions)

    answered = line.sends(Words(LIVE), external_id="update:1")

    assert answered == ""
    assert counts(sessions) == before


def test_the_same_id_of_another_channel_is_another_message(line: Line, sessions: Sessions) -> None:
    line.sends(Words(HARMLESS), external_id="update:1")
    line.channel = "terminal"

    assert line.sends(Words(HARMLESS), external_id="update:1") != ""


def test_a_message_handed_over_twice_at_once_is_answered_once(
    line: Line, sessions: Sessions
) -> None:
    def take(n: int) -> bool:
        message = Inbound("telegram", "update:1", "1001", Words(LIVE))
        with sessions.begin() as db:
            return inbox.receive(db, message, understanding=None, desk=line.desk, now=line.now)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))

    assert sorted(taken) == [False] * 7 + [True]
    assert counts(sessions)["case"] == 1
    assert counts(sessions)["report"] == 1


def test_two_messages_at_once_open_one_case(line: Line, sessions: Sessions) -> None:
    def take(n: int) -> bool:
        message = Inbound("telegram", f"update:{n}", "1001", Words(LIVE))
        with sessions.begin() as db:
            return inbox.receive(db, message, understanding=None, desk=line.desk, now=line.now)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))

    assert taken == [True] * 8
    assert counts(sessions)["case"] == 1
    assert counts(sessions)["report"] == 8


def test_when_an_effect_fails_nothing_is_stored_and_the_message_can_come_again(
    line: Line, sessions: Sessions
) -> None:
    with sessions.begin() as db:  # the reply to update:1 will meet this key
        outbox.enqueue(
            db,
            dedup_key="reply:telegram:update:1:0",
            channel="telegram",
            recipient="somebody else",
            body={"text": "in the way"},
            lane=Lane.REPLY,
            due_at=line.now,
        )
    before = counts(sessions)

    with pytest.raises(IntegrityError):
        line.sends(Words(LIVE), external_id="update:1")

    assert counts(sessions) == before
    with sessions.begin() as db:
        db.delete(db.scalars(select(OutboxMessage)).one())
    assert "请先停下" in line.sends(Words(LIVE), external_id="update:1")


def test_a_live_fraud_opens_a_case_and_puts_its_card_before_the_officers(
    line: Line, noise: None
) -> None:
    answered = line.says(LIVE)

    assert line.case
    assert (line.case.cause, line.case.stage, line.case.status) == ("live", "live", Status.OPEN)
    assert line.case.code in answered
    card = line.desk_heard[-1]
    assert line.case.code in card
    assert "police_gov" in card
    assert LIVE in card


def test_a_card_carries_the_button_to_claim_and_nothing_longer_than_telegram_takes(
    line: Line,
) -> None:
    line.says(LIVE + "啊" * 4000)

    bodies = line._sent_to(line.desk.chat or "")
    assert [b["data"] for row in bodies[-1]["buttons"] for b in row] == [
        f"case:{line.case.code}:claim"  # type: ignore[union-attr]
    ]
    assert all(len(body["text"]) <= 4096 for body in bodies)


def test_an_open_case_has_a_timer_from_the_start(line: Line, sessions: Sessions) -> None:
    line.says(LIVE)

    with sessions() as db:
        timer = db.scalars(select(Timer)).one()
    assert timer.kind == "unclaimed"
    assert (timer.due_at - line.now).total_seconds() == 60


def test_later_words_join_the_open_case(line: Line, sessions: Sessions) -> None:
    line.says(LIVE)
    first = line.case
    assert first

    line.says("他又让我去宾馆开个房间，不许告诉家里人")

    assert line.case
    assert line.case.code == first.code
    with sessions() as db:
        assert {r.case_id for r in db.scalars(select(Report))} == {first.id}
    assert any("不许告诉家里人" in text for text in line.desk_heard[1:])


def test_words_after_a_closed_case_open_a_new_one(
    line: Line, hire: Callable[..., Officer]
) -> None:
    hire(7)
    line.says(LIVE)
    first = line.case
    line.officer(7, "claim")
    line.officer(7, "close", "stopped")

    line.says(LIVE)

    assert first
    assert line.case
    assert line.case.code != first.code


@contextmanager
def meanwhile(sessions: Sessions, does: Callable[[], object]) -> Iterator[Session]:
    """Work in a transaction that ends only when what is done beside it waits for it."""
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as db:
            yield db
            db.flush()  # what is held is held now
            beside = pool.submit(does)
            waits = text("SELECT true FROM pg_locks WHERE NOT granted")
            while not (beside.done() or db.scalar(waits)):
                time.sleep(0.01)
        beside.result(10)


def test_words_written_while_an_officer_closes_the_case_open_a_new_one(
    line: Line, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    hire(7)
    line.says(LIVE)
    line.officer(7, "claim")
    first = line.case
    assert first

    with meanwhile(sessions, lambda: line.says(LIVE)) as db:
        press(db, line.desk, Press(7, first.code, "close", "false_alarm"), now=line.now)

    assert line.case
    assert line.case.code != first.code
    assert line.case.code in line.desk_heard[-1]
    with sessions() as db:
        timer = db.scalars(select(Timer)).one()
        assert (timer.case_id, timer.kind) == (line.case.id, "unclaimed")


def test_words_written_while_an_officer_claims_the_case_find_it_theirs(
    line: Line, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    hire(7, "李卫东")
    line.says(LIVE)
    case = line.case
    assert case

    with meanwhile(sessions, lambda: line.says("他要我转50万")) as db:
        press(db, line.desk, Press(7, case.code, "claim"), now=line.now)

    card = next(said for said in reversed(line.desk_heard) if "涉及金额" in said)
    assert "李卫东 于" in card


def test_words_written_while_their_case_is_merged_are_heard_in_the_other(
    line: Line, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    officer = hire(7)
    other = replace(line, address="1002")
    other.says(LIVE)
    into = other.case
    line.says(LIVE)
    gone = line.case
    assert into
    assert gone

    with meanwhile(sessions, lambda: line.says("他让我去宾馆开个房间")) as db:
        gone, into = db.get_one(Case, gone.id), db.get_one(Case, into.id)
        duty.merge(db, line.desk, gone, into=into, by=db.merge(officer), now=line.now)

    with sessions() as db:
        assert db.scalars(select(Message.case_id)).all() == [into.id]


def test_of_the_sums_that_two_name_at_once_in_one_case_the_largest_stays(
    line: Line, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    officer = hire(7)
    other = replace(line, address="1002")
    other.says(LIVE)
    line.says(LIVE)
    with sessions.begin() as db:
        into, gone = db.scalars(select(Case).order_by(Case.id)).all()
        duty.merge(db, line.desk, gone, into=into, by=db.merge(officer), now=line.now)

    with meanwhile(sessions, lambda: line.says("他要我转2万")) as db:
        said = Inbound("telegram", "update:sum", "1002", Words("他要我转50万"))
        inbox.receive(db, said, understanding=None, desk=line.desk, now=line.now)

    with sessions() as db:
        assert db.get_one(Case, into.id).amount == 50_000_000


def test_a_citizen_who_writes_again_is_no_longer_blocked(line: Line, sessions: Sessions) -> None:
    line.says(HARMLESS)
    with sessions.begin() as db:
        db.scalars(select(Citizen)).one().blocked_at = line.now

    line.says(HARMLESS)

    assert line.citizen
    assert line.citizen.blocked_at is None


def test_a_request_for_a_person_takes_along_what_was_said_within_the_hour(line: Line) -> None:
    line.says(SUSPICIOUS)

    line.commands("person")

    assert SUSPICIOUS in line.desk_heard[-1]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(Words("你好"), id="words"),
        pytest.param(Words(LIVE), id="a live fraud"),
        pytest.param(Words("🙂"), id="an emoji"),
        pytest.param(Words("\0\0“\0\0”APP"), id="nul"),
        pytest.param(Words("\ud83d half an emoji"), id="half a surrogate pair"),
        pytest.param(Words("a" * 4096), id="the longest text"),
        pytest.param(Words("转账" * 2048), id="the longest text of signals"),
        pytest.param(Words(f"https://evil-pay.com/a?token={TOKEN}"), id="the longest link"),
        pytest.param(Words("\u200b"), id="nothing to see"),
        pytest.param(Pressed("money", "yes"), id="an old press"),
        pytest.param(Pressed("unknown", "\0"), id="a foreign press"),
        pytest.param(Command("start"), id="a command"),
        pytest.param(Command("nonsense", "\0"), id="an unknown command"),
        pytest.param(Unreadable(), id="a sticker"),
    ],
)
def test_every_message_is_answered(line: Line, content: Words | Pressed | Command) -> None:
    assert line.sends(content) != ""


def test_an_urgent_answer_goes_in_the_urgent_lane(line: Line, sessions: Sessions) -> None:
    line.says(LIVE)

    with sessions() as db:
        lanes = db.scalars(select(OutboxMessage.lane)).all()
    assert set(lanes) == {Lane.URGENT}


def test_stop_drops_all_that_waits_unasked_and_nothing_else(
    line: Line, sessions: Sessions, noise: None
) -> None:
    for lane in Lane:
        with sessions.begin() as db:
            outbox.enqueue(
                db,
                dedup_key=f"tip:{lane}",
                channel="telegram",
                recipient=line.address,
                body={"text": "提醒"},
                lane=lane,
                due_at=line.now,
            )

    line.commands("stop")

    with sessions() as db:
        expired = db.scalars(
            select(OutboxMessage.dedup_key).where(OutboxMessage.status == "expired")
        ).all()
    assert sorted(expired) == [f"tip:{Lane.WARNING}", f"tip:{Lane.BULK}"]


# -- groups ---------------------------------------------------------------------------------


def test_in_a_group_everybody_gets_the_verdict_and_nothing_is_kept(
    line: Line, sessions: Sessions
) -> None:
    line.address = "-100500"

    answered = line.sends(Words(LIVE), group=True)

    assert "诈骗" in answered
    assert "私聊" in answered
    assert line.buttons == []
    assert counts(sessions) | {"received_message": 1, "outbox_message": 1} == counts(sessions)
    assert counts(sessions)["case"] == counts(sessions)["report"] == 0
    assert line.citizen is None


def test_in_a_group_a_command_asks_for_a_private_chat(line: Line) -> None:
    assert "私聊" in line.sends(Command("help"), group=True)


# -- language -------------------------------------------------------------------------------


def test_answers_come_in_the_language_of_the_words(line: Line) -> None:
    assert "you" in line.says("They want me to pay a processing fee before the loan").lower()
    assert "您" in line.says("他们让我先交手续费才放款")


def test_a_language_that_was_chosen_stays(line: Line) -> None:
    line.commands("language", "en")

    assert "您" not in line.says("他们让我先交手续费才放款")


@pytest.mark.parametrize(
    ("hint", "expected"), [("en-GB", "en"), ("zh-hans", "zh"), ("de", "zh"), (None, "zh")]
)
def test_before_any_words_the_client_or_the_region_decides(
    line: Line, hint: str | None, expected: str
) -> None:
    line.hint = hint

    line.commands("start")

    assert line.citizen
    assert line.citizen.language == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://login-icbc.example.com/verify", id="a link"),
        pytest.param("OK", id="ok"),
        pytest.param("ToDesk", id="the name of an app"),
        pytest.param("13971234567", id="a number"),
    ],
)
def test_a_scrap_of_latin_letters_does_not_move_the_language(line: Line, text: str) -> None:
    line.says("客服让我下载这个软件")

    line.says(text)

    assert line.citizen
    assert line.citizen.language == "zh"


def test_somebody_elses_words_do_not_move_the_language(line: Line) -> None:
    line.says("我收到一条短信，您帮我看看")

    line.says("Your parcel is on hold, pay the customs fee now", origin="user")

    assert line.citizen
    assert line.citizen.language == "zh"


def test_the_desk_reads_its_own_language(line: Line) -> None:
    line.says("The police officer on the phone says I must transfer my money and not to hang up")

    assert "市民说" in line.desk_heard[0]


# -- the desk -------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["check", "greeting", "type.loan", "{case}", "{0}", "desk.told"])
def test_the_desk_reads_a_citizens_words_as_they_are(line: Line, words: str, desk: Desk) -> None:
    line.says(LIVE)

    line.says(words)

    assert line.case
    assert desk.say("desk.told", case=line.case.code, words="…").replace("…", words) in (
        line.desk_heard
    )


def test_without_a_dispatch_chat_the_case_is_there_all_the_same(line: Line, desk: Desk) -> None:
    line.desk = Desk(None, desk.region)

    line.says(LIVE)

    assert line.case
    assert line.desk_heard == []
