"""Nobody claims a case, or its owner falls silent: who is told, when, and then whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, update

from actions.audit import store as audit
from actions.audit.models import AuditEntry
from actions.cases import auditor, status
from actions.cases import store as cases
from actions.cases.models import Case, Status, Timer
from actions.officers import roster
from actions.officers.leave import leave
from actions.officers.models import Officer, Role
from actions.outbox.models import OutboxMessage
from bot import desk as duty
from bot import schedule
from bot.database import Sessions
from bot.desk import Desk
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
pytestmark = pytest.mark.usefixtures("noise")


class Night:
    """A desk at night: one case, a clock, and what everybody hears."""

    def __init__(self, sessions: Sessions, desk: Desk, now: datetime) -> None:
        self.sessions, self.desk, self.start = sessions, desk, now
        self.now = now
        self.line = Line(sessions, desk, now - timedelta(seconds=1))

    def opens(self, words: str = LIVE) -> str:
        self.line.says(words)
        assert self.line.case
        return self.line.case.code

    def at(self, seconds: float) -> None:
        """Let the engine run whenever a timer is due, up to this time after the opening."""
        until = self.start + timedelta(seconds=seconds)
        while True:
            with self.sessions.begin() as db:
                due = db.scalar(select(func.min(Timer.due_at)))
                self.now = max(self.now, min(due or until, until))
                schedule.ring(db, self.desk, now=self.now)
                if (due or until) >= until:
                    break
        self.now = until

    def heard(self, recipient: str | int) -> list[str]:
        with self.sessions() as db:
            bodies = db.scalars(
                select(OutboxMessage.body)
                .where(OutboxMessage.recipient == str(recipient))
                .order_by(OutboxMessage.id)
            )
            return [str(body.get("text", "")) for body in bodies]

    def events(self, code: str) -> list[str]:
        with self.sessions() as db:
            return [entry.event for entry in audit.list_for_case(db, code=code)]

    def entry(self, code: str, event: str) -> AuditEntry:
        with self.sessions() as db:
            found = [e for e in audit.list_for_case(db, code=code) if e.event == event]
            return found[-1]

    def case(self, code: str) -> Case:
        with self.sessions() as db:
            found = cases.find(db, code=code)
            assert found
            return found

    def timer(self, code: str) -> Timer:
        with self.sessions() as db:
            return db.scalars(select(Timer).join(Case).where(Case.code == code)).one()

    def on_duty(self, officer: Officer) -> None:
        with self.sessions.begin() as db:
            roster.go_on(db, officer, now=self.start - timedelta(hours=1))

    def verb(self, code: str, act: Callable[..., Any], by: Officer, **more: Any) -> None:
        with self.sessions.begin() as db:
            case = cases.find(db, code=code)
            act(db, self.desk, case, by=db.merge(by, load=True), now=self.now, **more)


@pytest.fixture
def night(sessions: Sessions, desk: Desk, now: datetime) -> Night:
    return Night(sessions, desk, now)


def test_after_a_minute_the_officers_on_duty_are_told_each_in_person(
    night: Night, hire: Callable[..., Officer]
) -> None:
    on, off = hire(1, "李卫东"), hire(2, "王芳")
    night.on_duty(on)
    code = night.opens()

    night.at(59)
    assert night.heard(on.telegram_id) == []
    night.at(60)

    [told] = night.heard(on.telegram_id)
    assert told.startswith(f"🚨🚨 {code}")
    assert LIVE in told  # the whole card: no need to look for it elsewhere
    assert night.heard(off.telegram_id) == []
    assert night.entry(code, "case.alerted").details["officers"] == [on.id]


def test_a_new_card_goes_before_the_reminders_of_older_cases_and_these_do_not_pile_up(
    night: Night,
) -> None:
    old = night.opens()
    night.at(180)
    with night.sessions() as db:
        reminders = db.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.body["text"].astext.startswith(f"⏰ {old}"))
            .order_by(OutboxMessage.id)
        ).all()
        card = db.scalars(
            select(OutboxMessage).where(OutboxMessage.dedup_key == f"case:{old}:card")
        ).one()

    assert [each.lane > card.lane for each in reminders] == [True] * 3
    for this, following in pairwise(reminders):
        assert this.expires_at == following.due_at  # the next takes its place


def test_an_urgent_message_that_is_tried_again_and_again_is_noticed(night: Night) -> None:
    night.opens()
    with night.sessions.begin() as db:
        db.execute(
            update(OutboxMessage).values(  # it waits for 90 s, and its next try is due at once
                created_at=night.start - timedelta(seconds=90), due_at=night.start, attempts=9
            )
        )
        assert "has waited 90 s" in auditor.look(db, now=night.start).wrong["outbox"]


def test_the_dispatch_chat_gets_one_card_and_then_answers_to_it(
    night: Night, hire: Callable[..., Officer]
) -> None:
    night.on_duty(hire(1, "李卫东"))
    code = night.opens()
    night.at(120)

    mine = [text for text in night.heard(night.desk.chat or "") if code in text]
    assert mine[0].startswith(f"🚨 {code}")
    assert mine[1:] == [f"⏰ {code} 已等待 {n} 分钟，还没有人认领" for n in (1, 2)]


def test_only_officers_of_the_district_and_of_none_are_told(
    night: Night, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    near, far, everywhere = hire(1, "李卫东"), hire(2, "王芳"), hire(3, "赵敏")
    with sessions.begin() as db:
        for officer, district in ((near, "洪山"), (far, "汉阳")):
            db.get_one(Officer, officer.id).district = district
    for officer in (near, far, everywhere):
        night.on_duty(officer)
    code = night.opens("我在洪山区，" + LIVE)
    night.at(61)

    assert night.case(code).district == "洪山"
    assert [len(night.heard(n)) for n in (1, 2, 3)] == [1, 0, 1]


def test_after_three_minutes_the_supervisors_and_the_webhook_then_again_every_minute(
    night: Night, hire: Callable[..., Officer]
) -> None:
    night.desk = replace(night.desk, webhook=True)
    night.on_duty(hire(1, "李卫东"))
    hire(4, "陈主任", Role.SUPERVISOR)
    code = night.opens()

    night.at(179)
    assert not any(code in text for text in night.heard(4))
    night.at(301)

    mine = [text for text in night.heard(4) if code in text]
    assert len(mine) == 3  # at 180, 240 and 300 s
    assert all(text.startswith(f"🚨🚨🚨 {code}") for text in mine)
    posted = [m for m in _all(night) if m.channel == "webhook"]
    assert len(posted) >= 3
    assert LIVE not in str([m.body for m in posted])


def test_after_an_outage_everybody_is_told_once_and_not_once_for_each_minute(
    night: Night, hire: Callable[..., Officer]
) -> None:
    on, boss = hire(1, "李卫东"), hire(3, "张伟", Role.SUPERVISOR)
    night.on_duty(on)
    night.opens()

    night.now = night.start + timedelta(minutes=20)  # the schedule was down
    night.at(20 * 60 + 50)
    assert len(night.heard(on.telegram_id)) == 3  # the steps, one after the other
    assert len(night.heard(boss.telegram_id)) == 1
    night.at(22 * 60 + 30)
    assert len(night.heard(boss.telegram_id)) == 3  # and then every minute


def test_where_nobody_is_on_duty_supervisors_are_told_at_once_and_it_is_recorded(
    night: Night, hire: Callable[..., Officer]
) -> None:
    hire(4, "陈主任", Role.SUPERVISOR)
    code = night.opens()
    night.at(61)

    assert len([text for text in night.heard(4) if code in text]) == 1
    assert "case.alerted" in night.events(code)


def test_that_nobody_could_be_alerted_is_recorded(
    night: Night, sessions: Sessions, now: datetime
) -> None:
    with sessions.begin() as db:
        leave(db, telegram_id=9_999, now=now)  # the only supervisor
    night.desk = replace(night.desk, chat=None)
    code = night.opens()
    night.at(61)

    assert night.events(code)[-3:] == [
        "case.nobody_alerted",
        "case.nobody_on_duty",
        "case.alert_failed",
    ]


def test_a_silent_owner_is_asked_and_then_the_case_is_offered_again(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(10)
    night.verb(code, duty.claim, owner)

    night.at(10 + 599)
    assert night.heard(1) == []
    night.at(10 + 600)
    assert night.heard(1) == [f"⏰ {code} 已由 李卫东 接手 10 分钟，还没有结果"]
    night.at(10 + 720)

    assert night.case(code).status == Status.OPEN
    assert night.events(code)[-2:] == ["case.owner_asked", "case.offered_again"]
    assert any("没有回应" in text for text in night.heard(night.desk.chat or ""))
    night.at(10 + 720 + 60)
    assert "case.alerted" in night.events(code)  # the alert has started anew


def test_an_owner_who_answers_keeps_the_case(night: Night, hire: Callable[..., Officer]) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(10)
    night.verb(code, duty.claim, owner)
    night.at(620)
    night.verb(code, duty.keep, owner)
    night.at(1200)

    assert night.case(code).owner_id == owner.id
    assert night.timer(code).kind == "silent"


def test_a_snoozed_case_is_quiet_until_its_time_and_no_longer(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(10)
    night.verb(code, duty.claim, owner)
    with pytest.raises(status.TooLong):
        night.verb(code, duty.snooze, owner, until=night.now + timedelta(hours=5))
    night.verb(code, duty.snooze, owner, until=night.now + timedelta(minutes=30))

    night.at(10 + 1799)
    assert night.heard(1) == []
    night.at(10 + 1800)
    assert "说好的时间到了" in night.heard(1)[0]
    assert night.timer(code).kind == "asked"


def test_what_an_officer_who_leaves_had_is_offered_to_everybody(
    night: Night, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(10)
    night.verb(code, duty.claim, owner)
    with sessions.begin() as db:
        held = leave(db, telegram_id=1, now=night.now)

    assert [case.code for case in held or ()] == [code]
    assert night.case(code).status == Status.OPEN
    assert night.timer(code).kind == "unclaimed"


def test_a_hand_over_is_heard_by_whom_it_concerns(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner, other = hire(1, "李卫东"), hire(2, "王芳")
    code = night.opens()
    night.at(10)
    night.verb(code, duty.claim, owner)
    with night.sessions.begin() as db:
        case = cases.find(db, code=code)
        assert case
        duty.hand_over(db, night.desk, case, to=other, by=owner, now=night.now)

    assert night.case(code).owner_id == other.id
    assert night.heard(2)[0].startswith(f"🤝 李卫东把 {code} 交给了 王芳")
    assert "王警官" in night.heard(night.line.address)[-1]


def test_after_a_merge_the_second_citizen_is_heard_in_the_first_case(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    first = night.opens()
    other = Line(night.sessions, night.desk, night.start, address="2002")
    other.says(LIVE)
    assert other.case
    second = other.case.code
    night.at(5)
    for code in (first, second):
        night.verb(code, duty.claim, owner)
    with night.sessions.begin() as db:
        case, into = cases.find(db, code=second), cases.find(db, code=first)
        assert case
        assert into
        duty.merge(db, night.desk, case, into=into, by=owner, now=night.now)

    assert "同一件" in night.heard("2002")[-1]
    other.now = night.now
    answer = other.says("他又打来了，我没接")
    assert first in answer
    told = [text for text in night.heard(night.desk.chat or "") if "并案的另一位市民" in text]
    assert re.fullmatch(rf"💬 {first} 并案的另一位市民（M-\w{{6}}）：他又打来了，我没接", told[-1])
    assert night.case(second).outcome == "merged"


def test_a_reopened_case_is_alerted_to_as_a_new_one(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(5)
    night.verb(code, duty.claim, owner)
    night.verb(code, duty.close, owner, outcome=status.Outcome.UNREACHABLE)
    night.verb(code, duty.reopen, owner)
    night.on_duty(owner)

    assert night.case(code).status == Status.OPEN
    night.at(66)
    assert len([text for text in night.heard(1) if code in text]) == 1


def test_a_case_is_not_reopened_beside_another_of_the_same_citizen(
    night: Night, hire: Callable[..., Officer]
) -> None:
    owner = hire(1, "李卫东")
    code = night.opens()
    night.at(5)
    night.verb(code, duty.claim, owner)
    night.verb(code, duty.close, owner, outcome=status.Outcome.UNREACHABLE)
    night.line.now = night.now
    night.opens()

    with pytest.raises(status.IllegalMove):
        night.verb(code, duty.reopen, owner)


def test_the_auditor_finds_and_mends_a_case_without_a_timer(
    night: Night, sessions: Sessions
) -> None:
    code = night.opens()
    with sessions.begin() as db:
        db.delete(db.scalars(select(Timer).join(Case).where(Case.code == code)).one())
    with sessions.begin() as db:
        before = auditor.look(db, now=night.start)
    with sessions.begin() as db:
        after = auditor.look(db, now=night.start)

    assert before.wrong[code] == "no timer"
    assert before.ratio < 1
    assert code not in after.wrong
    assert "case.timer_restored" in night.events(code)


def test_the_auditor_says_when_nobody_fires_the_timers(night: Night, sessions: Sessions) -> None:
    code = night.opens()
    with sessions.begin() as db:
        found = auditor.look(db, now=night.start + timedelta(seconds=120))
    assert found.wrong[code] == "timer overdue"


def test_a_drill_rings_nobody_and_ends_by_itself_in_no_statistics(
    night: Night, hire: Callable[..., Officer]
) -> None:
    night.on_duty(hire(1, "李卫东"))
    night.line = Line(night.sessions, night.desk, night.start, address="drill", channel="drill")
    code = night.opens()
    assert "演练" in night.heard(night.desk.chat or "")[-1]
    night.at(75)

    assert night.heard(1) == []
    assert night.case(code).status == Status.CLOSED
    assert night.case(code).drill
    assert night.entry(code, "drill.ended").details == {"fine": False, "card_seconds": None}
    with night.sessions.begin() as db:
        assert "drill" in auditor.look(db, now=night.now).wrong  # no sender ran: it is noticed


def _all(night: Night) -> list[OutboxMessage]:
    with night.sessions() as db:
        return list(db.scalars(select(OutboxMessage)))
