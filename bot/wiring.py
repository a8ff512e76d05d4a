"""Build everything a process needs from the settings, and take it down again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from actions.outbox import leases
from actions.vault import KEY_LENGTH, Vault, new_key
from bot import clock, database, regions
from bot.database import Sessions
from bot.desk import Desk, Forum
from bot.nlu.client import NluClient
from bot.nlu.server import NluServer
from bot.regions import Region
from bot.settings import PREFIX, BadSettings, Settings, decoded


@dataclass(frozen=True, slots=True)
class Service:
    """What every part of a process shares."""

    settings: Settings
    region: Region
    url: str
    engine: Engine
    sessions: Sessions
    clock: Callable[[], datetime]
    vault: Vault = field(default_factory=lambda: Vault(new_key()))  # `service` gives the real one
    forum: Forum = field(default_factory=Forum)

    @property
    def desk(self) -> Desk:
        """The officers' chat on Telegram, if there is one."""
        chat = self.settings.dispatch_chat_id
        return Desk(
            str(chat) if chat is not None else None,
            self.region,
            webhook=self.settings.webhook_url is not None,
            console=self.settings.console_address,
            vault=self.vault,
            forum=self.forum,
        )


@contextmanager
def service(settings: Settings) -> Iterator[Service]:
    """Connect to the database and check its schema.

    A new embedded database is ours alone and gets its tables here; any other that lacks them is
    the operator's to upgrade.
    """
    with database.running(settings) as url:
        engine = database.engine(url)
        try:
            if settings.database_url is None and database.is_empty(engine):
                database.upgrade(engine)
            database.check(engine, url)
            yield Service(
                settings,
                regions.load(settings.region),
                url,
                engine,
                made := database.sessions(engine),
                clock.SharedClock(lambda: _time(made)),
                _vault(settings),
            )
        finally:
            engine.dispose()


def _vault(settings: Settings) -> Vault:
    """Return the vault under the operator's key, or under one kept in a file of ours."""
    if settings.secret_key is not None:
        return Vault(decoded(settings.secret_key))
    file = settings.home / "secret.key"
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _keep(file, new_key())
    except FileExistsError:  # another process was first
        pass
    key = file.read_bytes()
    if len(key) != KEY_LENGTH:
        raise BadSettings(
            f"{file} is not a key of {KEY_LENGTH} bytes; put the right file back, or set "
            f"{PREFIX}SECRET_KEY. Without it, stop-payment requests cannot be read."
        )
    return Vault(key)


def _keep(file: Path, key: bytes) -> None:
    """Put a key in a file that nobody else reads: whole, or not at all."""
    written = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
        out.write(key)
    try:
        os.link(written, file)
    finally:
        written.unlink()


def _time(sessions: Sessions) -> datetime:
    with sessions() as db:
        return leases.clock(db)


def nlu(settings: Settings, *, model: Path | None = None) -> tuple[NluClient, NluServer | None]:
    """Return the NLU client, and the server to be run as a child when no other is set.

    `model` is another than the present one, to be compared with it.
    """
    if model is not None:
        # In a home of its own: another process's server of this one serves the present model.
        compared = NluServer(settings.home / "compared", model=model.resolve())
        return NluClient(lambda: compared.url), compared
    if settings.nlu_url == "off":
        return NluClient(None), None
    if settings.nlu_url:
        return NluClient(settings.nlu_url), None
    server = NluServer(settings.home)
    return NluClient(lambda: server.url), server
