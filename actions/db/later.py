"""Writes whose answer nobody waits for, kept back and sent to the database together.

What takes in several messages in one transaction says the same few statements once for each; sent
together they are one round trip a statement. Nobody sees the difference: whatever is asked of the
session meanwhile is asked after they were sent, and a commit sends them first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import TextClause, event
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

_KEPT = "later"
# For a question whose answer nothing kept back could change: it need not be sent for that.
APART = {"apart": True}


def gather(db: Session) -> None:
    """Keep back from now on what is written with `write`, until it must be sent."""
    db.info[_KEPT] = {}


def write(db: Session, statement: TextClause, row: Mapping[str, object]) -> None:
    """Run a statement for its effect, at the latest before anything else is asked."""
    kept: dict[TextClause, list[Mapping[str, object]]] | None = db.info.get(_KEPT)
    if kept is None:
        db.execute(statement, row)
    else:
        kept.setdefault(statement, []).append(row)


def send(db: Session) -> None:
    """Send what was kept back, each statement with all its rows at once."""
    kept: dict[TextClause, list[Mapping[str, object]]] | None = db.info.get(_KEPT)
    if not kept:
        return
    statements = list(kept.items())
    kept.clear()
    for statement, rows in statements:
        db.connection().execute(statement, rows)


def listen(made: sessionmaker[Session]) -> None:
    """Let the sessions of this factory send what was kept back when it is time."""
    event.listen(made, "do_orm_execute", _before_question)
    event.listen(made, "before_commit", send)


def _before_question(state: ORMExecuteState) -> Any:
    if not state.execution_options.get("apart"):
        send(state.session)
