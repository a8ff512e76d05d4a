"""Build everything a process needs from the settings, and take it down again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from actions.outbox import leases
from bot import clock, database, regions
from bot.database import Sessions
from bot.desk import Desk
from bot.nlu.client import NluClient
from bot.nlu.server import NluServer
from bot.regions import Region
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """What every part of a process shares."""

    settings: Settings
    region: Region
    url: str
    engine: Engine
    sessions: Sessions
    clock: Callable[[], datetime]

    @property
    def desk(self) -> Desk:
        """The officers' chat on Telegram, if there is one."""
        chat = self.settings.dispatch_chat_id
        return Desk(str(chat) if chat is not None else None, self.region)


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
            )
        finally:
            engine.dispose()


def _time(sessions: Sessions) -> datetime:
    with sessions() as db:
        return leases.clock(db)


def nlu(settings: Settings) -> tuple[NluClient, NluServer | None]:
    """Return the NLU client, and the server to be run as a child when no other is set."""
    if settings.nlu_url == "off":
        return NluClient(None), None
    if settings.nlu_url:
        return NluClient(settings.nlu_url), None
    server = NluServer(settings.home)
    return NluClient(lambda: server.url), server
