"""The worker that empties the outbox: claim, send, settle, in that order and for ever.

Two short transactions stand around each network call, so no database connection waits on a
channel. NOTIFY wakes the worker; polling is only the safety net.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import structlog

from actions.citizens import store as citizens
from actions.outbox import store
from actions.outbox.models import Lane, OutboxMessage
from actions.outbox.policy import Blocked, Outcome, Refused, Unavailable
from bot.channels.sender import Envelope, Sender
from bot.database import Sessions

log = structlog.get_logger()

POLL = timedelta(milliseconds=500)
IN_FLIGHT = 32  # messages on the wire at once


@dataclass(frozen=True, slots=True)
class Claimed:
    """A leased message, detached from the database."""

    message_id: int
    attempt: int
    channel: str
    envelope: Envelope


class OutboxWorker:
    """Sends what is due until it is stopped; any number may run beside each other."""

    def __init__(
        self,
        sessions: Sessions,
        senders: Mapping[str, Sender],
        *,
        clock: Callable[[], datetime],
        recipient: str | None = None,
    ) -> None:
        self._recipient = recipient
        self._sessions = sessions
        self._senders = senders
        self._clock = clock
        self._wake = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self) -> None:
        """Look for due messages at once."""
        self._wake.set()

    async def run(self) -> None:
        """Send until `stop` is called."""
        while not self._stopping:
            self._wake.clear()
            free = IN_FLIGHT - len(self._flying)
            claimed = await asyncio.to_thread(self._claim, free) if free else []
            for each in claimed:
                task = asyncio.create_task(self._deliver(each))
                self._flying.add(task)
                task.add_done_callback(self._landed)
            if len(claimed) < free or not free:
                await self._rest()
        await asyncio.gather(*self._flying, return_exceptions=True)

    async def run_once(self) -> int:
        """Send everything that is due now, one wave after another; return how many."""
        total = 0
        while claimed := await asyncio.to_thread(self._claim, IN_FLIGHT):
            await asyncio.gather(*(self._deliver(each) for each in claimed))
            total += len(claimed)
        return total

    async def stop(self) -> None:
        """Finish what is in flight and return from `run`."""
        self._stopping = True
        self._wake.set()

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._wake.set()  # the next message of that chat is due now

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), POLL.total_seconds())
        except TimeoutError:
            return

    def _claim(self, limit: int) -> list[Claimed]:
        try:
            with self._sessions.begin() as db:
                messages = store.claim(
                    db,
                    channels=tuple(self._senders),
                    recipient=self._recipient,
                    limit=limit,
                    now=self._clock(),
                )
                return [self._detach(db, message) for message in messages]
        except Exception as error:  # noqa: BLE001  the database is away: keep trying
            log.warning("outbox.claim_failed", error=error)
            return []

    def _detach(self, db: object, message: OutboxMessage) -> Claimed:
        body = message.body
        key = body.get("edits") or body.get("reply_to")
        ref = store.find_ref(db, dedup_key=str(key)) if key else None  # type: ignore[arg-type]
        envelope = Envelope(message.recipient, body, Lane(message.lane), ref)
        return Claimed(message.id, message.attempts, message.channel, envelope)

    async def _deliver(self, claimed: Claimed) -> None:
        outcome = await self._send(claimed)
        try:
            await asyncio.to_thread(self._settle, claimed, outcome)
        except Exception as error:  # noqa: BLE001  its lease runs out and it is sent again
            log.warning("outbox.settle_failed", message=claimed.message_id, error=error)

    async def _send(self, claimed: Claimed) -> Outcome:
        if "edits" in claimed.envelope.body and claimed.envelope.ref is None:
            return Refused("what it edits was never sent")
        try:
            return await self._senders[claimed.channel].send(claimed.envelope)
        except Exception as error:  # noqa: BLE001  a bug delays its message, the rest goes on
            log.error("outbox.bug", message=claimed.message_id, error=error)
            return Unavailable(f"bug: {type(error).__name__}")

    def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        now = self._clock()
        with self._sessions.begin() as db:
            kept = store.settle(
                db,
                message_id=claimed.message_id,
                attempt=claimed.attempt,
                outcome=outcome,
                now=now,
            )
            if isinstance(outcome, Blocked):
                citizens.mark_blocked(
                    db, channel=claimed.channel, address=claimed.envelope.recipient, now=now
                )
        if not kept or not hasattr(outcome, "ref"):
            log.info(
                "outbox.settled",
                message=claimed.message_id,
                outcome=type(outcome).__name__,
                kept=kept,
            )


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Call `wake` whenever a transaction with new messages commits; reconnect for ever."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {store.CHANNEL}")
                wake()
                async for _ in connection.notifies():
                    wake()
        except psycopg.Error as error:
            log.warning("outbox.listen_lost", error=error)
            await asyncio.sleep(1)
