"""Scheduler and sender are killed amid a campaign: nobody is missed, and none queued twice.

Over the real command line and processes, against the Bot API double.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.chaos.city import ROOT, City, Fanzha, city
from tests.double import BotApiProcess

LONG = bool(os.environ.get("CHAOS_LONG"))  # `make chaos`
CITIZENS = 50_000  # three batches
KILLS = 12 if LONG else 3
STATES = ("queued", "sent", "failed", "blocked", "expired", "skipped")
PEOPLE = """
    INSERT INTO citizen (channel, address, language, language_chosen, step, facts, blocked_at)
    SELECT 'telegram', (800000 + n)::text, 'zh', false, 'listening', '{}',
           CASE WHEN n % 50 = 0 THEN now() END
    FROM generate_series(1, :n) AS n;
"""
PROFILES = """
    INSERT INTO profile (citizen_id, district, age, topics, tips)
    SELECT id, '江岸', 'young', '[]', id % 40 > 0 FROM citizen WHERE id % 2 = 0
"""

pytestmark = pytest.mark.timeout(900 if LONG else 300)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    with city(tmp_path, durable=False) as built:
        yield built


@pytest.fixture
def api() -> Iterator[BotApiProcess]:
    with BotApiProcess() as running:
        yield running


def fanzha(town: City, *words: str) -> str:
    """Run a command as a publisher types it; return what it says."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FANZHA_")}
    environment |= {"FANZHA_HOME": str(town.home), "FANZHA_DATABASE_URL": town.url}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def approved(town: City) -> str:
    """Write, submit and approve a tip with a poster; return its id."""
    for number in ("51", "52"):
        fanzha(
            town,
            "officers",
            "add",
            "--telegram-id",
            number,
            "--name",
            "王芳",
            "--role",
            "publisher",
        )
    piece = "content/tips/loan-fee-before-payout.md"
    words = ("--title", "贷款", "--text-file", piece, "--audience", '{"age": "young"}')
    made = fanzha(town, "campaign", "create", *words, "--control", "0.1", "--by", "51")
    fanzha(town, "campaign", "submit", made, "--by", "51")
    fanzha(town, "campaign", "approve", made, "--by", "52")
    return made


def part(town: City, api: BotApiProcess, name: str) -> Fanzha:
    made = town.fanzha(name, telegram_token=api.token, telegram_api=api.url, telegram_rate=0)
    made.start()
    return made


def wait_for(town: City, query: str, *, within: float = 120) -> None:
    """Wait until this count is above nought."""
    until = time.monotonic() + within
    while not town.scalar(query):
        assert time.monotonic() < until, query
        time.sleep(0.05)


def test_whoever_is_killed_in_a_campaign_everybody_is_queued_once_and_accounted_for(
    town: City, api: BotApiProcess
) -> None:
    with town.engine.begin() as connection:
        connection.execute(text(PEOPLE), {"n": CITIZENS})
        connection.execute(text(PROFILES))
    meant = town.scalar(
        "SELECT count(*) FROM citizen c JOIN profile p ON p.citizen_id = c.id"
        " WHERE c.blocked_at IS NULL AND p.tips"
    )
    gone = town.scalar(
        "SELECT min(address) FROM citizen c JOIN profile p ON p.citizen_id = c.id"
        " WHERE c.blocked_at IS NULL AND p.tips"
    )
    api.block(int(str(gone)))
    number = approved(town)
    chance = random.Random(6)

    schedules = [part(town, api, "schedule") for _ in range(2)]
    sender = part(town, api, "sender")
    wait_for(town, "SELECT count(*) FROM delivery")  # a batch is in; the next is under way
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.02, 0.5))
        for each in (chance.choice(schedules), sender):
            each.kill()
            each.start()
    wait_for(town, "SELECT count(*) FROM occurrence WHERE state = 'queued'")
    some = "SELECT (count(*) > 2000)::int FROM outbox_message WHERE status = 'sent'"
    wait_for(town, some)  # and not all
    sender.kill()
    fanzha(town, "campaign", "cancel", number, "--by", "52")
    sender.start()  # what was on the wire when it was killed is settled by the next one
    wait_for(
        town,
        "SELECT (count(*) = 0)::int FROM outbox_message"
        " WHERE dedup_key LIKE 'campaign:%' AND settled_at IS NULL",
    )

    counted = json.loads(fanzha(town, "campaign", "stats", number, "--json"))
    assert list(counted) == ["audience", *STATES]
    assert counted["audience"] == meant == sum(counted[each] for each in STATES)
    assert counted["queued"] == 0
    assert counted["sent"] > 0
    assert town.scalar("SELECT count(*) FROM occurrence") == 1
    assert town.scalar("SELECT count(*) - count(DISTINCT citizen_id) FROM delivery") == 0
    assert (
        town.scalar(
            "SELECT count(*) FROM delivery WHERE state = 'skipped'"
            " AND reason NOT IN ('control', 'cancelled')"
        )
        == 0
    )
    queued = town.scalar("SELECT count(*) FROM outbox_message WHERE dedup_key LIKE 'campaign:%'")
    control = town.scalar("SELECT count(*) FROM delivery WHERE reason = 'control'")
    assert queued == int(str(meant)) - int(str(control))
    sent = Counter(call.chat_id for call in api.calls_of("sendPhoto") if call.status == 200)
    repeated = sum(times - 1 for times in sent.values())
    print(f"{counted}, {repeated} of {sum(sent.values())} sends repeated")  # noqa: T201
    assert len(sent) >= counted["sent"]
    assert repeated <= (KILLS + 1) * 512  # what was on the wire when a sender was killed
    meant_for = town.scalar(
        "SELECT count(*) FROM citizen c JOIN profile p ON p.citizen_id = c.id"
        " WHERE c.address = ANY(:sent) AND c.blocked_at IS NULL AND p.tips",
        sent=[str(chat) for chat in sent],
    )
    assert meant_for == len(sent)
