"""A million recipients and 40,000 warnings, queued, sent and accounted for: `make campaigns`.

Uses an embedded PostgreSQL of its own in a temporary folder. The senders are played in SQL: what
is measured is drawing the audience, queueing, accounting, pausing and cancelling. Every check is
an assertion that reckons in its own way; the times go into `campaigns.md`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from actions.campaigns import account, status, store
from actions.officers import store as officers
from actions.officers.models import Role
from actions.warnings import figures, importing
from bot import database, regions
from bot.campaigns import clock as campaigns
from bot.campaigns import risk
from bot.settings import Settings
from bot.wiring import Service

HERE = Path(__file__).parent
NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)  # 15:30 in Wuhan: half of the profiles are quiet
STATES = ("queued", "sent", "failed", "blocked", "expired", "skipped")
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
MEANT = "c.blocked_at IS NULL AND coalesce(p.tips, true)"
AUDIENCE = f"""
    SELECT count(*) FROM citizen c LEFT JOIN profile p ON p.citizen_id = c.id WHERE {MEANT}
"""
OUTSIDE = f"""
    SELECT count(*) FROM delivery d JOIN citizen c ON c.id = d.citizen_id
    LEFT JOIN profile p ON p.citizen_id = c.id WHERE NOT ({MEANT})
"""
TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM outbox_message WHERE dedup_key LIKE 'campaign:' || :o || ':%'
        GROUP BY recipient HAVING count(*) > 1) AS twice
"""
# Of those who asked for quiet from 15:00 to 17:00, nobody got anything then but high warnings.
IN_QUIET = """
    SELECT count(*) FROM outbox_message m JOIN citizen c ON c.address = m.recipient
    JOIN profile p ON p.citizen_id = c.id AND p.quiet_from = 900
    LEFT JOIN warning w ON m.dedup_key = 'warning:' || w.id
    WHERE m.status IN ('sent', 'failed') AND w.level IS DISTINCT FROM 'high'
      AND extract(hour FROM m.settled_at AT TIME ZONE 'Asia/Shanghai') IN (15, 16)
"""


@dataclass
class City:
    """The database, a clock that is turned, and what was measured."""

    service: Service
    now: list[datetime]
    rows: list[tuple[str, float, str]] = field(default_factory=list)

    @contextmanager
    def timed(self, what: str, bar: str = "") -> Iterator[None]:
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self.rows.append((what, took, bar))
        print(f"{what:<58}{took:>8.1f} s  {bar}", flush=True)

    def count(self, query: str, **params: object) -> int:
        with self.service.sessions() as db:
            return int(db.scalar(text(query), params) or 0)

    def publish(self, title: str, *, versions: str = "a", control: float = 0.0) -> int:
        """Write, submit and approve a campaign; return its id."""
        now = self.now[0]
        with self.service.sessions.begin() as db:
            by, second = officers.find(db, telegram_id=1), officers.find(db, telegram_id=2)
            assert by
            assert second
            words = {v: {"zh": {"text": f"{title} {v}"}} for v in versions}
            made = store.create(db, store.Draft(title, words, control=control), by=by, now=now)
            status.submit(db, made, by=by, now=now)
            status.approve(db, made, by=second, now=now)
            return made.id

    def queue(self) -> None:
        while campaigns.tick(self.service):
            pass

    def settle_down(self) -> None:
        """Let the clock tick until every message is where its campaign was moved."""
        while self.count("SELECT count(*) FROM occurrence WHERE moving IS NOT NULL"):
            campaigns.tick(self.service)

    def send(self) -> None:
        """Play the senders: all that is due goes out now."""
        with self.service.sessions.begin() as db:
            db.execute(text(SEND), {"now": self.now[0]})

    def counted(self, number: int) -> dict[str, int]:
        """Return a campaign's accounts, whose sums must be equal."""
        with self.service.sessions.begin() as db:
            campaign = store.find(db, campaign_id=number)
            assert campaign
            found = account.count(db, campaign)
            print(f"  {found} {account.reasons(db, campaign)} {campaign.status}")
        assert found["audience"] == sum(found[each] for each in STATES)
        return found


@contextmanager
def city(citizens: int) -> Iterator[City]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chosen = Settings(home=Path(folder), _env_file=None)  # type: ignore[call-arg]
        with database.running(chosen) as url:
            engine = database.engine(url)
            database.upgrade(engine)
            sessions, now = database.sessions(engine), [NOW]
            region = regions.load("cn-wuhan")
            built = City(Service(chosen, region, url, engine, sessions, lambda: now[0]), now)
            with built.timed(f"storing {citizens:,} citizens"), sessions.begin() as db:
                db.execute(text(CITIZENS), {"n": citizens})
                db.execute(text(PROFILES))
                for number, role in ((1, Role.PUBLISHER), (2, Role.PUBLISHER), (3, Role.ANALYST)):
                    officers.add(db, telegram_id=number, name="王芳", roles=[role], district=None)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                c.execute(text("ANALYZE"))
            yield built
            engine.dispose()


def main(citizens: int, people: int) -> None:
    """Run it all in one database."""
    load = os.getloadavg()[0]
    with city(citizens) as town:
        meant = town.count(AUDIENCE)
        plain(town, meant)
        warnings(town, people)
        town.now[0] += timedelta(days=1)
        versions(town, meant)
        assert town.count(OUTSIDE) == 0
        assert town.count(IN_QUIET) == 0
        tell(town, citizens, people, load)


