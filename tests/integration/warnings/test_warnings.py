"""A list of people at risk, from the file to what came of each."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.cases import status as case_status
from actions.cases.models import Case
from actions.cases.models import Outcome as Ended
from actions.citizens.models import Citizen
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from actions.reports.models import Report
from actions.warnings import figures, importing, store
from actions.warnings.importing import BadList, Imported, Listed, NotAllowed
from actions.warnings.models import CheckIn, Outcome
from actions.warnings.models import Warning as Warned
from bot.campaigns import risk
from bot.database import Sessions
from bot.desk import Desk
from bot.wiring import Service
from tests.integration.campaigns.city import DISPATCHER, Clock, live, send_due

HEAD = "telegram_id,phone_sha256,level,type,expires\n"
SHANGHAI = ZoneInfo("Asia/Shanghai")
PHONE = hashlib.sha256(b"+8613800138000").hexdigest()
ANALYST = 601


@pytest.fixture(autouse=True)
def analyst(sessions: Sessions, staff: dict[int, Officer]) -> None:
    with sessions.begin() as db:
        officers.add(db, telegram_id=ANALYST, name="析", roles=[Role.ANALYST], district=None)


def read(lines: str, now: datetime) -> Listed:
    return importing.read((HEAD + lines).encode(), zone=SHANGHAI, now=now)


def bring(service: Service, lines: str, by: int = ANALYST) -> Imported:
    with service.sessions.begin() as db:
        return importing.store(
            db,
            read(lines, service.clock()),
            by=_officer(db, by),
            bodies=risk.bodies(service.region),
            home="Asia/Shanghai",
            now=service.clock(),
        )


def _officer(db: Session, number: int) -> Officer:
    found = officers.find(db, telegram_id=number)
    assert found
    return found


def one(sessions: Sessions) -> Any:
    with sessions() as db:
        return db.scalars(select(Warned)).one()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (",,high,loan,2026-06-01", "either"),
        (f"1,{PHONE},high,loan,2026-06-01", "either"),
        ("abc,,high,loan,2026-06-01", "not a number"),
        ("-5,,high,loan,2026-06-01", "not a number"),
        (",123,high,loan,2026-06-01", "64 hexadecimal"),
        ("1,,urgent,loan,2026-06-01", "level is not one of"),
        ("1,,high,theft,2026-06-01", "type is not one of"),
        ("1,,high,loan,soon", "not a time"),
        ("1,,high,loan,2020-01-01", "past"),
        ("1,,high,loan,2030-01-01", "90 days"),
        ("1,,high,loan", "more or fewer fields"),
        ("1,,high,loan,2026-06-01,x", "more or fewer fields"),
        ('"1,,high,loan,2026-06-01', "more or fewer fields"),
        (f"1,,high,{'x' * 200_000},2026-06-01", "more or fewer fields"),
        ("1\x00,,high,loan,2026-06-01", "not a number"),
    ],
)
def test_a_bad_line_is_named_and_the_others_count(
    now: datetime, line: str, complaint: str
) -> None:
    listed = read(f"7,,low,game,2026-06-01\n{line}\n8,,low,game,2026-06-01\n", now)

    assert [row.contact for row in listed.rows] == ["telegram:7", "telegram:8"]
    [(number, said)] = listed.complaints
    assert number == 3
    assert complaint in said


def test_the_same_person_and_type_twice_is_one_line_too_many(now: datetime) -> None:
    listed = read("7,,low,game,2026-06-01\n7,,high,game,2026-06-01\n7,,low,loan,2026-06-01\n", now)

    assert len(listed.rows) == 2
    assert listed.complaints == [(3, "the same person and type as line 2")]


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n", b"telegram_id,level,type\n", b"level,type,expires\n",
     b"telegram_id,level,type,expires,name\n", "级别".encode("gbk"),
     b"telegram_id,level,type,expires\n\n",
     b"telegram_id,level,type,type,expires\n1,high,loan,x,y"],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_whole(content: bytes, now: datetime) -> None:
    with pytest.raises(BadList):
        importing.read(content, zone=SHANGHAI, now=now)


@pytest.mark.parametrize(
    "content",
    [
        "\ufefftelegram_id,level,type,expires\r\n7,high,loan,2026-06-01\r\n",
        "telegram_id;level;type;expires\r\n7;high;loan;2026-06-01\r\n",
        "telegram_id\tlevel\ttype\texpires\n7\thigh\tloan\t2026-06-01",
        "Telegram_ID, Level,TYPE,expires\n 7, High ,Loan, 2026-06-01",
        '"telegram_id","level","type","expires"\n"7","high","loan","2026-06-01"\n\n,,,\n',
    ],
    ids=["a mark and CRLF", "semicolons", "tabs", "capitals and blanks", "quoted, empty rows"],
)
def test_a_list_is_read_as_spreadsheets_write_it(content: str, now: datetime) -> None:
    listed = importing.read(content.encode(), zone=SHANGHAI, now=now)

    assert listed.complaints == []
    [row] = listed.rows
    assert (row.line, row.contact, row.level, row.type) == (2, "telegram:7", "high", "loan")


def test_a_dispatcher_cannot_bring_a_list(service: Service) -> None:
    with pytest.raises(NotAllowed):
        bring(service, "7,,low,game,2026-06-01\n", by=DISPATCHER)


def test_each_citizen_on_the_list_is_warned_once_in_words_of_the_type(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "7")
        live(db, "9", phone_sha256=PHONE, language="en")
        live(db, "10", tips=False)
        live(db, "not-listed")
    lines = f"7,,high,loan,2026-06-01\n,{PHONE},high,game,2026-06-01\n404,,high,loan,2026-06-01\n"
    lines += "10,,high,loan,2026-06-01\n"

    done = bring(service, lines)

    assert done == Imported(warned=3, unmatched=1, already=0)
    with sessions() as db:
        said = dict(
            db.execute(text("SELECT recipient, body ->> 'text' FROM outbox_message")).all()
        )
    assert set(said) == {"7", "9", "10"}
    assert "虚假贷款" in said["7"]
    assert "game trading" in said["9"]
    assert sorted(send_due(sessions, clock())) == ["10", "7", "9"]


def test_the_same_list_and_the_same_person_are_not_warned_again(
    service: Service, sessions: Sessions
) -> None:
    with sessions.begin() as db:
        live(db, "7")
    bring(service, "7,,high,loan,2026-06-01\n")

    with pytest.raises(BadList):
        bring(service, "7,,high,loan,2026-06-01\n")
    assert bring(service, "7,,low,loan,2026-06-02\n") == Imported(0, 0, 1)


def test_a_high_warning_does_not_wait_for_the_morning_and_a_low_one_does(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    clock.time = datetime(2026, 5, 6, 23, 30, tzinfo=SHANGHAI)
    with sessions.begin() as db:
        live(db, "7", quiet_from=1320, quiet_to=420)
        live(db, "8", quiet_from=1320, quiet_to=420)

    bring(service, "7,,high,loan,2026-06-01\n8,,low,loan,2026-06-01\n")

    assert send_due(sessions, clock()) == ["7"]
    with sessions() as db:
        late = db.scalars(select(Warned).where(Warned.level == "low")).one()
    assert late.deadline == datetime(2026, 5, 8, 7, 0, tzinfo=SHANGHAI)


def test_no_tap_by_the_deadline_puts_an_officer_on_it_once(
    service: Service, sessions: Sessions, clock: Clock, desk: Desk
) -> None:
    with sessions.begin() as db:
        live(db, "7")
    bring(service, "7,,high,loan,2026-06-01\n")

    clock.turn(minutes=29)
    assert risk.escalate(service, desk) == 0
    clock.turn(minutes=2)
    assert risk.escalate(service, desk) == 1
    assert risk.escalate(service, desk) == 0

    with sessions() as db:
        case = db.scalars(select(Case)).one()
        card = db.scalar(
            text("SELECT body ->> 'text' FROM outbox_message WHERE dedup_key LIKE '%card'")
        )
    assert (case.cause, case.type) == ("warning", "loan")
    assert "预警劝阻" in card
    assert one(sessions).status == "escalated"


def test_who_has_left_or_blocked_us_is_not_written_to_but_an_officer_calls(
    service: Service, sessions: Sessions, clock: Clock, desk: Desk
) -> None:
    with sessions.begin() as db:
        live(db, "7", left_at=clock(), tips=False)
        live(db, "8", blocked_at=clock())
    bring(service, "7,,low,loan,2026-06-01\n8,,low,loan,2026-06-01\n")

    assert risk.escalate(service, desk) == 2
    with sessions() as db:
        written = db.scalar(
            text("SELECT count(*) FROM outbox_message WHERE recipient IN ('7', '8')")
        )
    assert written == 0


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (Ended.STOPPED, "dissuaded"), (Ended.PAID, "paid"),
        (Ended.FALSE_ALARM, "mistaken"), (Ended.UNREACHABLE, "unreachable"),
    ],
)  # fmt: skip
def test_how_the_officers_case_ends_is_how_the_warning_ends(
    service: Service, sessions: Sessions, clock: Clock, desk: Desk, ended: Ended, outcome: str
) -> None:
    with sessions.begin() as db:
        live(db, "7")
    bring(service, "7,,high,loan,2026-06-01\n")
    clock.turn(hours=1)
    risk.escalate(service, desk)
    with sessions.begin() as db:
        case, by = db.scalars(select(Case)).one(), _officer(db, DISPATCHER)
        case_status.claim(db, case, by=by, now=clock())
        case_status.close(db, case, ended, by=by, now=clock())

    risk.tick(service, desk)

    assert (one(sessions).status, one(sessions).outcome) == ("closed", outcome)


def test_the_case_of_a_warning_is_of_the_citizens_district(
    service: Service, sessions: Sessions, clock: Clock, desk: Desk
) -> None:
    with sessions.begin() as db:
        live(db, "7", district="江岸")
    bring(service, "7,,high,loan,2026-06-01\n")
    clock.turn(hours=1)

    risk.escalate(service, desk)

    with sessions() as db:
        case = db.scalars(select(Case)).one()
    assert (case.district, case.cause, case.reasons) == ("江岸", "warning", ["reason.warning"])


def test_the_share_dissuaded_comes_with_its_interval(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(10):
            live(db, f"{n + 1}")
    bring(service, "".join(f"{n + 1},,high,loan,2026-06-01\n" for n in range(10)))
    send_due(sessions, clock())
    with sessions.begin() as db:
        for n, each in enumerate(db.scalars(select(Warned).order_by(Warned.id))):
            if n < 9:
                store.answer(db, each, "paid" if n == 0 else "safe", now=clock())

    with sessions.begin() as db:
        found = figures.stats(db)

    assert found["warnings"] == 10
    assert found["delivery"]["sent"] == 10  # type: ignore[index]
    assert found["outcome"] == {"dissuaded": 8, "paid": 1, "unreachable": 0, "mistaken": 0}
    assert found["dissuasion"]["rate"] == pytest.approx(8 / 9)  # type: ignore[index]
    assert found["dissuasion"]["low"] < 8 / 9 < found["dissuasion"]["high"]  # type: ignore[index]


def test_an_officers_outcome_needs_the_role(service: Service, sessions: Sessions) -> None:
    with sessions.begin() as db:
        live(db, "7")
    bring(service, "7,,high,loan,2026-06-01\n")

    with sessions.begin() as db:
        found = db.scalars(select(Warned)).one()
        publisher = officers.add(
            db, telegram_id=777, name="P", roles=[Role.PUBLISHER], district=None
        )
        with pytest.raises(store.NotAllowed):
            store.close(db, found, Outcome.MISTAKEN, by=publisher, now=service.clock())
        store.close(db, found, Outcome.MISTAKEN, by=_officer(db, DISPATCHER), now=service.clock())
    assert one(sessions).outcome == "mistaken"


# -- check-ins and rises --------------------------------------------------------------------


def test_a_check_in_comes_the_next_day_and_not_at_night(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as db:
        early = live(db, "7", quiet_from=720, quiet_to=1080)
        for citizen in (early, live(db, "8"), live(db, "9", left_at=clock())):
            store.plan_check_in(db, citizen_id=citizen.id, type="loan", now=clock())  # type: ignore[arg-type]

    risk.ask(service)
    assert send_due(sessions, clock()) == []
    clock.turn(hours=22)  # 13:30 in Wuhan
    risk.ask(service)

    assert send_due(sessions, clock()) == ["8"]
    clock.turn(hours=4, minutes=30)
    risk.ask(service)
    assert send_due(sessions, clock()) == ["7"]
    with sessions() as db:
        assert len(db.scalars(select(CheckIn)).all()) == 2


def test_a_check_in_waits_until_nobody_watches_the_citizen(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as db:
        citizen = live(db, "7")
        store.plan_check_in(db, citizen_id=citizen.id, type="loan", now=clock())  # type: ignore[arg-type]
    clock.turn(hours=10)
    with sessions.begin() as db:
        db.get_one(Citizen, citizen.id).discreet_since = clock()

    clock.turn(hours=13)
    risk.ask(service)
    assert send_due(sessions, clock()) == []
    clock.turn(hours=11)
    risk.ask(service)
    assert send_due(sessions, clock()) == ["7"]


def test_a_rise_in_a_district_is_offered_once_and_drafted_without_names(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(8):
            citizen = live(db, f"{n}", district="江岸")
            live(db, f"other{n}", district="武昌")
            for _ in range(3):  # one loud reporter is one
                db.add(report(citizen.id, clock() - timedelta(days=n % 6)))
        lonely = live(db, "lonely", district="汉阳")
        for _ in range(50):
            db.add(report(lonely.id, clock()))

    assert risk.watch(service) == 1
    assert risk.watch(service) == 0

    with sessions.begin() as db:
        told = db.scalars(
            text("SELECT body ->> 'text' FROM outbox_message WHERE dedup_key LIKE 'rise:%'")
        ).all()
        from actions.campaigns import rise

        [made] = rise.list_open(db)
        drafted = risk.draft(db, made, service.region, by=_officer(db, 502), now=clock())
        assert (drafted.status, drafted.audience) == ("draft", {"districts": ["江岸"]})
        assert rise.list_open(db) == []
    assert len(told) == 3  # author, second publisher, admin
    assert "8 位市民" in told[0]


def report(citizen_id: int, when: datetime) -> Report:
    return Report(
        citizen_id=citizen_id,
        text="x",
        origin="own",
        verdict="scam",
        type="loan",
        stage="contacted",
        escalate=False,
        confidence=0.9,
        reasons=[],
        judged_by="rules",
        received_at=when,
    )


def test_forty_thousand_warnings_are_queued_and_accounted_for(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    """A tenth of the bar; `make campaigns` does all of it."""
    number = 4_000
    with sessions.begin() as db:
        db.execute(
            text(
                "INSERT INTO citizen (channel, address, language_chosen, step, facts)"
                " SELECT 'telegram', n::text, false, 'listening', '{}'"
                " FROM generate_series(1, :n) AS n"
            ),
            {"n": number},
        )
    lines = "".join(f"{n},,medium,loan,2026-06-01\n" for n in range(1, number + 101))

    done = bring(service, lines)

    assert done == Imported(number, 100, 0)
    with sessions.begin() as db:
        found = figures.stats(db)
        queued = db.scalar(text("SELECT count(DISTINCT recipient) FROM outbox_message"))
    assert queued == found["delivery"]["queued"] == number  # type: ignore[index]
    assert found["warnings"] == number + 100
