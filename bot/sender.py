"""The worker that empties the outbox: claim, send, settle, in that order and for ever.

Short transactions stand around the network calls, so no database connection waits on a channel.
A commit wakes the worker; polling is only the safety net. What a worker has claimed is its own
while its lease lasts; it renews that every second, and sends nothing once it could not.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar
from uuid import uuid4

import psycopg
import structlog
from sqlalchemy.orm import Session

from actions.cases import pictures
from actions.outbox import leases, store
from actions.outbox.claim import Claimed
from actions.outbox.pace import AHEAD, Pace
from actions.outbox.policy import Outcome, Refused, Unavailable
from actions.outbox.store import Settlement
from bot import database, metrics, settling
from bot.channels.sender import Envelope, Sender
from bot.database import Sessions
from bot.held import Held

log = structlog.get_logger()
T = TypeVar("T")

POLL = 0.25  # seconds between two looks when nobody rings
IN_FLIGHT = 512  # messages on the wire, or about to be, at once
SPARE = 128  # of these, places that what nobody waits for cannot take
SETTLE_AGAIN = 0.5
TOGETHER = 0.01  # seconds between a claim that found something and the next one
GATHER = 0.02  # seconds in which what lands is settled in one transaction
LAST_WORDS = 10.0  # seconds a stopping worker gives what is in flight


class Afterwards(Protocol):
    """What else is written down, in the same transaction, when a message has landed."""

    def __call__(self, db: Session, settled: Settlement, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one look at the outbox gave."""

    claimed: list[Claimed] = field(default_factory=list)
    now: datetime | None = None  # the database's time, and ours when we asked for it
    asked_at: float = 0.0
    next_due: datetime | None = None


