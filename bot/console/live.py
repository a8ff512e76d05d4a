"""What changes, told to every open console the moment it is committed.

One connection per process listens to the database and wakes the streams of those who may see the
case. A stream carries only "this case changed": the page then fetches what its officer may see.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from actions.audit import store as audit
from actions.audit.models import AuditEntry
from actions.cases import store as cases
from actions.cases.access import may_see
from actions.cases.models import Case, Status
from actions.codes import CASE
from actions.officers import sign_in
from actions.officers.models import DESK, Officer
from bot import database
from bot.console.asking import COOKIE
from bot.wiring import Service

log = structlog.get_logger()

CHANNEL = audit.CHANNEL
RING = frozenset(  # after these a case waits for somebody
    {"case.opened", "case.released", "case.reopened", "case.offered_again", "case.alerted"}
    | {"case.nobody_alerted", "case.nobody_on_duty"}
)
BEAT = timedelta(seconds=5)  # a stream that is silent for longer is taken for lost
WAITING = 256  # signals a slow reader may be behind; one that is further looks at everything anew


@dataclass(frozen=True, slots=True)
class Signal:
    """Something about a case changed; `opened` means that it waits for somebody."""

    case: Case  # detached
    opened: bool


@dataclass(slots=True, eq=False)
class Stream:
    """One open console."""

    officer: Officer
    signals: asyncio.Queue[Signal | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=WAITING)
    )

    def put(self, signal: Signal | None) -> None:
        """Pass a signal on; None, or one too many, means: look at everything anew."""
        if signal is not None and not may_see(self.officer, signal.case):
            return
        try:
            self.signals.put_nowait(signal)
        except asyncio.QueueFull:
            while not self.signals.empty():
                self.signals.get_nowait()
            self.signals.put_nowait(None)


class Live:
    """Listens to the database for every console of this process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._streams: set[Stream] = set()
        self._closed = asyncio.Event()
        self.state = "down"  # "up" while it hears what changes

    async def run(self) -> None:
        """Listen until cancelled; reconnect for ever."""
        self._closed.clear()
        try:
            while True:
                try:
                    await self._listen()
                except (psycopg.Error, SQLAlchemyError) as error:
                    self.state = "down"
                    log.warning("console.listen_lost", error=error)
                    await asyncio.sleep(1)
        finally:
            self.state = "down"
            self._closed.set()

    async def _listen(self) -> None:
        where = database.conninfo(self._service.url)
        connecting = psycopg.AsyncConnection.connect(where, autocommit=True)
        async with await connecting as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.state = "up"
            self._publish(None)  # something may have changed while nobody listened
            async for notice in connection.notifies():
                if self._streams and CASE.fullmatch(notice.payload):
                    self._publish(await asyncio.to_thread(self._look_up, notice.payload))

    def _look_up(self, code: str) -> Signal | None:
        with self._service.sessions() as db:
            case = cases.find(db, code=code)
            if case is None:
                return None
            last = db.scalars(
                select(AuditEntry.event)
                .where(AuditEntry.case_code == code)
                .order_by(AuditEntry.id.desc())
                .limit(1)
            ).first()
            return Signal(case, opened=case.status == Status.OPEN and last in RING)

    def _publish(self, signal: Signal | None) -> None:
        for stream in self._streams:
            stream.put(signal)

    async def events(self, token: str, officer: Officer) -> AsyncIterator[str]:
        """Yield what the officer's browser hears, with a beat in the silences."""
        stream = Stream(officer)
        self._streams.add(stream)
        try:
            yield "retry: 1000\nevent: look\ndata: {}\n\n"
            checked = asyncio.get_running_loop().time()
            while not self._closed.is_set():
                try:
                    signal = await asyncio.wait_for(stream.signals.get(), BEAT.total_seconds())
                except TimeoutError:
                    yield "event: beat\ndata: {}\n\n"
                else:
                    yield _event(signal)
                if asyncio.get_running_loop().time() - checked >= BEAT.total_seconds():
                    checked = asyncio.get_running_loop().time()
                    if (known := await asyncio.to_thread(self.who, token)) is None:
                        yield "event: ended\ndata: {}\n\n"
                        return
                    stream.officer = known
        finally:
            self._streams.discard(stream)

    def who(self, token: str) -> Officer | None:
        """Return the officer whose session this is, while it lasts and they may work cases."""
        with self._service.sessions.begin() as db:
            session = sign_in.find_session(db, token, now=self._service.clock())
            return session.officer if session and session.officer.may(DESK) else None


def _event(signal: Signal | None) -> str:
    if signal is None:
        return "event: look\ndata: {}\n\n"
    case = signal.case
    told = {"code": case.code, "opened": signal.opened, "urgent": case.urgent}
    return f"event: case\ndata: {json.dumps(told)}\n\n"


def route(live: Live) -> Route:
    """Return the route of the stream."""

    async def events(request: Request) -> Response:
        token = request.cookies.get(COOKIE, "")
        officer = await asyncio.to_thread(live.who, token)
        if officer is None:
            return Response(status_code=401)
        return StreamingResponse(
            live.events(token, officer),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    return Route("/events", events, methods=["GET"])
