"""Whoever asks to be forgotten is gone from every table, and is told what the law keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Text, cast, func, select

from actions.audit.models import AuditEntry
from actions.cases.models import Case
from actions.citizens.models import Citizen
from actions.models import metadata
from actions.officers.models import Officer
from actions.outbox.models import OutboxMessage
from actions.reports.models import Report
from bot.database import Sessions
from bot.inbound import Words
from tests.line import Line

ADDRESS = "730011223"
PHONE = "15927001122"
LIVE = f"公安局说我涉嫌洗钱，让我转到安全账户，电话还没挂，对方号码{PHONE}"
WORDS = "绿萝巷十七号"  # said once, found nowhere afterwards


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


def test_the_officers_chat_no_longer_shows_the_words(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    tell_all_and_close(line, hire)
    with sessions.begin() as db:  # everything so far has been sent
        for n, row in enumerate(db.scalars(select(OutboxMessage))):
            row.status, row.external_ref, row.settled_at = "sent", str(n), line.now
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
