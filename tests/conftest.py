"""What every test may use: an own PostgreSQL, an emptied database, a fixed time, closed doors.

The server is the embedded one, started once a run in a folder of its own; tests never see the
operator's settings, and no socket opens but to this machine.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from actions.models import metadata
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from bot import database, regions
from bot.database import Sessions
from bot.desk import Desk
from bot.nlu import train
from bot.nlu.client import NluClient
from bot.regions import Region
from bot.settings import PREFIX, Settings
from tests.line import Line

DISPATCH_CHAT = "-1001234567890"
EMPTY = "; ".join(f'DELETE FROM "{table.name}"' for table in metadata.sorted_tables)


class OutsideWorld(Exception):
    """A test tried to reach another machine."""


def _refuse_other_machines() -> None:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: Any) -> None:
        if not isinstance(address, tuple) or address[0] in ("localhost", ""):
            return
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise OutsideWorld(f"{address[0]}:{address[1]}")

    def guarded(self: socket.socket, address: Any) -> None:
        check(address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return connect_ex(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = guarded_ex  # type: ignore[method-assign,assignment]


def pytest_configure() -> None:
    """Close the doors before anything is imported that could look out of them."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    _refuse_other_machines()


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The FANZHA_HOME of this run, with the embedded PostgreSQL in it.

    Not under pytest's own folder: another run that starts shuts that for everybody but its owner,
    and PostgreSQL never runs as root.
    """
    with tempfile.TemporaryDirectory(prefix="fanzha-test-", ignore_cleanup_errors=True) as home:
        yield Path(home)


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    """Settings as an operator who set nothing has them, in a home of our own."""
    return Settings(home=home, _env_file=None)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def url(settings: Settings) -> Iterator[str]:
    """The URL of a database with every table in it."""
    with database.running(settings) as url:
        engine = database.engine(url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))  # nobody needs it tomorrow
            connection.execute(text("SELECT pg_reload_conf()"))
        database.upgrade(engine)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def engine(url: str) -> Iterator[Engine]:
    """One engine for the run; its pool has room for fifty threads."""
    engine = database.engine(url, pool=60)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """The factory of sessions on a database that is empty again afterwards."""
    yield database.sessions(engine)
    with engine.begin() as connection:
        # The audit log refuses to forget; a replica's triggers do not fire.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(EMPTY))


@pytest.fixture
def db(sessions: Sessions) -> Iterator[Session]:
    """A session; what the test does not commit is gone."""
    with sessions() as db:
        yield db


@pytest.fixture
def now() -> datetime:
    """Wednesday afternoon in Wuhan."""
    return datetime(2026, 5, 6, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def region() -> Region:
    """Wuhan."""
    return regions.load("cn-wuhan")


@pytest.fixture(scope="session")
def desk(region: Region) -> Desk:
    """The duty desk with a dispatch chat on Telegram."""
    return Desk(DISPATCH_CHAT, region)


@pytest.fixture
def no_nlu() -> NluClient:
    """The NLU client of FANZHA_NLU_URL=off: rules answer."""
    return NluClient(None)


@pytest.fixture(scope="session")
def model() -> Path:
    """The model of the present texts, trained first when it is stale."""
    return train.train(train.ROOT / "var", progress=lambda _: None)


@pytest.fixture
def line(sessions: Sessions, desk: Desk, now: datetime) -> Line:
    """A citizen on the line."""
    return Line(sessions, desk, now)


@pytest.fixture
def hire(sessions: Sessions) -> Callable[..., Officer]:
    """Put an officer on the list: `hire(7, "李卫东", Role.ADMIN)`; a dispatcher if no role."""

    def add(telegram_id: int = 7, name: str = "李卫东", *roles: Role) -> Officer:
        with sessions.begin() as db:
            return officers.add(
                db,
                telegram_id=telegram_id,
                name=name,
                roles=roles or [Role.DISPATCHER],
                district=None,
            )

    return add


@pytest.fixture
def noise(sessions: Sessions, desk: Desk, now: datetime, hire: Callable[..., Officer]) -> None:
    """Other people's rows, that a careless query would catch."""
    hire(9_999, "别处的王警官", Role.SUPERVISOR)
    for channel, address in (("telegram", "10010"), ("terminal", "1001")):
        other = Line(sessions, desk, now - timedelta(hours=2), address=address, channel=channel)
        other.says("公安局让我把钱转到安全账户，现在电话还没挂，我的电话是13971234567")
        other.officer(9_999, "claim")
    with sessions.begin() as db:
        waiting = {"channel": "telegram", "recipient": "10010", "body": {"text": "别人的提醒"}}
        outbox.enqueue(db, dedup_key="noise", lane=Lane.BULK, due_at=now, **waiting)
