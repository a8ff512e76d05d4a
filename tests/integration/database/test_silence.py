"""A database that falls silent is given up soon, and so is a process that does."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from bot import database

LONGEST = 30  # seconds


def pump(source: socket.socket, sink: socket.socket) -> None:
    with source, sink, suppress(OSError):
        while came := source.recv(65536):
            sink.sendall(came)


@pytest.fixture
def over_network(url: str) -> Iterator[str]:
    """The URL of the test's database by way of TCP; the embedded server has a socket file."""
    [file] = Path(str(make_url(url).query["host"])).glob(".s.PGSQL.*[0-9]")

    def carry() -> None:
        with suppress(OSError):
            while True:
                near, far = door.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(str(file))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=carry, daemon=True).start()
        port = door.getsockname()[1]
        made = make_url(url).set(host="127.0.0.1", port=port).difference_update_query(["host"])
        yield made.render_as_string(hide_password=False)


def by_engine(url: str) -> dict[str, int]:
    bind = database.engine(url, pool=1)
    with bind.connect() as connection:
        asked = watched(connection.connection.dbapi_connection.pgconn.socket)
    bind.dispose()
    return asked


def by_listening(url: str) -> dict[str, int]:
    with psycopg.connect(database.conninfo(url)) as connection:
        return watched(connection.pgconn.socket)


def watched(number: int) -> dict[str, int]:
    """What this machine was told of the connection, by the name of the option."""
    options = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
    with closing(socket.socket(fileno=os.dup(number))) as same:
        return {
            name: same.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in options
        }


@pytest.mark.parametrize("connected", [by_engine, by_listening])
def test_a_database_that_falls_silent_is_given_up_within_half_a_minute(
    over_network: str, connected: Callable[[str], dict[str, int]]
) -> None:
    told = connected(over_network)

    assert 0 < told["TCP_USER_TIMEOUT"] <= LONGEST * 1000  # while we wait for what we asked
    probing = told["TCP_KEEPINTVL"] * told["TCP_KEEPCNT"]
    assert told["TCP_KEEPIDLE"] + probing <= LONGEST  # while nothing is under way


def test_the_database_gives_up_a_process_that_falls_silent_as_soon(engine: Engine) -> None:
    asked = text("SELECT name, reset_val::int FROM pg_settings WHERE name LIKE 'tcp\\_%'")

    with engine.connect() as connection:
        told = dict(connection.execute(asked).tuples().all())

    assert 0 < told["tcp_user_timeout"] <= LONGEST * 1000
    probing = told["tcp_keepalives_interval"] * told["tcp_keepalives_count"]
    assert 0 < told["tcp_keepalives_idle"] + probing <= LONGEST


def test_no_statement_lasts_for_ever_and_the_slowest_of_ours_has_time(engine: Engine) -> None:
    asked = text("SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'")

    with engine.connect() as connection:
        seconds = connection.scalar(asked)

    assert seconds is not None
    assert 300 <= seconds <= 3600  # queueing a million took 46 s on a busy machine
