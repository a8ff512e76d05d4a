"""Taking in: what can be read at all, and what says that the database is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from telegram import Bot, Update

from bot.channels.telegram.intake import is_outage, legible
from bot.channels.telegram.update import Illegible, answerable, chat_of

NAMELESS = {"id": 1001, "is_bot": False}
PRIVATE = {"id": 1001, "type": "private"}
GROUP = {"id": -100500, "type": "supergroup", "title": "家"}


def told(by: psycopg.Error, *, lost: bool = False) -> DBAPIError:
    """An error as SQLAlchemy passes it on."""
    as_it_names_it = {
        psycopg.IntegrityError: IntegrityError,
        psycopg.InterfaceError: InterfaceError,
    }
    kind = next((ours for its, ours in as_it_names_it.items() if isinstance(by, its)), None)
    made = kind or (OperationalError if isinstance(by, psycopg.OperationalError) else DBAPIError)
    return made("INSERT", {}, by, connection_invalidated=lost)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(told(psycopg.OperationalError()), id="it is not reached"),
        pytest.param(told(psycopg.InterfaceError()), id="the connection is closed"),
        pytest.param(told(errors.ConnectionFailure()), id="the connection failed"),
        pytest.param(told(errors.AdminShutdown()), id="it is stopped"),
        pytest.param(told(errors.CannotConnectNow()), id="it starts"),
        pytest.param(told(errors.TooManyConnections()), id="it has no connection left"),
        pytest.param(told(errors.DiskFull()), id="its disk is full"),
        pytest.param(told(errors.LockNotAvailable()), id="a lock is not to be had"),
        pytest.param(told(errors.DeadlockDetected()), id="two waited for each other"),
        pytest.param(told(errors.SerializationFailure()), id="two wanted the same"),
        pytest.param(told(errors.IoError()), id="its machine fails"),
        pytest.param(told(errors.InternalError_(), lost=True), id="it took the connection along"),
        pytest.param(PoolTimeout(), id="no connection comes free"),
    ],
)
def test_what_says_that_the_database_is_away(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(told(errors.ProgramLimitExceeded()), id="too long for an index"),
        pytest.param(told(errors.QueryCanceled()), id="takes too long"),
        pytest.param(told(errors.UniqueViolation()), id="there already"),
        pytest.param(told(errors.CheckViolation()), id="not allowed"),
        pytest.param(told(psycopg.DataError()), id="holds what no text may"),
        pytest.param(ValueError(), id="not of the database"),
        pytest.param(TimeoutError(), id="not of the pool"),
    ],
)
def test_what_an_update_brought_about_itself_is_no_outage(error: Exception) -> None:
    assert not is_outage(error)


def test_what_can_be_read_is_an_update(bot: Bot, message: Callable[..., dict[str, Any]]) -> None:
    read = legible(message(text="你好"), bot)

    assert isinstance(read, Update)
    assert answerable(read) == (1001, "zh-hans")


@pytest.mark.parametrize(
    ("content", "chat"),
    [
        pytest.param({"message": {"chat": PRIVATE, "from": NAMELESS}}, 1001, id="half a message"),
        pytest.param({"message": {"chat": GROUP, "from": NAMELESS}}, -100500, id="in a group"),
        pytest.param({"callback_query": {"message": {"chat": PRIVATE}}}, 1001, id="half a press"),
        pytest.param({"message": {"chat": {"id": "1001"}}}, None, id="a chat of another shape"),
        pytest.param({"message": {"chat": 1001}}, None, id="a chat that is a number"),
        pytest.param({"message": 3}, None, id="a message that is a number"),
    ],
)
def test_what_cannot_be_read_keeps_its_number_and_its_chat(
    bot: Bot, content: dict[str, Any], chat: int | None
) -> None:
    raw = {"update_id": 9, **content}

    read = legible(raw, bot)

    assert isinstance(read, Illegible)
    assert (read.update_id, chat_of(read), read.to_dict()) == (9, chat, raw)
    assert answerable(read) == ((1001, "") if chat == 1001 else None)


@pytest.mark.parametrize("raw", [None, 1, "text", [], {}, {"message": {}}, {"update_id": "nine"}])
def test_what_has_no_number_is_no_update(bot: Bot, raw: object) -> None:
    with pytest.raises(ValueError, match="not an update"):
        legible(raw, bot)
