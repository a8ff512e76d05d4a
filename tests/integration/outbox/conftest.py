"""Messages to put in the outbox, and a sender that answers as a test wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from actions.outbox import leases, store
from actions.outbox.models import Lane, OutboxMessage
from actions.outbox.policy import Outcome, Sent
from bot.channels.sender import Envelope
from bot.database import Sessions
from bot.sender import OutboxWorker


class RecordingSender:
    """Remembers what it was given; answers what the test says for a text, else Sent."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.answers: dict[str, Outcome | Exception] = {}

    @property
    def texts(self) -> list[str]:
        return [str(envelope.body["text"]) for envelope in self.sent]

    async def send(self, envelope: Envelope) -> Outcome:
        self.sent.append(envelope)
        answer = self.answers.get(str(envelope.body["text"]), Sent(f"ref-{len(self.sent)}"))
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


class Box:
    """The outbox in a test's words."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self.sessions, self.clock = sessions, clock

    def put(
        self,
        text: str,
        *,
        to: str = "1001",
        lane: Lane = Lane.REPLY,
        channel: str = "telegram",
        key: str | None = None,
        body: Mapping[str, object] | None = None,
        expires_at: datetime | None = None,
        fleeting: bool = False,
    ) -> int:
        key = key or f"test:{text}"
        with self.sessions.begin() as db:
            store.enqueue(
                db,
                dedup_key=key,
                channel=channel,
                recipient=to,
                body={"text": text, **(body or {})},
                lane=lane,
                due_at=self.clock(),
                expires_at=expires_at,
                fleeting=fleeting,
            )
            found = select(OutboxMessage.id).where(OutboxMessage.dedup_key == key)
            return db.scalars(found).one()

    def claim(self, limit: int = 10, *, holder: str = "a") -> list[str]:
        with self.sessions.begin() as db:
            leases.renew(db, holder=holder)
            claimed = store.claim(
                db, channels=("telegram",), limit=limit, now=self.clock(), holder=holder
            )
            return [str(message.body["text"]) for message in claimed]

    def dies(self, holder: str = "a") -> None:
        """Let a worker's lease run out."""
        with self.sessions.begin() as db:
            db.execute(
                sql("UPDATE outbox_worker SET lease_until = now() - interval '1 s' WHERE id = :h"),
                {"h": holder},
            )

    def wait_until_due(self) -> None:
        """Let what waits be due by the database's clock, which is the workers'."""
        with self.sessions.begin() as db:
            db.execute(sql("UPDATE outbox_message SET due_at = now() WHERE status = 'waiting'"))

    def reclaim(self) -> int:
        with self.sessions.begin() as db:
            return leases.reclaim(db, channels=("telegram",))

    def expire(self) -> int:
        """Drop what is too old, by the test's clock."""
        with self.sessions.begin() as db:
            shift = self.clock() - leases.clock(db)
            db.execute(
                sql("UPDATE outbox_message SET expires_at = expires_at - CAST(:s AS interval)"),
                {"s": shift},
            )
            return leases.expire(db)

    def settle(self, message_id: int, attempt: int, outcome: Outcome) -> bool:
        with self.sessions.begin() as db:
            return store.settle(
                db, message_id=message_id, attempt=attempt, outcome=outcome, now=self.clock()
            )

    def row(self, message_id: int) -> OutboxMessage | None:
        with self.sessions() as db:
            return db.get(OutboxMessage, message_id)

    def state(self, message_id: int) -> tuple[str, int, str | None]:
        row = self.row(message_id)
        assert row
        return row.status, row.attempts, row.last_error


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def box(sessions: Sessions, clock: Clock) -> Box:
    return Box(sessions, clock)


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def new_worker(
    sessions: Sessions, sender: RecordingSender, clock: Clock
) -> Callable[[], OutboxWorker]:
    return lambda: OutboxWorker(sessions, {"telegram": sender}, clock=clock)
