"""What several citizens say at once is stored in one transaction; each keeps their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from telegram import Bot, Update, User

from actions.audit.models import AuditEntry
from actions.cases.models import Case
from actions.citizens.models import Citizen, ReceivedMessage
from actions.db import later
from actions.guardians.models import Guardian
from actions.officers.models import Officer, Role
from actions.outbox import store as outbox
from actions.outbox.models import Lane, OutboxMessage
from actions.reports.models import Report
from bot.channels.telegram.intake import Intake
from bot.database import Sessions
from bot.desk import Desk
from bot.nlu.client import NluClient
from bot.presses import Press, press
from tests.line import newcomer

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
SCAM = "有人加我微信说带我炒股稳赚不赔，让我下载一个软件，他的电话是13971234567"
WARDS_AND_RELATIVES = ("5000", "5001", "6001", "6002")
NAMES = [f"update:{9000 + n}" for n in range(8)]


@pytest.fixture
def intake(sessions: Sessions, desk: Desk, now: datetime) -> Intake:
    bot = Bot("1:x")
    bot._bot_user = User(1, "fanzha", is_bot=True, username="fanzha_bot")
    return Intake(bot, sessions, NluClient(None), desk, lambda: now)


def update(number: int, words: str, *, of: int | None = None) -> Update:
    person = of or 5000 + number
    who: dict[str, Any] = {"id": person, "is_bot": False, "first_name": "市民"}
    message = {
        "message_id": number,
        "date": 1,
        "chat": {"id": person, "type": "private"},
        "from": who,
        "text": words,
    }
    made = Update.de_json({"update_id": 9000 + number, "message": message}, None)
    assert made
    return made


def take_in(intake: Intake, updates: Sequence[Update]) -> list[bool]:
    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(intake.settle(each) for each in updates))

    return asyncio.run(all_at_once())


def test_eight_citizens_at_once_are_stored_in_one_transaction(
    intake: Intake, sessions: Sessions, noise: None
) -> None:
    taken = take_in(intake, [update(n, LIVE if n % 2 else SCAM) for n in range(8)])

    assert taken == [True] * 8
    with sessions() as db:
        ours = select(ReceivedMessage.received_at).where(ReceivedMessage.external_id.in_(NAMES))
        assert len(set(db.scalars(ours))) == 1  # the time at which their transaction began
        mine = select(Citizen.id).where(Citizen.address.like("500_"))
        cases = db.scalars(select(Case).where(Case.citizen_id.in_(mine))).all()
        reports = db.scalars(select(Report).where(Report.citizen_id.in_(mine))).all()
        replies = db.scalars(
            select(OutboxMessage.recipient).where(
                OutboxMessage.dedup_key.like("reply:%"), OutboxMessage.recipient.like("500_")
            )
        ).all()
        assert len({case.citizen_id for case in cases}) == len(cases) == 4
        assert len({report.citizen_id for report in reports}) == len(reports) == 8
        assert set(replies) == {str(5000 + n) for n in range(8)}


def test_one_that_cannot_be_stored_leaves_the_others_their_answers(
    intake: Intake, sessions: Sessions, now: datetime
) -> None:
    with sessions.begin() as db:  # the reply to update 9003 will meet this key
        waiting = {"channel": "telegram", "recipient": "1", "body": {"text": "in the way"}}
        outbox.enqueue(
            db, dedup_key="reply:telegram:update:9003:0", lane=Lane.REPLY, due_at=now, **waiting
        )

    taken = take_in(intake, [update(n, LIVE) for n in range(6)])

    assert taken == [True, True, True, False, True, True]
    with sessions() as db:
        assert db.scalar(select(func.count()).select_from(Case)) == 5


def test_one_whose_row_is_held_does_not_hold_up_the_others(
    intake: Intake, sessions: Sessions
) -> None:
    with sessions.begin() as db:
        newcomer(db, address="5002")

    async def others_first() -> list[bool]:
        with sessions.begin() as db:
            db.execute(text("SELECT 1 FROM citizen WHERE address = '5002' FOR UPDATE"))
            tasks = [asyncio.create_task(intake.settle(update(n, LIVE))) for n in range(4)]
            others = [task for n, task in enumerate(tasks) if n != 2]
            await asyncio.wait(others, timeout=5)
            assert [task.done() for task in tasks] == [True, True, False, True]
        return await asyncio.gather(*tasks)

    assert asyncio.run(others_first()) == [True] * 4


def test_one_whose_case_is_being_closed_holds_nobody_up_and_gets_a_new_one(
    intake: Intake, sessions: Sessions, desk: Desk, now: datetime, hire: Callable[..., Officer]
) -> None:
    hire(7)
    take_in(intake, [update(2, LIVE)])
    with sessions.begin() as db:
        case = db.scalars(select(Case)).one()
        press(db, desk, Press(7, case.code, "claim"), now=now)

    async def others_first() -> list[bool]:
        with sessions.begin() as db:
            press(db, desk, Press(7, case.code, "close", "paid"), now=now)
            db.flush()  # it is held now
            came = [update(n + 10, LIVE, of=5000 + n) for n in range(4)]
            tasks = [asyncio.create_task(intake.settle(each)) for each in came]
            others = [task for n, task in enumerate(tasks) if n != 2]
            await asyncio.wait(others, timeout=5)
            assert [task.done() for task in tasks] == [True, True, False, True]
        return await asyncio.gather(*tasks)

    assert asyncio.run(others_first()) == [True] * 4
    with sessions() as db:
        theirs = select(Case.status).where(Case.citizen_id == case.citizen_id).order_by(Case.id)
        assert db.scalars(theirs).all() == ["closed", "open"]


def test_relatives_of_several_who_met_a_scam_at_once_hear_of_their_own(
    intake: Intake, sessions: Sessions, now: datetime
) -> None:
    with sessions.begin() as db:
        ward, other, aunt, uncle = (newcomer(db, address=each).id for each in WARDS_AND_RELATIVES)
        for of, who in ((ward, aunt), (other, uncle), (ward, uncle)):
            db.add(Guardian(ward_id=of, guardian_id=who, tells_warning=True, since=now))

    take_in(intake, [update(n, SCAM) for n in range(3)])

    with sessions() as db:
        keys = db.scalars(
            select(OutboxMessage.dedup_key).where(OutboxMessage.dedup_key.like("guardian:scam:%"))
        )
        told = {tuple(map(int, key.split(":")[2:4])) for key in keys}
        assert told == {(ward, aunt), (other, uncle), (ward, uncle)}


def test_a_repeat_among_others_changes_nothing_and_is_recorded(
    intake: Intake, sessions: Sessions
) -> None:
    take_in(intake, [update(1, LIVE)])

    assert take_in(intake, [update(n, LIVE) for n in range(3)]) == [True] * 3

    with sessions() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 3
        repeats = select(func.count()).where(AuditEntry.event == "update.repeated")
        assert db.scalar(repeats) == 1


def test_an_officer_among_citizens_is_no_citizen(
    intake: Intake, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    hire(5001, "李警官", Role.DISPATCHER)

    taken = take_in(intake, [update(n, "/roster" if n == 1 else LIVE) for n in range(3)])

    assert taken == [True] * 3
    with sessions() as db:
        assert set(db.scalars(select(Citizen.address))) == {"5000", "5002"}


def test_what_is_kept_back_is_sent_before_anything_is_asked(
    sessions: Sessions, now: datetime
) -> None:
    message = {"channel": "telegram", "recipient": "1", "body": {"text": "一"}}
    with sessions.begin() as db:
        later.gather(db)
        outbox.enqueue(db, dedup_key="a", lane=Lane.REPLY, due_at=now, **message)

        assert db.scalars(select(OutboxMessage.dedup_key)).all() == ["a"]

        outbox.enqueue(db, dedup_key="b", lane=Lane.REPLY, due_at=now, **message)
    with sessions() as db:
        assert db.scalars(select(OutboxMessage.dedup_key)).all() == ["a", "b"]
