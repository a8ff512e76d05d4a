"""Scheduler and sender are killed in the middle of a campaign, again and again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from actions.campaigns import account
from bot.database import Sessions
from bot.wiring import Service
from tests.integration.campaigns.city import campaign

CITIZENS = 600
# One process that queues in small batches, or sends, and says on stdout that it has begun.
PROCESS = """
import asyncio, sys, time
from bot import clock, database, regions
from bot.settings import Settings
from bot.wiring import Service
from actions.campaigns import queue
from actions.outbox.policy import Sent
from bot.campaigns import clock as campaigns
from bot.sender import OutboxWorker

part, url = sys.argv[1:]
queue.BATCH, campaigns.BUSY = 20, 0
engine = database.engine(url)
service = Service(
    Settings(_env_file=None), regions.load("cn-wuhan"), url, engine,
    database.sessions(engine), clock.now,
)
print("up", flush=True)

class Slow:
    async def send(self, envelope):
        await asyncio.sleep(0.01)
        return Sent("1")

if part == "schedule":
    while True:
        campaigns.tick(service)
        time.sleep(0.02)
else:
    asyncio.run(OutboxWorker(service.sessions, {"telegram": Slow()}, clock=clock.now).run())
"""


def start(part: str, url: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, part, url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def wait_for(processes: list[subprocess.Popen[str]]) -> None:
    """Wait until each has begun."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "up\n"


def end(process: subprocess.Popen[str]) -> None:
    """Kill it as the system would: at once, in the middle of whatever it does."""
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_nobody_is_missed_and_nobody_is_queued_twice_when_processes_are_killed(
    service: Service,
    sessions: Sessions,
    publish: Callable[..., int],
    url: str,
    tmp_path: Path,
) -> None:
    with sessions.begin() as db:
        db.execute(
            text(
                "INSERT INTO citizen (channel, address, language_chosen, step, facts)"
                " SELECT 'telegram', n::text, false, 'listening', '{}'"
                " FROM generate_series(1, :n) AS n"
            ),
            {"n": CITIZENS},
        )
    number = publish(control=0.1)
    chance = random.Random(6)

    for _ in range(2):
        running = [start(part, url, tmp_path) for part in ("schedule", "schedule", "sender")]
        wait_for(running)
        time.sleep(chance.uniform(0.1, 0.4))
        for process in running:
            end(process)
    with sessions.begin() as db:  # a dead sender's leases would run out after a minute
        db.execute(text("UPDATE outbox_message SET status = 'waiting' WHERE status = 'sending'"))
    running = [start(part, url, tmp_path) for part in ("schedule", "sender")]
    wait_for(running)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with sessions.begin() as db:
                counted = account.count(db, campaign(db, number))
                whole = counted["audience"] == CITIZENS and counted["queued"] == 0
            if whole:
                break
            time.sleep(0.3)
    finally:
        for process in running:
            end(process)

    assert counted["audience"] == CITIZENS
    assert counted["sent"] + counted["skipped"] == CITIZENS
    with sessions() as db:
        twice = db.scalar(
            text(
                "SELECT count(*) FROM (SELECT recipient FROM outbox_message GROUP BY recipient"
                " HAVING count(*) > 1) AS twice"
            )
        )
        assert twice == 0
        assert db.scalar(text("SELECT count(*) FROM occurrence")) == 1
        assert db.scalar(text("SELECT count(*) FROM outbox_message")) == counted["sent"]