class OutboxWorker:
    """Sends what is due until it is stopped; any number may run beside each other."""

    def __init__(
        self,
        sessions: Sessions,
        senders: Mapping[str, Sender],
        *,
        clock: Callable[[], datetime],
        recipient: str | None = None,
        paces: Mapping[str, Pace] | None = None,
        afterwards: Afterwards | None = None,
    ) -> None:
        self.id = uuid4().hex
        self._recipient = recipient
        self._sessions = sessions
        self._senders = senders
        self._clock = clock
        self._paces = paces or {}
        self._afterwards = afterwards
        self._unpaced = tuple(channel for channel in senders if channel not in self._paces)
        self._wake = asyncio.Event()
        self._settling = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flying: set[asyncio.Task[None]] = set()
        self._results: deque[Settlement] = deque()  # the loop adds to it, a thread takes from it
        self._writing = threading.Lock()
        self._unsent: list[tuple[int, int]] = []
        self._held = Held()
        self._leased_until = 0.0  # on this process's steady clock
        self._stopping = False
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="outbox")

    @property
    def state(self) -> str:
        """`up` while its lease is renewed."""
        return "up" if time.monotonic() < self._leased_until else "down"

    def wake(self) -> None:
        """Look for due messages at once; may be called from any thread."""
        if self._loop is None:
            self._wake.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Send until `stop` is called."""
        self._loop = asyncio.get_running_loop()
        if self._senders:
            database.bell(self._sessions).subscribe(self.wake)
        living = asyncio.create_task(self._live())
        settling = asyncio.create_task(self._settle_for_ever())
        try:
            while not self._stopping:
                self._wake.clear()
                free = IN_FLIGHT - len(self._flying)
                batch = await self._in_thread(self._claim, free) if free else _Batch()
                for each in batch.claimed:
                    self._fly(each, batch)
                await self._rest(batch, free)
            if self._flying:
                await asyncio.wait(self._flying, timeout=LAST_WORDS)
        finally:
            for task in (living, settling):
                task.cancel()
            await asyncio.gather(living, settling, return_exceptions=True)
            await self._in_thread(self._leave)
            self._threads.shutdown(wait=False)

    async def run_once(self) -> int:
        """Send everything that is due now, one wave after another; return how many."""
        total = 0
        await self._in_thread(self._look_around)
        while True:
            batch = await self._in_thread(self._claim, IN_FLIGHT)
            if not batch.claimed:
                return total
            await asyncio.gather(*(self._deliver(each, batch) for each in batch.claimed))
            await self._in_thread(self._settle)
            total += len(batch.claimed)

    async def stop(self) -> None:
        """Finish what is in flight, give the rest back and return from `run`."""
        self._stopping = True
        self._wake.set()

    def _in_thread(self, work: Callable[..., T], *args: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args))

    # -- claiming

    def _fly(self, each: Claimed, batch: _Batch) -> None:
        task = asyncio.create_task(self._deliver(each, batch))
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._settling.set()

    async def _rest(self, batch: _Batch, free: int) -> None:
        if batch.claimed and self._unpaced and len(batch.claimed) < free:
            wait = POLL
        elif batch.claimed:
            wait = AHEAD.total_seconds() / 2 if self._paces else 0.0
        else:
            wait = POLL
        if batch.now is not None and batch.next_due is not None:
            wait = min(wait, max((batch.next_due - batch.now).total_seconds(), 0.005))
        if batch.claimed:
            # What rings meanwhile is claimed together; a message alone was claimed at once.
            await asyncio.sleep(TOGETHER)
        with contextlib.suppress(TimeoutError):
            if wait:
                await asyncio.wait_for(self._wake.wait(), wait)

    def _claim(self, limit: int) -> _Batch:
        try:
            self._renew()
            with self._held.claiming() as claimed, self._sessions.begin() as db:
                batch = self._look(db, limit)
                claimed += batch.claimed
            return batch
        except Exception as error:  # noqa: BLE001  the database is away: keep trying
            log.warning("outbox.claim_failed", error=error)
            time.sleep(0.2)
            return _Batch()

    def _look(self, db: Session, limit: int) -> _Batch:
        asked_at, now = time.monotonic(), leases.begin(db)
        claimed: list[Claimed] = []
        next_due: datetime | None = None
        if self._unpaced:
            claimed = store.claim(
                db,
                channels=self._unpaced,
                recipient=self._recipient,
                limit=limit,
                now=now,
                holder=self.id,
                spare=SPARE,
            )
        for channel, pace in self._paces.items():
            got = store.claim_paced(
                db,
                channel=channel,
                limit=limit - len(claimed),
                now=now,
                holder=self.id,
                pace=pace,
                spare=SPARE,
            )
            claimed += got
        if not claimed:
            next_due = store.next_due(db, channels=tuple(self._senders), now=now)
        return _Batch(claimed, now, asked_at, next_due)

    # -- leases

    def _renew(self) -> None:
        """Renew the lease, when it is time. Alone: what else is done may have to wait."""
        lasts = leases.LEASE.total_seconds()
        renewed = time.monotonic()
        if renewed > self._leased_until - lasts + leases.RENEW.total_seconds() / 2:
            with self._sessions.begin() as db:
                leases.begin(db)
                leases.renew(db, holder=self.id)
            self._leased_until = renewed + lasts

    async def _live(self) -> None:
        """Renew the lease, and take over from workers that did not renew theirs."""
        while True:
            await self._in_thread(self._look_around)
            await asyncio.sleep(leases.RENEW.total_seconds() / 2)

    def _look_around(self) -> None:
        lapsed = time.monotonic() > self._leased_until > 0
        try:
            self._renew()
            if lapsed:  # the database was away for all: let the others renew theirs, too
                return
            back = self._held.put_back(self._sessions, holder=self.id)
            with self._sessions.begin() as db:
                leases.begin(db)
                taken_over = leases.reclaim(db, channels=tuple(self._senders))
                expired = leases.expire(db)
        except Exception as error:  # noqa: BLE001  the database is away: keep trying
            self._leased_until = min(self._leased_until, time.monotonic() + 1)
            log.warning("outbox.renew_failed", error=error)
            return
        if taken_over or back:
            log.warning("outbox.taken_over", messages=taken_over, own=back)
            self.wake()
        if expired:
            log.info("outbox.expired", messages=expired)

    def _leave(self) -> None:
        """Record what is known, give back what was not tried, and say goodbye."""
        try:
            self._settle()
            with self._sessions.begin() as db:
                leases.begin(db)
                leases.give_back(db, self._unsent, holder=self.id)
                leases.end(db, holder=self.id)
        except Exception as error:  # noqa: BLE001  then the lease runs out
            log.warning("outbox.leave_failed", error=error)

    # -- sending

    async def _deliver(self, claimed: Claimed, batch: _Batch) -> None:
        if batch.now is not None and claimed.send_at > batch.now:
            ahead = (claimed.send_at - batch.now).total_seconds()
            await asyncio.sleep(ahead - (time.monotonic() - batch.asked_at))
        if self._stopping:
            self._unsent.append((claimed.id, claimed.attempts))
            return
        if time.monotonic() > self._leased_until:
            log.warning("outbox.lease_lost", message=claimed.id)
            self._held.leave((claimed.id, claimed.attempts))
            return  # it is somebody else's by now
        began = time.monotonic()
        outcome = await self._send(claimed)
        metrics.note_sent(claimed, outcome, batch.now, began, batch.asked_at)
        self._results.append(
            Settlement(
                claimed.id,
                claimed.attempts,
                claimed.lane,
                claimed.channel,
                claimed.recipient,
                outcome,
                claimed.body,
            )
        )

    async def _send(self, claimed: Claimed) -> Outcome:
        if "edits" in claimed.body and claimed.ref is None:
            return Refused("what it edits was never sent")
        body = claimed.body
        try:
            if "upload" in body:
                picture = await self._in_thread(self._picture, str(body["upload"]))
                if picture is None:
                    return Refused("its picture is gone")
                body = {**body, "photo": picture}
            envelope = Envelope(
                claimed.recipient, body, claimed.lane, claimed.ref, paid=claimed.paid
            )
            return settling.storable(await self._senders[claimed.channel].send(envelope))
        except Exception as error:  # noqa: BLE001  a bug delays its message, the rest goes on
            log.error("outbox.bug", message=claimed.id, error=error)
            return Unavailable(f"bug: {type(error).__name__}")

    def _picture(self, message: str) -> str | bytes | None:
        with self._sessions() as db:
            return pictures.find(db, code=message)

    # -- settling

    async def _settle_for_ever(self) -> None:
        """Settle whatever has landed since the last time, all in one transaction."""
        while True:
            await self._settling.wait()
            await asyncio.sleep(GATHER)
            self._settling.clear()
            if not self._results:
                continue
            if not await self._in_thread(self._settle):
                await asyncio.sleep(SETTLE_AGAIN)
                self._settling.set()
            self._wake.set()  # the next message of these chats may be due now

    def _follow_up(self, db: Session, settled: Settlement, now: datetime) -> None:
        if self._afterwards is None:
            return
        try:
            with db.begin_nested():
                self._afterwards(db, settled, now=now)
        except Exception as error:  # noqa: BLE001  what was sent is settled all the same
            log.error("outbox.follow_up_failed", message=settled.message_id, error=error)

    def _settle(self) -> bool:
        """Write down what is known; False when the database is away and it must be tried again."""
        with self._writing:  # who leaves waits for what is being written down
            # One by one, never a new queue in its place: what lands meanwhile would go to the old.
            results = [self._results.popleft() for _ in range(len(self._results))]
            unwritten = self._write(results)
            self._results.extendleft(reversed(unwritten))
            return not unwritten

    def _write(self, results: list[Settlement]) -> list[Settlement]:
        """Return what could not be written down. One that nobody can store keeps no other back."""
        if not results:
            return []
        try:
            with self._sessions.begin() as db:
                kept = settling.write_down(db, results, self._follow_up)
        except Exception as error:  # noqa: BLE001  it is settled when the database is back
            log.warning("outbox.settle_failed", messages=len(results), error=error)
            if isinstance(error, settling.AWAY):
                return results
            if (half := len(results) // 2) > 0:
                return self._write(results[:half]) + self._write(results[half:])
            bare = [settling.without_details(each) for each in results]
            return results if bare == results else self._write(bare)
        self._held.settled((each.message_id, each.attempt) for each in results)
        settling.note(results, kept)
        return []


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Call `wake` whenever another process has queued something; reconnect for ever."""
    while True:
        try:
            connecting = psycopg.AsyncConnection.connect(database.conninfo(url), autocommit=True)
            async with await connecting as connection:
                await connection.execute(f"LISTEN {store.CHANNEL}")
                wake()
                async for _ in connection.notifies():
                    wake()
        except psycopg.Error as error:
            log.warning("outbox.listen_lost", error=error)
            await asyncio.sleep(1)
