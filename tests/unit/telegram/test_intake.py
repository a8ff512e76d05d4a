"""Taking in: what says that the database is away, and what one update brought about itself."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels.telegram.intake import is_outage


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
