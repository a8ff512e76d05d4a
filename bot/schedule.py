"""What happens by the clock. APScheduler only writes rows here; the senders send.

Any number of schedulers may run: rows are taken with SKIP LOCKED, so a tick that happens twice
finds nothing the second time, and a late one is merely late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.orm import Session

from actions.cases import timers
from actions.cases.models import Case, Timer
from actions.citizens import store as citizens
from actions.inbox import store as poison
from actions.outbox import archive, chats, stats
from actions.outbox import store as outbox
from bot import desk as duty
from bot import metrics
from bot.campaigns import clock as campaigns
from bot.campaigns import risk
from bot.desk import Desk
from bot.nlu.client import NluClient
from bot.rejudge import rejudge
from bot.wiring import Service

log = structlog.get_logger()

REMIND_EVERY = timedelta(seconds=60)
ASK_EVERY = timedelta(minutes=10)
KEEP_RECEIVED = timedelta(days=3)  # Telegram repeats an update for 24 hours at most
TIMERS_AT_ONCE = 50


def start(service: Service, nlu: NluClient, desk: Desk) -> AsyncIOScheduler:
    """Start ticking; the caller shuts it down."""
    scheduler = AsyncIOScheduler(timezone=service.region.timezone)

    def every(seconds: int, name: str, job: Callable[[], Awaitable[object]]) -> None:
        scheduler.add_job(
            _guarded(name, job),
            "interval",
            seconds=seconds,
            id=name,
            misfire_grace_time=None,  # the default drops a job that is 1 s late
            coalesce=True,
            max_instances=1,
        )

    every(1, "timers", lambda: asyncio.to_thread(fire_timers, service, desk))
    every(5, "rejudge", lambda: rejudge(service, nlu, desk))
    every(1, "campaigns", lambda: asyncio.to_thread(campaigns.tick, service))
    every(5, "warnings", lambda: asyncio.to_thread(risk.tick, service, desk))
    every(900, "rises", lambda: asyncio.to_thread(risk.watch, service))
    every(20, "quiet_hours", lambda: asyncio.to_thread(campaigns.keep_quiet, service))
    every(10, "measure", lambda: asyncio.to_thread(measure, service))
    every(3600, "housekeeping", lambda: asyncio.to_thread(tidy, service))
    scheduler.start()
    return scheduler


def _guarded(name: str, job: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job()
        except Exception as error:  # noqa: BLE001  the next tick tries again
            log.warning("schedule.failed", job=name, error=error)

    return run


def fire_timers(service: Service, desk: Desk) -> int:
    """Do what is due for cases nobody has acted on; return how many timers went off."""
    now = service.clock()
    with service.sessions.begin() as db:
        due = timers.lock_due(db, limit=TIMERS_AT_ONCE, now=now)
        for timer in due:
            _fire(db, desk, timer, now=now)
        if due:
            outbox.nudge(db)
        return len(due)


def _fire(db: Session, desk: Desk, timer: Timer, *, now: datetime) -> None:
    case = db.get_one(Case, timer.case_id)
    timer.fired += 1
    if timer.kind == "unclaimed":
        waited, key, again = case.opened_at, "desk.reminder", REMIND_EVERY
    else:
        waited, key, again = case.claimed_at or case.opened_at, "desk.silent", ASK_EVERY
    timer.due_at = now + again
    minutes = str(int((now - waited).total_seconds() // 60))
    officer = case.owner.name if case.owner else ""
    duty.tell(
        db, desk, case, desk.say(key, case=case.code, minutes=minutes, officer=officer), now=now
    )


def tidy(service: Service) -> None:
    """Drop what is no longer needed by anybody."""
    with service.sessions.begin() as db:
        citizens.forget_received(db, before=service.clock() - KEEP_RECEIVED)
        poison.forget_failures(db, before=service.clock() - KEEP_RECEIVED)
        chats.forget_paces(db, now=service.clock())
        archive.forget_contents(db, now=service.clock())
    moved = 1
    while moved:  # a short transaction each: nobody waits for the housekeeping
        with service.sessions.begin() as db:
            moved = archive.archive(db, now=service.clock())


def measure(service: Service) -> None:
    """Take the figures of what waits."""
    with service.sessions() as db:
        metrics.note_waiting(stats.waiting(db, channels=("telegram",)), service.clock())
