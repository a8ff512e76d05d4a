"""The process: killed and stopped; a database and a Telegram that go away and come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.double import BotApi

if TYPE_CHECKING:
    from conftest import Database, Host

Connect = Callable[..., dict[str, str]]
NewDatabase = Callable[..., "Database"]
LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_a_killed_process_loses_nothing_and_opens_no_case_twice(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect, mode: str
) -> None:
    db = new_database()
    settings = connect(api, db, mode)
    first = host.start(**settings)
    first.wait_until_running()
    citizens = [api.citizen(30_000 + n) for n in range(12)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda citizen: citizen.says(LIVE), citizens[:6]))
        time.sleep(0.15)
        first.kill()  # in the middle of it
        list(pool.map(lambda citizen: citizen.says(LIVE), citizens[6:]))
    second = host.start(**settings)
    second.wait_until_running()

    for citizen in citizens:
        citizen.wait_for("请先停下", timeout=75, since=0)  # what was leased comes after a minute
    assert db.value('SELECT count(*) FROM "case"') == len(citizens)
    assert db.value("SELECT count(*) FROM report") == len(citizens)
    assert second.stop() == 0


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_while_the_database_is_away_messages_wait_and_are_answered_afterwards(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect, mode: str
) -> None:
    db = new_database()
    service = host.start(**connect(api, db, mode))
    service.wait_until_running()
    citizen = api.citizen(40_001)

    db.go_away()
    citizen.says(LIVE)
    time.sleep(8)  # longer than five tries of a second each
    assert service.get("/readyz").status_code == 503
    assert service.get("/healthz").status_code == 200
    db.come_back()

    citizen.wait_for("请先停下", timeout=30)
    assert LIVE[:8] not in service.said
    assert service.stop() == 0


def test_while_telegram_is_away_the_rest_runs_and_the_process_can_be_stopped(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect
) -> None:
    settings = connect(api, new_database()) | {"TELEGRAM_API": "http://127.0.0.1:9"}
    service = host.start(**settings)

    service.wait_until_running()
    assert service.get("/healthz").status_code == 200

    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 8


def test_a_telegram_that_went_away_is_met_again(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect
) -> None:
    service = host.start(**connect(api, new_database()))
    service.wait_until_running()
    citizen = api.citizen(40_002)

    api.outage(seconds=3)
    citizen.says(LIVE)

    citizen.wait_for("请先停下", timeout=30)
    assert service.stop() == 0


def test_two_processes_side_by_side_answer_each_message_once(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect
) -> None:
    db = new_database()
    settings = connect(api, db, "webhook")
    first = host.start(**settings)
    first.wait_until_running()
    second = host.start(**{**settings, "TELEGRAM_WEBHOOK_URL": "", "TELEGRAM_TOKEN": ""})
    second.wait_until_running()
    citizens = [api.citizen(50_000 + n) for n in range(10)]

    for citizen in citizens:
        citizen.says("明天武汉下雨吗")
    for citizen in citizens:
        citizen.wait_for("没看出", timeout=15)

    assert [len(citizen.heard) for citizen in citizens] == [1] * 10
    assert first.stop() == second.stop() == 0