def plain(town: City, meant: int) -> None:
    """Everybody gets the same words; half of the profiles have quiet hours."""
    number = town.publish("plain")
    with town.timed(f"queueing a campaign to {meant:,}", "≤ 60 s for 1,000,000"):
        town.queue()
    assert town.counted(number)["queued"] == meant
    assert town.count(TWICE, o=1) == 0
    with town.timed("looking who is in quiet hours now"):
        campaigns.keep_quiet(town.service)
    with town.service.sessions.begin() as db, town.timed("pausing what waits"):
        second = officers.find(db, telegram_id=2)
        status.pause(db, store.find(db, campaign_id=number), by=second, now=town.now[0])  # type: ignore[arg-type]
    with town.timed("holding the rest, meanwhile"):
        town.settle_down()
    assert town.count("SELECT count(*) FROM outbox_message WHERE status = 'held'") == meant
    with town.service.sessions.begin() as db, town.timed("resuming it"):
        second = officers.find(db, telegram_id=2)
        paused = store.find(db, campaign_id=number)
        home = str(town.service.region.timezone)
        status.resume(db, paused, by=second, home=home, now=town.now[0])  # type: ignore[arg-type]
    with town.timed("letting the rest go, meanwhile"):
        town.settle_down()
    assert town.count("SELECT count(*) FROM outbox_message WHERE status = 'held'") == 0
    for _ in range(3):  # 15:30, 16:30 and 17:30: the last third waits for five o'clock
        town.send()
        with town.timed("accounting for what was sent"):
            campaigns.tick(town.service)
        town.now[0] += timedelta(hours=1)
    counted = town.counted(number)
    assert (counted["audience"], counted["queued"]) == (meant, 0)
    town.now[0] = NOW


def warnings(town: City, people: int) -> None:
    """A list of people at risk: all warned, most of them answer, the rest go to an officer."""
    levels = ("high", "medium", "low")
    lines = "".join(
        f"{1_000_000 + n * 20},{levels[n % 3]},loan,2026-06-01\n" for n in range(1, people + 1)
    )
    content = f"telegram_id,level,type,expires\n{lines}".encode()
    region, service = town.service.region, town.service
    with town.timed(f"checking a list of {people:,}"):
        listed = importing.read(content, zone=region.timezone, now=town.now[0])
    with town.timed(f"warning {people:,}"), service.sessions.begin() as db:
        by = officers.find(db, telegram_id=3)
        assert by
        done = importing.store(
            db,
            listed,
            by=by,
            bodies=risk.bodies(region),
            home=str(region.timezone),
            now=town.now[0],
        )
    assert (done.warned, done.unmatched, done.already) == (people, 0, 0)
    for _ in range(3):
        town.send()
        town.now[0] += timedelta(hours=1)
    with service.sessions.begin() as db:
        db.execute(
            text(
                "UPDATE warning SET status = 'closed', outcome = 'dissuaded', closed_at = :n"
                " WHERE id % 40 <> 0"
            ),
            {"n": town.now[0]},
        )
    town.now[0] += timedelta(days=1)
    with town.timed(f"passing {people // 40:,} to officers"):
        assert risk.escalate(service, service.desk) == people // 40
    with service.sessions.begin() as db:
        found = figures.stats(db)
    print(f"  {found}")
    assert sum(found["status"].values()) == found["warnings"] == people  # type: ignore[attr-defined]
    assert sum(found["delivery"].values()) == people  # type: ignore[attr-defined]
    assert found["delivery"]["queued"] == 0  # type: ignore[index]
    assert town.count("SELECT count(*) - count(DISTINCT citizen_id) FROM warning") == 0


def versions(town: City, meant: int) -> None:
    """Two versions and a control group, minding the gap; cancelled before it leaves."""
    number = town.publish("second", versions="ab", control=0.1)
    with town.timed("queueing A/B with a control group, minding the gap"):
        town.queue()
    counted = town.counted(number)
    assert counted["audience"] == meant
    assert abs(counted["skipped"] / meant - 0.1) < 0.01
    assert town.count(TWICE, o=2) == 0
    with town.service.sessions.begin() as db, town.timed("cancelling what waits"):
        second = officers.find(db, telegram_id=2)
        status.cancel(db, store.find(db, campaign_id=number), by=second, now=town.now[0])  # type: ignore[arg-type]
    with town.timed("dropping the rest, meanwhile"):
        town.settle_down()
    counted = town.counted(number)
    assert (counted["audience"], counted["skipped"]) == (meant, meant)


def tell(town: City, citizens: int, people: int, load: float) -> None:
    lines = [
        "# Campaigns and warnings, measured",
        "",
        (
            f"`make campaigns`, {time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} processors, "
            f"load {load:.1f} before and {os.getloadavg()[0]:.1f} after; {citizens:,} stored "
            f"citizens and {people:,} warnings in one embedded PostgreSQL. Every recipient ended "
            "in exactly one state, the sums were equal, nobody was queued twice, outside the "
            "audience, or sent anything in quiet hours."
        ),
        "",
        "| measured | seconds | bar |",
        "|---|---:|---|",
        *(f"| {what} | {took:,.1f} | {bar} |" for what, took, bar in town.rows),
        "",
    ]
    (HERE / "campaigns.md").write_text("\n".join(lines))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*(given + [1_021_000, 40_000][len(given) :]))
