"""What rules judged while the NLU server was away is judged again, and only bad news is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from actions.cases.models import Vanishing
from actions.reports.models import Report
from actions.triage.understanding import Understanding
from bot.database import Sessions
from bot.nlu.client import NluClient
from bot.regions import Region
from bot.rejudge import BATCH, rejudge
from bot.settings import Settings
from bot.wiring import Service
from tests.line import Line

VAGUE = "他叫我明天过去一趟"
SCAM = Understanding("loan", 0.9, 0.95, {"loan": 1.0}, {"contacted": 0.9}, {"asked_pay": 0.9})
LIVE = Understanding("loan", 0.9, 0.95, {"loan": 1.0}, {"live": 0.9}, {"asked_pay": 0.9})
HARMLESS = Understanding("none", 0.9, 0.02, {"loan": 1.0}, {"none": 0.9}, {})


class Model:
    """An NLU server that always says the same; None is a server that fails.

    It fails on texts with those words in them whatever it says to others.
    """

    def __init__(self, says: Understanding | None, *, fails_on: str | None = None) -> None:
        self._says = says
        self._fails_on = fails_on
        self.asked = 0

    async def answer(self, url: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        self.asked += 1
        if (said := self._says) is None or (self._fails_on and self._fails_on in asked["text"]):
            raise ConnectionError
        return asdict(said) | {
            "intent": {"name": said.intent, "confidence": said.intent_confidence},
            "entities": [],
        }


@pytest.fixture
def service(
    settings: Settings, region: Region, url: str, engine: Engine, sessions: Sessions, line: Line
) -> Service:
    return Service(settings, region, url, engine, sessions, lambda: line.now)


def again(service: Service, line: Line, model: Model) -> int:
    async def settle() -> int:
        client = NluClient("http://127.0.0.1", post=model.answer)
        try:
            return await rejudge(service, client, line.desk)
        finally:
            await client.aclose()

    settled = asyncio.run(settle())
    line.heard = line._sent_to(line.address)
    return settled


def test_what_turns_out_worse_is_told_and_asked_about(
    line: Line, service: Service, sessions: Sessions
) -> None:
    line.says(VAGUE)

    assert again(service, line, Model(SCAM)) == 1

    told = line.heard[-1]["text"]
    assert "结果有变化" in told
    assert "虚假贷款" in told
    assert line.citizen
    assert line.citizen.step == "money"
    with sessions() as db:
        report = db.scalars(select(Report)).one()
    assert (report.judged_by, report.verdict) == ("rasa", "scam")


def test_what_turns_out_live_opens_a_case(line: Line, service: Service) -> None:
    line.says(VAGUE)

    again(service, line, Model(LIVE))

    assert line.case
    assert line.case.code in line.heard[-1]["text"]
    assert VAGUE in line.desk_heard[-1]


def test_a_case_that_is_opened_late_is_like_any_other(line: Line, service: Service) -> None:
    line.presses("profile", "district_0")
    line.says(f"{VAGUE}，带上2万元")

    again(service, line, Model(LIVE))

    assert line.case
    assert (line.case.district, line.case.amount) == ("江岸", 2_000_000)


def test_who_is_being_watched_reads_nothing_that_gives_them_away(
    line: Line, service: Service
) -> None:
    line.says(VAGUE)
    line.commands("quiet")
    line.says(VAGUE)

    again(service, line, Model(SCAM))

    told = line.heard[-1]
    assert "贷款" not in told["text"]
    assert "结果有变化" not in told["text"]
    assert told["silent"]
    with service.sessions() as db:
        assert db.scalars(
            select(Vanishing.id).where(Vanishing.outbox_key.startswith("rejudged:"))
        ).all()


def test_what_was_live_hours_ago_opens_no_case(line: Line, service: Service) -> None:
    line.says(VAGUE)
    line.now += timedelta(hours=2)

    again(service, line, Model(LIVE))

    assert line.case is None
    assert "结果有变化" in line.heard[-1]["text"]


def test_what_stays_the_same_or_turns_out_milder_is_not_told(line: Line, service: Service) -> None:
    line.says(VAGUE)
    line.says("客服说我会员到期要扣费，让我点链接关闭")
    heard = len(line._sent_to(line.address))

    assert again(service, line, Model(HARMLESS)) == 2

    assert len(line.heard) == heard


def test_each_report_is_judged_again_once(line: Line, service: Service) -> None:
    line.says(VAGUE)
    again(service, line, Model(SCAM))

    model = Model(SCAM)
    assert again(service, line, model) == 0
    assert model.asked == 0


def test_however_many_wait_none_waits_for_another_tick(line: Line, service: Service) -> None:
    for _ in range(BATCH + 3):
        line.says(VAGUE)

    assert again(service, line, Model(HARMLESS)) == BATCH + 3
    assert again(service, line, Model(HARMLESS)) == 0


def test_a_server_that_goes_away_again_leaves_the_rest_for_later(
    line: Line, service: Service
) -> None:
    line.says(VAGUE)

    assert again(service, line, Model(None)) == 0
    assert again(service, line, Model(SCAM)) == 1


def test_a_report_that_cannot_be_understood_stands_before_no_other(
    line: Line, service: Service
) -> None:
    strange = "他叫我后天过去一趟"
    for _ in range(BATCH + 1):
        line.says(strange)
    line.says(VAGUE)
    model = Model(HARMLESS, fails_on=strange)

    assert again(service, line, model) == 1

    assert model.asked <= 2 * (BATCH + 2)  # each but once, and whether the server is there


def test_what_is_a_day_old_is_nobodys_next_step(line: Line, service: Service) -> None:
    line.says(VAGUE)
    line.now += timedelta(hours=25)

    assert again(service, line, Model(SCAM)) == 0


def test_who_was_forgotten_meanwhile_hears_nothing(line: Line, service: Service) -> None:
    line.says(VAGUE)
    line.presses("forget", "yes")

    assert again(service, line, Model(SCAM)) == 0


def test_the_words_of_a_model_are_not_provisional(line: Line, sessions: Sessions) -> None:
    answered = line.says(VAGUE, model=HARMLESS)

    assert "初步判断" not in answered
    with sessions() as db:
        assert db.scalars(select(Report.judged_by)).one() == "rasa"
    assert "初步判断" in line.says("明天武汉下雨吗")
