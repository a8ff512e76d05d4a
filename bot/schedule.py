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

from actions.cases import escalate, pictures
from actions.citizens import store as citizens
from actions.inbox import store as poison
from actions.outbox import archive, chats, stats
from actions.outbox import store as outbox
from bot import alarm, clock, drill, metrics, quietly, watch
from bot.campaigns import clock as campaigns
from bot.campaigns import risk
from bot.desk import Desk
from bot.nlu.client import NluClient
from bot.rejudge import rejudge
from bot.wiring import Service

log = structlog.get_logger()

KEEP_PICTURES = timedelta(days=7)  # no channel took them: nobody will see them any more
KEEP_RECEIVED = timedelta(days=3)  # Telegram repeats an update for 24 hours at most


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
    every(2, "vanish", lambda: asyncio.to_thread(vanish, service))
    every(60, "watch", lambda: watch.look(service, desk))
    if hours := service.settings.drill_hours:
        every(round(hours * 3600), "drill", lambda: drill.begin(service, nlu, desk))
    every(5, "rejudge", lambda: rejudge(service, nlu, desk))
    every(1, "campaigns", lambda: asyncio.to_thread(campaigns.tick, service))
    every(5, "warnings", lambda: asyncio.to_thread(risk.tick, service, desk))
    every(900, "rises", lambda: asyncio.to_thread(risk.watch, service))
    every(5, "quiet_hours", lambda: asyncio.to_thread(campaigns.keep_quiet, service))
    every(10, "measure", lambda: asyncio.to_thread(measure, service))
    every(3600, "housekeeping", lambda: asyncio.to_thread(tidy, service))
    scheduler.start()
    _follow_clock(scheduler, clock.now())
    return scheduler


def _follow_clock(scheduler: AsyncIOScheduler, seen: datetime) -> None:
    """Tick on when the machine's clock is set back: APScheduler would rest until it caught up."""
    now = clock.now()
    if now < seen:
        for job in scheduler.get_jobs():
            job.modify(next_run_time=job.next_run_time - (seen - now))
    if scheduler.running:
        asyncio.get_running_loop().call_later(1, _follow_clock, scheduler, now)


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
        return ring(db, desk, now=now)


def ring(db: Session, desk: Desk, *, now: datetime) -> int:
    """Take every step that is due and tell whoever must hear of it; return how many.

    A case that cannot be shown (another release may know what it holds) silences no other.
    """
    due = escalate.fire(db, now=now, has_desk=desk.chat is not None, policy=desk.policy)
    for each in due:
        try:
            with db.begin_nested():
                alarm.tell(db, desk, each, now=now)
        except Exception as error:  # noqa: BLE001  its officers hear of it by its code alone
            log.error("schedule.not_shown", case=each.case.code, error=error)
            alarm.tell_barely(db, desk, each, now=now)
    if due:
        outbox.nudge(db)
    return len(due)


def vanish(service: Service) -> int:
    """Take back what a citizen who is being watched has read; return how many messages."""
    with service.sessions.begin() as db:
        gone = quietly.sweep(db, now=service.clock())
        if gone:
            outbox.nudge(db)
        return gone


def tidy(service: Service) -> None:
    """Drop what is no longer needed by anybody."""
    with service.sessions.begin() as db:
        citizens.forget_received(db, before=service.clock() - KEEP_RECEIVED)
        poison.forget_failures(db, before=service.clock() - KEEP_RECEIVED)
        chats.forget_paces(db, now=service.clock())
        archive.forget_contents(db, now=service.clock())
        pictures.forget(db, before=service.clock() - KEEP_PICTURES)
    moved = 1
    while moved:  # a short transaction each: nobody waits for the housekeeping
        with service.sessions.begin() as db:
            moved = archive.archive(db, now=service.clock())


def measure(service: Service) -> None:
    """Take the figures of what waits."""
    with service.sessions() as db:
        metrics.note_waiting(stats.waiting(db, channels=("telegram",)), service.clock())
