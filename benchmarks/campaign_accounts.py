"""Queue a campaign to a million stored citizens, send it, and see that every sum is equal.

    .venv/bin/python -m benchmarks.campaign_accounts [citizens]

Uses an embedded PostgreSQL of its own in a temporary folder. The senders are played in SQL: what
is measured is drawing the audience, queueing, accounting, pausing and cancelling.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from actions.campaigns import account, status, store
from actions.officers import store as officers
from actions.officers.models import Role
from bot import database, regions
from bot.campaigns import clock as campaigns
from bot.settings import Settings
from bot.wiring import Service

NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)
CITIZENS = """
    INSERT INTO citizen (channel, address, language, language_chosen, step, facts, blocked_at)
    SELECT 'telegram', (1000000 + n)::text, 'zh', false, 'listening', '{}',
           CASE WHEN n % 100 = 0 THEN now() END
    FROM generate_series(1, :n) AS n
"""
PROFILES = """
    INSERT INTO profile (citizen_id, district, tips, quiet_from, quiet_to)
    SELECT id, CASE WHEN id % 3 = 0 THEN '江岸' ELSE '武昌' END, id % 50 <> 0,
           CASE WHEN id % 2 = 0 THEN 900 END, CASE WHEN id % 2 = 0 THEN 1020 END
    FROM citizen WHERE id % 2 = 0 OR id % 3 = 0
"""
SEND = """
    UPDATE outbox_message SET status = CASE WHEN id % 20 = 0 THEN 'failed' ELSE 'sent' END,
        last_error = CASE WHEN id % 40 = 0 THEN 'blocked: gone' WHEN id % 20 = 0 THEN 'bad' END,
        settled_at = :now
    WHERE status = 'waiting' AND due_at <= :now
"""


def main(citizens: int) -> dict[str, float]:
    """Run it; every check is an assertion."""
    took: dict[str, float] = {}

    def timed(name: str, began: float) -> None:
        took[name] = round(time.monotonic() - began, 1)
        print(f"{name:<44}{took[name]:>8.1f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        chosen = Settings(home=Path(folder), _env_file=None)  # type: ignore[call-arg]
        with database.running(chosen) as url:
            engine = database.engine(url)
            database.upgrade(engine)
            sessions = database.sessions(engine)
            clock = [NOW]
            service = Service(
                chosen, regions.load("cn-wuhan"), url, engine, sessions, lambda: clock[0]
            )
            began = time.monotonic()
            with sessions.begin() as db:
                db.execute(text(CITIZENS), {"n": citizens})
                db.execute(text(PROFILES))
                a = officers.add(
                    db, telegram_id=1, name="a", roles=[Role.PUBLISHER], district=None
                )
                b = officers.add(
                    db, telegram_id=2, name="b", roles=[Role.PUBLISHER], district=None
                )
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                c.execute(text("ANALYZE"))
            timed(f"storing {citizens:,} citizens", began)

            def publish(title: str, **more: object) -> int:
                with sessions.begin() as db:
                    by, second = db.merge(a), db.merge(b)
                    words = {v: {"zh": {"text": f"{title} {v}"}} for v in "ab"}
                    made = store.create(
                        db,
                        store.Draft(title, words, control=0.1, **more),  # type: ignore[arg-type]
                        by=by,
                        now=clock[0],
                    )
                    status.submit(db, made, by=by, now=clock[0])
                    status.approve(db, made, by=second, now=clock[0])
                    return made.id

            first = publish("first")
            began = time.monotonic()
            while campaigns.tick(service):
                pass
            timed("queueing", began)
            with sessions.begin() as db:
                campaign = store.find(db, campaign_id=first)
                assert campaign
                began = time.monotonic()
                counted = account.count(db, campaign)
                timed("counting", began)
                print(counted, account.reasons(db, campaign))
                expected = db.scalar(
                    text(
                        "SELECT count(*) FROM citizen c LEFT JOIN profile p ON p.citizen_id = c.id"
                        " WHERE c.blocked_at IS NULL AND coalesce(p.tips, true)"
                    )
                )
                assert counted["audience"] == expected
                assert counted["audience"] == sum(v for k, v in counted.items() if k != "audience")
                waiting = db.scalar(
                    text("SELECT count(*) FROM outbox_message WHERE status = 'waiting'")
                )
                assert waiting == counted["queued"]
                twice = db.scalar(
                    text(
                        "SELECT count(*) FROM (SELECT recipient FROM outbox_message"
                        " GROUP BY recipient HAVING count(*) > 1) AS twice"
                    )
                )
                assert twice == 0
                in_quiet = db.scalar(
                    text(
                        "SELECT count(*) FROM outbox_message m JOIN citizen c ON c.address ="
                        " m.recipient JOIN profile p ON p.citizen_id = c.id AND p.quiet_from = 900"
                        " WHERE m.due_at < CAST(:now AS timestamptz) + interval '90 minutes'"
                    ),
                    {"now": NOW},
                )
                assert in_quiet == 0, in_quiet

            began = time.monotonic()
            with sessions.begin() as db:
                status.pause(db, store.find(db, campaign_id=first), by=db.merge(b), now=clock[0])
            timed("pausing what waits", began)
            began = time.monotonic()
            with sessions.begin() as db:
                status.resume(db, store.find(db, campaign_id=first), by=db.merge(b), now=clock[0])
            timed("resuming it", began)
            for _ in range(2):  # the second half is due after quiet hours, at 17:00
                with sessions.begin() as db:
                    db.execute(text(SEND), {"now": clock[0]})
                began = time.monotonic()
                campaigns.tick(service)
                timed("accounting for what was sent", began)
                clock[0] += timedelta(hours=2)
            with sessions.begin() as db:
                campaign = store.find(db, campaign_id=first)
                assert campaign
                began = time.monotonic()
                counted = account.count(db, campaign)
                timed("counting", began)
                print(counted, account.reasons(db, campaign), campaign.status)
                assert counted["queued"] == 0
                assert counted["audience"] == expected
                assert counted["audience"] == sum(v for k, v in counted.items() if k != "audience")

            clock[0] += timedelta(days=1)
            second = publish("second")
            began = time.monotonic()
            while campaigns.tick(service):
                pass
            timed("queueing a second one, minding the gap", began)
            began = time.monotonic()
            with sessions.begin() as db:
                status.cancel(db, store.find(db, campaign_id=second), by=db.merge(b), now=clock[0])
            timed("cancelling what waits", began)
            with sessions.begin() as db:
                campaign = store.find(db, campaign_id=second)
                assert campaign
                counted = account.count(db, campaign)
                print(counted, account.reasons(db, campaign), campaign.status)
                assert counted["queued"] == counted["sent"] == 0
            engine.dispose()
    return took


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
