"""The embedded server: shared by the processes of one home, stopped by the last of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from bot import database
from bot.settings import Settings

PROCESS = """
import sys
from pathlib import Path
from sqlalchemy import text
from bot import database
from bot.settings import Settings
with database.running(Settings(home=Path(sys.argv[1]), _env_file=None)) as url:
    engine = database.engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
    print(url, flush=True)
    sys.stdin.read()
"""


class Member:
    """A process that uses the database of a home until it is told to leave."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def die(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fanzha-test-", ignore_cleanup_errors=True) as home:
        yield Path(home)
        if (pid := postmaster(Path(home))) is not None:  # a test failed
            psutil.Process(pid).terminate()


def postmaster(home: Path) -> int | None:
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    try:
        return pid if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def stopped(home: Path) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if postmaster(home) is None:
            return True
        time.sleep(0.05)
    return False


def test_processes_of_one_home_share_the_server_and_the_last_stops_it(home: Path) -> None:
    first, second = Member(home), Member(home)  # at once, on an empty home

    assert first.url() == second.url() != ""
    first.leave()
    assert postmaster(home) is not None
    second.leave()

    assert stopped(home)


def test_a_process_that_was_killed_does_not_keep_the_server_up(home: Path) -> None:
    killed = Member(home)
    assert killed.url()
    killed.die()
    assert postmaster(home) is not None  # nobody was there to stop it

    last = Member(home)
    assert last.url()
    last.leave()

    assert stopped(home)


def test_a_server_that_was_killed_is_started_again(home: Path) -> None:
    first = Member(home)
    assert first.url()
    server = postmaster(home)
    assert server
    for process in [psutil.Process(server), *psutil.Process(server).children(recursive=True)]:
        process.kill()
    first.die()

    second = Member(home)

    assert second.url()
    second.leave()
    assert stopped(home)


def test_the_mark_of_a_killed_server_may_carry_another_processs_number(home: Path) -> None:
    first = Member(home)
    assert first.url()
    mark = home / "postgres" / "postmaster.pid"
    held = mark.read_text().splitlines()
    first.leave()
    assert stopped(home)
    marks = "\n".join([str(os.getpid()), *held[1:]]) + "\n"
    mark.write_text(marks)  # the machine went down, and up again
    (home / "postgres" / ".s.PGSQL.5432.lock").write_text(marks)

    second = Member(home)

    assert second.url()
    second.leave()
    assert stopped(home)


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("not a folder")
    settings = Settings(home=file, _env_file=None)  # type: ignore[call-arg]

    with (
        pytest.raises(database.DatabaseAway, match="set FANZHA_HOME"),
        database.running(settings),
    ):
        pass


def test_a_servers_url_is_passed_on_in_the_form_we_use(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, database_url=SecretStr("postgres://a:b@c/d"), _env_file=None
    )  # type: ignore[call-arg]

    with database.running(settings) as url:
        assert url == "postgresql://a:b@c/d"
    assert list(tmp_path.iterdir()) == []
