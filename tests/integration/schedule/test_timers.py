"""What happens by the clock to cases nobody acts on, and to rows nobody needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, tzinfo

import pytest
from sqlalchemy import Engine, select, text

from actions.cases.models import Case, Status, Timer
from actions.citizens.models import ReceivedMessage
from actions.officers import roster
from actions.officers.models import Officer
from actions.outbox.models import OutboxMessage
from bot import schedule
from bot.database import Sessions
from bot.nlu.client import NluClient
from bot.regions import Region
from bot.settings import Settings
from bot.wiring import Service
from tests.line import Line

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def service(
    settings: Settings, region: Region, url: str, engine: Engine, sessions: Sessions, clock: Clock
) -> Service:
    return Service(settings, region, url, engine, sessions, clock)


def test_a_case_nobody_claims_is_called_out_again_and_again(
    line: Line, service: Service, clock: Clock
) -> None:
    line.says(LIVE)
    opened = line.now

    for minute in (1, 2, 3):
        clock.now = opened + timedelta(minutes=minute)
        assert schedule.fire_timers(service, line.desk) == 1
        assert f"已等待 {minute} 分钟" in line.desk_heard[-1]
        assert schedule.fire_timers(service, line.desk) == 0


def test_a_case_that_was_claimed_is_asked_about(
    line: Line, service: Service, clock: Clock, hire: Callable[..., Officer]
) -> None:
    hire(7, "李卫东")
    line.says(LIVE)
    line.officer(7, "claim")

    clock.now = line.now + timedelta(minutes=9)
    assert schedule.fire_timers(service, line.desk) == 0
    clock.now = line.now + timedelta(minutes=10)
    assert schedule.fire_timers(service, line.desk) == 1

    assert "已由 李卫东 接手 10 分钟" in line.desk_heard[-1]


def test_a_case_that_cannot_be_shown_silences_no_other_and_is_named_itself(
    line: Line, service: Service, clock: Clock, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    hire(7)
    with sessions.begin() as db:
        roster.go_on(db, db.merge(hire(8)), now=line.now)
    codes = []
    for n, strange in enumerate((True, True, False)):
        line.address = str(9_200 + n)
        line.says(LIVE)
        assert line.case
        codes.append(line.case.code)
        if n == 0:
            line.officer(7, "claim")
        with sessions.begin() as db:
            case = db.get_one(Case, line.case.id)
            case.reasons = ["reason.of_tomorrow"] if strange else case.reasons
    clock.now = line.now + timedelta(minutes=11)
    before = len(line.desk_heard)

    assert schedule.fire_timers(service, line.desk) == 3
    assert schedule.fire_timers(service, line.desk) == 0

    claimed, strange, usual = codes
    told = "\n".join(line.desk_heard[before:])
    assert f"⏰ {claimed} 已由 李卫东 接手" in told
    assert f"⏰ {strange} 已等待" in told
    assert f"⏰ {usual} 已等待" in told
    with sessions() as db:
        to_8 = select(OutboxMessage.body).where(OutboxMessage.recipient == "8")
        in_person = "\n".join(str(body) for body in db.scalars(to_8))
    assert f"case:{strange}:claim" in in_person
    assert f"case:{usual}:claim" in in_person


def test_a_closed_case_is_left_in_peace(
    line: Line, service: Service, clock: Clock, hire: Callable[..., Officer]
) -> None:
    hire(7)
    line.says(LIVE)
    line.officer(7, "claim")
    line.officer(7, "close", "stopped")

    clock.now = line.now + timedelta(days=1)

    assert schedule.fire_timers(service, line.desk) == 0


def test_two_schedules_side_by_side_fire_a_timer_once(
    line: Line, service: Service, clock: Clock
) -> None:
    for n in range(12):
        line.address = str(9_000 + n)
        line.says(LIVE)
    clock.now = line.now + timedelta(minutes=2)

    with ThreadPoolExecutor(4) as pool:
        fired = list(pool.map(lambda _: schedule.fire_timers(service, line.desk), range(4)))

    assert sum(fired) == 12
    assert len([text for text in line.desk_heard if "还没有人认领" in text]) == 12


def test_after_a_long_silence_a_timer_goes_off_once_and_not_for_every_minute_missed(
    line: Line, service: Service, clock: Clock
) -> None:
    line.says(LIVE)
    clock.now = line.now + timedelta(hours=5)

    assert schedule.fire_timers(service, line.desk) == 1
    assert schedule.fire_timers(service, line.desk) == 0


def test_every_case_that_is_not_closed_has_its_next_timer_after_any_of_it(
    line: Line, service: Service, clock: Clock, sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    hire(7)
    for n, verbs in enumerate(([], ["claim"], ["claim", "release"], ["claim", "close"])):
        line.address = str(9_100 + n)
        line.says(LIVE)
        for verb in verbs:
            line.officer(7, verb, "paid" if verb == "close" else None)
        clock.now = line.now + timedelta(hours=1)
        schedule.fire_timers(service, line.desk)

    with sessions() as db:
        timed = set(db.scalars(select(Timer.case_id)))
        for case in db.scalars(select(Case)):
            assert (case.id in timed) == (case.status != Status.CLOSED)
        assert db.scalars(select(Timer).where(Timer.due_at <= clock.now)).all() == []


def test_ticks_go_on_when_the_machines_clock_is_set_back(
    line: Line, service: Service, clock: Clock, no_nlu: NluClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_back = timedelta()

    class Machine(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - set_back

    for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval", "bot.clock"):
        monkeypatch.setattr(f"{module}.datetime", Machine)
    line.says(LIVE)
    opened = line.now

    async def minute(number: int) -> None:
        clock.now = opened + timedelta(minutes=number)
        while f"已等待 {number} 分钟" not in line.desk_heard[-1]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def scene() -> None:
        nonlocal set_back
        ticking = schedule.start(service, no_nlu, line.desk)
        await asyncio.wait_for(minute(1), 5)
        set_back = timedelta(hours=1)
        await asyncio.wait_for(minute(2), 5)
        ticking.shutdown(wait=False)

    asyncio.run(scene())


def test_what_was_taken_in_long_ago_is_dropped_and_the_rest_is_not(
    line: Line, service: Service, clock: Clock, sessions: Sessions
) -> None:
    line.says("你好")
    line.says("你好")
    with sessions.begin() as db:
        oldest = db.scalar(select(ReceivedMessage.external_id).limit(1))
        old = clock.now - timedelta(days=3, seconds=1)
        statement = "UPDATE received_message SET received_at = :old WHERE external_id = :id"
        db.execute(text(statement), {"old": old, "id": oldest})
        statement = "UPDATE received_message SET received_at = :new WHERE external_id <> :id"
        db.execute(text(statement), {"new": clock.now, "id": oldest})

    schedule.tidy(service)

    with sessions() as db:
        assert len(db.scalars(select(ReceivedMessage)).all()) == 1
