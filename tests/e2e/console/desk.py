"""A console that runs: its server in a thread of its own, officers, and citizens who write."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, select

from actions.audit.models import AuditEntry
from actions.cases.models import Case
from actions.officers import sign_in
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from bot import clock, inbox, web
from bot.console.app import application
from bot.console.live import Live
from bot.database import Sessions
from bot.inbound import Inbound, Words
from bot.regions import Region
from bot.settings import Address, Settings
from bot.wiring import Service

LIVE = "公安局的说我涉嫌洗钱，让我把50万转到安全账户，电话还没挂，不让我告诉家里人"


class Server(threading.Thread):
    """Serves the console until it is stopped; a new one may take its port."""

    def __init__(self, service: Service, port: int) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._socket = web.bind(Address(f"127.0.0.1:{port}"), setting="CONSOLE_LISTEN")
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _serve(self) -> None:
        live = Live(self._service)
        server = web.server(application(self._service, {}, live))
        server.config.timeout_graceful_shutdown = 1
        self._over = asyncio.Event()
        listening = asyncio.create_task(live.run())
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        self._ready.set()
        await self._over.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        server.should_exit = True
        await asyncio.wait([serving])
        self._socket.close()

    def begin(self) -> None:
        """Start, and return once it answers."""
        self.start()
        self._ready.wait(10)

    def end(self) -> None:
        """Stop, and return once nothing listens any more."""
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(10)


@dataclass(slots=True)
class Console:
    """The console under test, and the world around it."""

    service: Service
    server: Server
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def sessions(self) -> Sessions:
        return self.service.sessions

    def officer(
        self, name: str, *roles: Role, district: str | None = None, language: str | None = None
    ) -> Officer:
        """Put an officer on the list."""
        number = self.numbers.setdefault(name, 9000 + len(self.numbers))
        with self.sessions.begin() as db:
            officer = officers.add(
                db,
                telegram_id=number,
                name=name,
                roles=roles or (Role.DISPATCHER,),
                district=district,
            )
            officer.language = language
        return officer

    def link(self, officer: Officer, *, now: datetime | None = None) -> str:
        """Give an officer their one-time link, as the bot does."""
        with self.sessions.begin() as db:
            token = sign_in.issue(db, officer, now=now or clock.now())
        return f"{self.address}/sign-in#{token}"

    def says(self, text: str, *, citizen: str = "1001", now: datetime | None = None) -> None:
        """Let a citizen write to the bot."""
        number = self.numbers.setdefault("update", 0)
        self.numbers["update"] = number + 1
        message = Inbound("telegram", f"update:{number}", citizen, Words(text))
        with self.sessions.begin() as db:
            inbox.receive(
                db,
                message,
                understanding=None,
                desk=self.service.desk,
                now=now or clock.now(),
            )

    def case(self, citizen: str = "1001") -> Case:
        """Return the newest case of a citizen."""
        from actions.citizens.models import Citizen

        with self.sessions() as db:
            return db.scalars(
                select(Case)
                .join(Citizen, Citizen.id == Case.citizen_id)
                .where(Citizen.address == citizen)
                .order_by(Case.id.desc())
                .limit(1)
            ).one()

    def place(self, case: Case, **values: object) -> None:
        """Change a case behind everybody's back."""
        with self.sessions.begin() as db:
            found = db.get_one(Case, case.id)
            for name, value in values.items():
                setattr(found, name, value)

    def recorded(self, event: str) -> list[AuditEntry]:
        """Return the audit entries of one kind, oldest first."""
        with self.sessions() as db:
            return list(
                db.scalars(
                    select(AuditEntry).where(AuditEntry.event == event).order_by(AuditEntry.id)
                )
            )


def service(
    settings: Settings, url: str, engine: Engine, sessions: Sessions, region: Region, port: int
) -> Service:
    """Return the service of this run, with the real time."""
    own = settings.model_copy(
        update={"console_listen": Address(f"127.0.0.1:{port}"), "dispatch_chat_id": -1001234567890}
    )
    return Service(own, region, url, engine, sessions, clock.now)
