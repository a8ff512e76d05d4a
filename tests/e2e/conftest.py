"""The real `fanzha run` as a process, a stand-in for Telegram, and a database for each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from actions.officers import store as officers
from actions.officers.models import Role
from bot import database
from bot.database import Sessions
from tests.double import BotApi, BotApiDouble

FANZHA = Path(sys.executable).parent / "fanzha"
DISPATCH = -1001096110
OFFICER = 7_001
SECRET = "webhook-secret-of-the-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Database:
    """A database of its own on the test run's server, with every table in it."""

    url: str
    admin: Engine
    sessions: Sessions
    engine: Engine

    @property
    def name(self) -> str:
        return str(make_url(self.url).database)

    def hire(self, telegram_id: int = OFFICER, name: str = "李卫东") -> None:
        with self.sessions.begin() as db:
            officers.add(
                db, telegram_id=telegram_id, name=name, roles=[Role.DISPATCHER], district=None
            )

    def value(self, sql: str) -> object:
        with self.engine.connect() as connection:
            return connection.scalar(text(sql))

    def go_away(self) -> None:
        self._admin(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self._admin(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{self.name}'"
        )

    def come_back(self) -> None:
        self._admin(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    def _admin(self, sql: str) -> None:
        with self.admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(sql))


@dataclass(slots=True)
class Service:
    """A running `fanzha run`."""

    process: subprocess.Popen[bytes]
    log: Path
    console: str

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def wait_until_running(self, timeout: float = 40) -> None:
        until = time.monotonic() + timeout
        while "fanzha is running" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)

    def stop(self, timeout: float = 20) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://{self.console}{path}", timeout=5, trust_env=False)


@dataclass(slots=True)
class Host:
    """Starts processes in a folder of their own, and stops what is left of them."""

    folder: Path
    running: list[Service] = field(default_factory=list)

    def run(
        self, *args: str, timeout: float = 60, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [FANZHA, *args],
            env=self._environment(settings),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, **settings: str) -> Service:
        console = settings.setdefault("CONSOLE_LISTEN", f"127.0.0.1:{free_port()}")
        log = self.folder / f"{uuid4().hex}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [FANZHA, "run"],
                env=self._environment(settings),
                cwd=self.folder,
                stdout=file,
                stderr=file,
            )
        service = Service(process, log, console)
        self.running.append(service)
        return service

    def stop_all(self) -> None:
        for service in self.running:
            if service.process.poll() is None:
                service.kill()

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        ours = {"FANZHA_HOME": str(self.folder / "home"), "FANZHA_NLU_URL": "off"}
        ours |= {f"FANZHA_{name}": value for name, value in settings.items()}
        return {**os.environ, **ours, "COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def new_database(url: str) -> Iterator[Callable[[], Database]]:
    """Make databases; each is a copy of one whose migrations ran."""
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    made: list[Database] = []

    def make(*, empty: bool = False) -> Database:
        name = f"e2e_{uuid4().hex[:10]}"
        own = make_url(url).set(database=name).render_as_string(hide_password=False)
        engine = database.engine(own)
        new = Database(own, admin, database.sessions(engine), engine)
        new._admin(f"CREATE DATABASE {name}")
        if not empty:
            database.upgrade(engine)
            new.hire()
        made.append(new)
        return new

    yield make
    for each in made:
        each.engine.dispose()
        each._admin(f"DROP DATABASE {each.name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="module")
def module_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("e2e"))
    yield host
    host.stop_all()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.stop_all()


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApiDouble(webhook_retry=0.1) as api:
        api.group(DISPATCH)
        yield api


def telegram(api: BotApi, db: Database, mode: str = "polling") -> dict[str, str]:
    """Return the settings that connect a service with the double and its database."""
    settings = {
        "DATABASE_URL": db.url,
        "TELEGRAM_TOKEN": api.token,
        "TELEGRAM_API": api.url,
        "DISPATCH_CHAT_ID": str(DISPATCH),
    }
    if mode == "webhook":
        listen = f"127.0.0.1:{free_port()}"
        settings |= {
            "TELEGRAM_LISTEN": listen,
            "TELEGRAM_WEBHOOK_URL": f"http://{listen}/telegram",
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
    return settings


@pytest.fixture
def connect() -> Callable[..., dict[str, str]]:
    return telegram


@pytest.fixture(scope="module", params=["polling", "webhook"])
def line_up(
    request: pytest.FixtureRequest, module_host: Host, new_database: Callable[[], Database]
) -> Iterator[tuple[BotApi, Database, Service]]:
    """One service for the tests of a module, in each mode; every test brings its own citizen."""
    with BotApiDouble(webhook_retry=0.1) as api:
        api.group(DISPATCH)
        db = new_database()
        service = module_host.start(**telegram(api, db, request.param))
        service.wait_until_running()
        yield api, db, service
        assert service.stop() == 0
