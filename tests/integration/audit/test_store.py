"""The audit log only grows."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from actions.audit import store
from actions.audit.models import AuditEntry
from bot.database import Sessions


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE false",
        "TRUNCATE audit_entry",
    ],
)
def test_the_database_refuses_to_change_the_audit_log(
    sessions: Sessions, now: datetime, statement: str
) -> None:
    with sessions.begin() as db:
        store.record(
            db, "case.opened", actor="citizen:1", now=now, case_code="C-22222", cause="live"
        )

    with pytest.raises(SQLAlchemyError, match="append-only"), sessions.begin() as db:
        db.execute(text(statement))

    with sessions() as db:
        entry = db.scalars(select(AuditEntry)).one()
    assert (entry.at, entry.actor, entry.details) == (now, "citizen:1", {"cause": "live"})


def test_an_entry_goes_with_the_transaction_it_tells_of(sessions: Sessions, now: datetime) -> None:
    with pytest.raises(ProgrammingError), sessions.begin() as db:  # noqa: PT012
        store.record(db, "case.opened", actor="citizen:1", now=now)
        db.execute(text("SELECT * FROM nothing"))

    with sessions() as db:
        assert db.scalars(select(AuditEntry)).all() == []


def test_a_naive_time_is_refused(sessions: Sessions, now: datetime) -> None:
    with pytest.raises(SQLAlchemyError, match="naive"), sessions.begin() as db:
        store.record(db, "case.opened", actor="citizen:1", now=now.replace(tzinfo=None))
