"""What earlier reports named counts, but one mistaken report must not brand a number."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from actions.indicators import store
from actions.indicators.extract import Found
from actions.indicators.models import Indicator, Kind, Sighting
from actions.reports import store as reports
from actions.triage.judgement import Judgement, ScamType, Stage, Verdict
from bot.database import Sessions
from tests.line import Line, newcomer

PHONE = Found(Kind.PHONE, "+8613971200001")
LINK = Found(Kind.LINK, "evil.example.com/x")


def report(
    sessions: Sessions,
    now: datetime,
    *found: Found,
    verdict: Verdict = Verdict.SCAM,
    address: str = "1",
) -> None:
    judgement = Judgement(
        verdict, ScamType.LOAN, Stage.CONTACTED, False, 0.9, ("reason.type.loan",)
    )
    with sessions.begin() as db:
        citizen = newcomer(db, address=address)
        reports.file(
            db,
            "…",
            citizen_id=citizen.id,
            case_id=None,
            origin="own",
            judgement=judgement,
            found=found,
            now=now,
        )


@pytest.mark.parametrize(
    ("verdicts", "known"),
    [
        pytest.param([], False, id="never named"),
        pytest.param([Verdict.SCAM], False, id="one scam"),
        pytest.param([Verdict.SCAM, Verdict.SCAM], True, id="two scams"),
        pytest.param([Verdict.SCAM, Verdict.SUSPICIOUS], False, id="a scam and a suspicion"),
        pytest.param([Verdict.SUSPICIOUS] * 3, False, id="suspicions alone"),
        pytest.param([Verdict.NO_SIGN] * 3, False, id="harmless mentions"),
    ],
)
def test_an_indicator_is_known_after_two_reports_of_a_scam(
    sessions: Sessions, now: datetime, noise: None, verdicts: list[Verdict], known: bool
) -> None:
    for n, verdict in enumerate(verdicts):
        report(sessions, now, PHONE, verdict=verdict, address=str(n))

    with sessions() as db:
        assert store.any_known(db, [PHONE]) is known
        assert store.any_known(db, [LINK, PHONE]) is known


def test_one_citizen_repeating_themselves_does_not_brand_a_number(
    sessions: Sessions, now: datetime
) -> None:
    report(sessions, now, PHONE, address="1")
    report(sessions, now, PHONE, address="1")

    with sessions() as db:
        assert not store.any_known(db, [PHONE])


def test_the_same_value_of_two_kinds_is_two_indicators(sessions: Sessions, now: datetime) -> None:
    account = Found(Kind.ACCOUNT, PHONE.value)
    for address in "12":
        report(sessions, now, PHONE, address=address)

    with sessions() as db:
        assert store.any_known(db, [PHONE])
        assert not store.any_known(db, [account])
        assert store.find(db, kind=Kind.PHONE, value=PHONE.value)
        assert store.find(db, kind=Kind.ACCOUNT, value=PHONE.value) is None


def test_a_report_that_names_an_indicator_twice_is_one_sighting(
    sessions: Sessions, now: datetime
) -> None:
    report(sessions, now, PHONE, PHONE)

    with sessions() as db:
        assert db.scalar(select(func.count()).select_from(Sighting)) == 1
        assert db.scalar(select(func.count()).select_from(Indicator)) == 1


def test_a_known_number_turns_plain_words_into_a_scam(
    sessions: Sessions, now: datetime, line: Line
) -> None:
    for address in "12":
        report(sessions, now, PHONE, address=address)

    answered = line.says("13971200001 给我打了个电话")

    assert "已经有别的市民报过诈骗" in answered


def test_a_case_shows_the_indicators_of_its_own_reports(line: Line, noise: None) -> None:
    line.says("公安局让我把钱转到安全账户，电话没挂，号码13971200001，网址 evil.example.com/x")

    assert "电话 +8613971200001" in line.desk_heard[-1]
    assert "链接 evil.example.com/x" in line.desk_heard[-1]
    assert "13971234567" not in line.desk_heard[-1]  # another case's
