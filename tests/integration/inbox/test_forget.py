"""Whoever asks to be forgotten is gone from every table, and is told what the law keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Text, cast, func, select

from actions.audit.models import AuditEntry
from actions.cases import store as cases
from actions.cases.models import Case, Outcome
from actions.cases.thread import Written
from actions.citizens import store as citizens
from actions.citizens.models import Citizen
from actions.models import metadata
from actions.officers.models import Officer, Role
from actions.outbox import store as outbox
from actions.outbox.models import OutboxMessage
from actions.outbox.policy import Unavailable
from actions.outbox.store import Settlement
from actions.reports.models import Report
from bot import desk as duty
from bot import inbox, relay, schedule
from bot.database import Sessions
from bot.inbound import Inbound, Words
from tests.line import Line

ADDRESS = "730011223"
PHONE = "15927001122"
LIVE = f"公安局说我涉嫌洗钱，让我转到安全账户，电话还没挂，对方号码{PHONE}"
WORDS = "绿萝巷十七号"  # said once, found nowhere afterwards
AWAY = Unavailable("TimedOut")
OTHER_WORDS = "桂子里四号"  # another citizen's


@pytest.fixture
def line(line: Line) -> Line:
    line.address = ADDRESS
    return line


def found_anywhere(sessions: Sessions, needle: str) -> list[str]:
    """Return every column of every table that holds the needle in its textual form."""
    places = []
    with sessions() as db:
        for table in metadata.sorted_tables:
            for column in table.columns:
                held = select(func.count()).where(cast(column, Text).contains(needle))
                if db.scalar(held.select_from(table)):
                    places.append(f"{table.name}.{column.name}")
    return places


def tell_all_and_close(line: Line, hire: Callable[..., Officer]) -> str:
    hire(7)
    line.says(LIVE)
    assert line.case
    line.says(f"我住在{WORDS}，他让我别告诉家里人")
    line.presses("money", "yes")
    line.officer(7, "claim")
    line.says(f"我的地址是{WORDS}")
    line.officer(7, "close", "stopped")
    return line.case.code


def test_no_table_holds_a_word_of_a_citizen_who_was_forgotten(
    line: Line, hire: Callable[..., Officer], sessions: Sessions, noise: None
) -> None:
    tell_all_and_close(line, hire)
    assert len(found_anywhere(sessions, WORDS)) >= 2  # the search finds what is there
    assert len(found_anywhere(sessions, ADDRESS)) >= 2

    line.commands("forget")
    line.presses("forget", "yes")

    assert found_anywhere(sessions, WORDS) == []
    # The answer itself is still on its way; its row goes once it has left.
    assert found_anywhere(sessions, ADDRESS) == ["outbox_message.recipient"]
    with sessions() as db:
        rows = db.scalars(select(OutboxMessage).where(OutboxMessage.recipient == ADDRESS)).all()
    assert [row.fleeting for row in rows] == [True]


def test_what_is_kept_is_said_and_is_the_polices_own(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    code = tell_all_and_close(line, hire)

    line.commands("forget")
    answered = line.presses("forget", "yes")

    assert code in answered
    with sessions() as db:
        case = db.scalars(select(Case)).one()
    assert (case.code, case.citizen_id, case.outcome) == (code, None, "stopped")


def test_a_citizen_without_a_case_hears_that_nothing_is_kept(line: Line, desk: object) -> None:
    line.says("明天武汉下雨吗")

    assert "没有留下任何记录" in line.presses("forget", "yes")
    assert line.citizen is None


def test_the_audit_log_notes_it_without_saying_who(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    tell_all_and_close(line, hire)

    line.presses("forget", "yes")

    with sessions() as db:
        entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.event, entry.actor, entry.details) == (
        "citizen.forgotten",
        "citizen",
        {"cases": 1},
    )


def test_while_a_case_is_open_nothing_is_deleted_and_the_reason_is_said(
    line: Line, sessions: Sessions
) -> None:
    line.says(LIVE)
    assert line.case

    answered = line.presses("forget", "yes")

    assert line.case.code in answered
    assert line.citizen is not None


def test_nobody_else_is_forgotten(line: Line, sessions: Sessions, noise: None) -> None:
    def others() -> tuple[int | None, ...]:
        with sessions() as db:
            return tuple(
                db.scalar(select(func.count()).select_from(table))
                for table in (Citizen, Report, Case)
            )

    before = others()
    line.says("明天武汉下雨吗")

    line.presses("forget", "yes")

    assert others() == before
    with sessions() as db:
        bodies = db.scalars(select(OutboxMessage.body)).all()
    assert {} not in bodies  # other cases' cards keep their words


def test_somebody_who_was_forgotten_may_come_again_as_a_stranger(
    line: Line, hire: Callable[..., Officer]
) -> None:
    tell_all_and_close(line, hire)
    line.presses("forget", "yes")

    assert line.sends(Words(LIVE)) != ""
    assert line.citizen is not None


def all_is_sent(line: Line) -> None:
    with line.sessions.begin() as db:
        for n, row in enumerate(db.scalars(select(OutboxMessage))):
            row.status, row.external_ref, row.settled_at = "sent", str(n), line.now


def test_the_officers_chat_no_longer_shows_the_words(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    tell_all_and_close(line, hire)
    all_is_sent(line)
    with sessions.begin() as db:
        shown = {
            row.dedup_key
            for row in db.scalars(select(OutboxMessage))
            if row.recipient == line.desk.chat and WORDS in str(row.body)
        }

    line.presses("forget", "yes")

    with sessions() as db:
        waiting = db.scalars(select(OutboxMessage).where(OutboxMessage.status == "waiting")).all()
    edited = {row.body.get("edits") for row in waiting}
    card = next(row for row in waiting if str(row.body.get("edits", "")).endswith(":card"))
    assert {key for key in shown if ":edit:" not in key} <= edited
    assert "市民已要求删除其信息" in str(card.body["text"])
    assert WORDS not in str([row.body for row in waiting])


def test_what_was_on_the_wire_is_not_sent_again_without_its_words(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    tell_all_and_close(line, hire)
    with sessions.begin() as db:
        wire = outbox.claim(db, channels=["telegram"], limit=100, now=line.now)
    assert any(each.recipient == line.desk.chat for each in wire)

    line.presses("forget", "yes")
    with sessions.begin() as db:
        results = [
            Settlement(each.id, each.attempts, each.lane, each.channel, each.recipient, AWAY)
            for each in wire
        ]
        outbox.settle_many(db, results, now=line.now)

    with sessions.begin() as db:
        soon = line.now + timedelta(minutes=1)
        again = outbox.claim(db, channels=["telegram"], limit=100, now=soon)
    assert again
    assert [each for each in again if not each.body] == []


# -- whose case was merged into another citizen's ----------------------------------------------


@pytest.fixture
def other(line: Line, hire: Callable[..., Officer]) -> Line:
    """The other citizen, in whose case ours was heard too until it was closed."""
    by = hire(7, "李卫东", Role.SUPERVISOR)
    other = Line(line.sessions, line.desk, line.now, address="4001")
    other.says(f"{LIVE}，我住在{OTHER_WORDS}")
    into = other.case
    line.says(f"{LIVE}，我住在{WORDS}")
    merge(line, line.case, into, by)
    line.now += timedelta(minutes=2)
    with line.sessions.begin() as db:
        schedule.ring(db, line.desk, now=line.now)  # the card goes to an officer in person, too
    line.says(f"他在{WORDS}等我")
    picture = {"content": Words(f"这张是在{WORDS}拍的"), "photo": "file", "ref": "55"}
    with line.sessions.begin() as db:
        message = Inbound(line.channel, "update:picture", line.address, **picture)
        inbox.receive(db, message, understanding=None, desk=line.desk, now=line.now)
        found = cases.find(db, code=into.code)
        duty.claim(db, line.desk, found, by=by, now=line.now)
        to = citizens.find(db, channel=line.channel, address=line.address)
        written = Written(f"别回{WORDS}")
        relay.write(db, line.desk, found, written, by=by, now=line.now, to=to)
    other.says(f"他也来过{OTHER_WORDS}")
    return other


def merge(line: Line, case: Case | None, into: Case | None, by: Officer) -> None:
    assert case
    assert into
    with line.sessions.begin() as db:
        both = [db.get_one(Case, each.id) for each in (case, into)]
        duty.merge(db, line.desk, both[0], into=both[1], by=by, now=line.now)


def close(line: Line) -> None:
    """End the only case that is open."""
    with line.sessions.begin() as db:
        case = db.scalars(select(Case).where(Case.status != "closed")).one()
        by = db.scalars(select(Officer).where(Officer.telegram_id == 7)).one()
        duty.close(db, line.desk, case, Outcome.STOPPED, by=by, now=line.now)


@pytest.mark.parametrize("sent", [True, False], ids=["all is sent", "nothing has left"])
def test_no_table_holds_what_was_said_in_the_case_that_ones_own_was_merged_into(
    line: Line, other: Line, sessions: Sessions, *, sent: bool
) -> None:
    close(line)
    if sent:
        all_is_sent(line)
    assert len(found_anywhere(sessions, WORDS)) >= 2
    theirs = found_anywhere(sessions, OTHER_WORDS)

    line.presses("forget", "yes")

    assert found_anywhere(sessions, WORDS) == []
    assert found_anywhere(sessions, ADDRESS) == ["outbox_message.recipient"]  # the answer
    assert found_anywhere(sessions, OTHER_WORDS) == theirs


def test_no_table_holds_it_when_that_case_was_merged_into_a_third(
    line: Line, other: Line, sessions: Sessions
) -> None:
    third = Line(line.sessions, line.desk, line.now, address="4002")
    third.says(LIVE)
    third.officer(7, "claim")
    with sessions() as db:
        by = db.scalars(select(Officer).where(Officer.telegram_id == 7)).one()
        second = db.scalars(select(Case).where(Case.citizen.has(address=other.address))).one()
    merge(line, second, third.case, by)
    close(line)

    line.presses("forget", "yes")

    assert found_anywhere(sessions, WORDS) == []


def test_the_officers_chat_no_longer_shows_what_was_said_in_the_other_case(
    line: Line, other: Line, sessions: Sessions
) -> None:
    close(line)
    all_is_sent(line)
    with sessions() as db:
        ours = select(OutboxMessage).where(OutboxMessage.recipient == line.desk.chat)
        rows = db.scalars(ours).all()
    shown = {str(row.body.get("edits", row.dedup_key)) for row in rows if WORDS in str(row.body)}
    refs = {row.dedup_key: row.external_ref for row in rows}
    others = {
        row.dedup_key for row in rows if ":tell:" in row.dedup_key and OTHER_WORDS in str(row.body)
    }

    line.presses("forget", "yes")

    with sessions() as db:
        waiting = db.scalars(select(OutboxMessage).where(OutboxMessage.status == "waiting")).all()
    edited = {row.body["edits"]: str(row.body["text"]) for row in waiting if "edits" in row.body}
    deleted = {row.body.get("delete") for row in waiting}
    assert sum(key.endswith(":card") for key in shown) == 2
    assert {key for key in shown if refs[key] not in deleted} <= set(edited)
    assert WORDS not in str(edited)
    assert any(OTHER_WORDS in said for said in edited.values())  # the other's card
    assert others
    assert not others & set(edited)
