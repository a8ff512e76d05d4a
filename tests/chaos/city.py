"""A city for tests and measurements: an own PostgreSQL, the Bot API double, real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine, text

from bot import database
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DISPATCH = -1001096110


class Fanzha:
    """One `fanzha run` as an operator starts it; may be killed and started again."""

    def __init__(self, log: Path, parts: str, environment: Mapping[str, str]) -> None:
        self._log, self._parts, self._environment = log, parts, dict(environment)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", "--only", self._parts],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until(self, said: str, timeout: float = 150.0, *, since: int = 0) -> None:
        until = time.monotonic() + timeout
        while said not in self._log.read_text(errors="replace")[since:]:
            if not self.alive or time.monotonic() > until:
                raise RuntimeError(f"{self._parts}: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None and self.alive:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ask it to end, as systemd does; return its exit code."""
        if self.process is None:
            return 0
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")


class City:
    """Where everything is, and how to start more of it."""

    def __init__(self, home: Path, url: str, engine: Engine) -> None:
        self.home, self.url, self.engine = home, url, engine
        self.sessions = database.sessions(engine)
        self._started: list[Fanzha] = []

    def fanzha(self, parts: str, *, name: str = "", **settings: object) -> Fanzha:
        """Prepare a process with these parts; settings by their short names."""
        chosen = {
            "home": self.home,
            "database_url": self.url,
            "nlu_url": "off",
            "console_listen": "127.0.0.1:0",
            **settings,
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FANZHA_")}
        environment = {
            **kept,
            **{f"FANZHA_{k.upper()}": str(v) for k, v in chosen.items() if v is not None},
        }
        made = Fanzha(self.home / f"{name or parts}-{len(self._started)}.log", parts, environment)
        self._started.append(made)
        return made

    def close(self) -> None:
        for each in self._started:
            each.kill()

    def scalar(self, query: str, **params: object) -> object:
        with self.engine.connect() as connection:
            return connection.execute(text(query), params).scalar()


@contextmanager
def city(home: Path, *, durable: bool = True) -> Iterator[City]:
    """Build a city in this folder and take it down again."""
    settings = Settings(home=home, _env_file=None)  # type: ignore[call-arg]
    with database.running(settings) as url:
        engine = database.engine(url)
        if not durable:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ALTER SYSTEM SET fsync = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
        database.upgrade(engine)
        built = City(home, url, engine)
        try:
            yield built
        finally:
            built.close()
            engine.dispose()


def postmaster(town: City) -> psutil.Process:
    """The PostgreSQL of this city."""
    pid = (town.home / "postgres" / "postmaster.pid").read_text().splitlines()[0]
    return psutil.Process(int(pid))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
