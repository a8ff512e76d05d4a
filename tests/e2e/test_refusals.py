"""What an operator can mend is one line that says how, and exit code 2."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.double import BotApi

if TYPE_CHECKING:
    from conftest import Database, Host

Connect = Callable[..., dict[str, str]]
NewDatabase = Callable[..., "Database"]


@pytest.fixture
def taken() -> Iterator[str]:
    """An address where something listens already."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield f"127.0.0.1:{other.getsockname()[1]}"


def refused(done: subprocess.CompletedProcess[str], *says: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    told = [line for line in told if not re.match(r"(console on|Telegram is off)", line)]
    assert len(told) == 1, done.stderr
    assert told[0].startswith("fanzha: ")
    for each in says:
        assert each in told[0]


def test_a_port_that_is_taken(host: Host, new_database: NewDatabase, taken: str) -> None:
    done = host.run("run", DATABASE_URL=new_database().url, CONSOLE_LISTEN=taken)

    refused(done, "FANZHA_CONSOLE_LISTEN", taken, "set another address")


def test_the_webhooks_port_is_taken(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect, taken: str
) -> None:
    settings = connect(api, new_database(), "webhook") | {"TELEGRAM_LISTEN": taken}

    refused(host.run("run", **settings, CONSOLE_LISTEN="127.0.0.1:0"), "FANZHA_TELEGRAM_LISTEN")


def test_a_token_that_telegram_does_not_know(
    host: Host, api: BotApi, new_database: NewDatabase, connect: Connect
) -> None:
    settings = connect(api, new_database()) | {"TELEGRAM_TOKEN": "1:wrong-token"}

    done = host.run("run", **settings, CONSOLE_LISTEN="127.0.0.1:0")

    refused(done, "FANZHA_TELEGRAM_TOKEN", "@BotFather")
    assert "wrong-token" not in done.stderr


def test_an_empty_database(host: Host, new_database: NewDatabase) -> None:
    refused(
        host.run("run", DATABASE_URL=new_database(empty=True).url),
        "is empty",
        "run `fanzha db upgrade` first",
    )


def test_an_old_schema(host: Host, new_database: NewDatabase) -> None:
    db = new_database()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    refused(
        host.run("run", DATABASE_URL=db.url), "has schema 0000", "run `fanzha db upgrade` first"
    )


def test_a_newer_schema(host: Host, new_database: NewDatabase) -> None:
    db = new_database()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for command in (("run",), ("db", "upgrade")):
        refused(host.run(*command, DATABASE_URL=db.url), "schema 9999", "newer than this version")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://fanzha:hush@hush@127.0.0.1:9/fanzha",
        "postgresql://127.0.0.1:9/fanzha?password=hush",
    ],
)
def test_a_password_is_in_no_message(host: Host, url: str) -> None:
    done = host.run("run", DATABASE_URL=url)

    refused(done, "does not answer", "FANZHA_DATABASE_URL")
    assert "hush" not in done.stderr


def test_a_database_that_is_not_there(host: Host) -> None:
    done = host.run("run", DATABASE_URL="postgresql://fanzha:hushhush@127.0.0.1:9/fanzha")

    refused(done, "does not answer", "FANZHA_DATABASE_URL")
    assert "hushhush" not in done.stderr


def test_a_setting_that_means_nothing(host: Host) -> None:
    refused(host.run("run", REGION="atlantis"), "FANZHA_REGION", "cn-wuhan")


def test_a_part_that_does_not_exist(host: Host) -> None:
    done = host.run("run", "--only", "telegram,kitchen")

    assert done.returncode == 2
    assert "kitchen" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["assess", "chat", "officers list", "db upgrade"])
def test_every_command_tells_of_a_dead_database_in_a_line(host: Host, command: str) -> None:
    done = host.run(*command.split(), DATABASE_URL="postgresql://fanzha@127.0.0.1:9/fanzha")

    refused(done, "does not answer", "FANZHA_DATABASE_URL")
