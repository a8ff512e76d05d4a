"""Warn 40,000 people from one list, let the half of them answer, escalate the rest.

.venv/bin/python -m benchmarks.warnings_accounts [people]
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from actions.officers import store as officers
from actions.officers.models import Role
from actions.warnings import figures, importing
from bot import database, regions
from bot.campaigns import risk
from bot.settings import Settings
from bot.wiring import Service

NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)


def main(people: int) -> None:
    """Run it; every check is an assertion."""
    clock = [NOW]
    with tempfile.TemporaryDirectory() as folder:
        chosen = Settings(home=Path(folder), _env_file=None)  # type: ignore[call-arg]
        with database.running(chosen) as url:
            engine = database.engine(url)
            database.upgrade(engine)
            sessions = database.sessions(engine)
            region = regions.load("cn-wuhan")
            service = Service(chosen, region, url, engine, sessions, lambda: clock[0])
            with sessions.begin() as db:
                db.execute(
                    text(
                        "INSERT INTO citizen (channel, address, language_chosen, step, facts)"
                        " SELECT 'telegram', n::text, false, 'listening', '{}'"
                        " FROM generate_series(1, :n) AS n"
                    ),
                    {"n": people},
                )
                by = officers.add(db, telegram_id=1, name="a", roles=[Role.ANALYST], district=None)
            lines = "".join(f"{n},medium,loan,2026-06-01\n" for n in range(1, people + 1))
            began = time.monotonic()
            content = f"telegram_id,level,type,expires\n{lines}".encode()
            listed = importing.read(content, zone=region.timezone, now=NOW)
            print(f"checking {people:,} lines{time.monotonic() - began:>20.1f} s")
            began = time.monotonic()
            with sessions.begin() as db:
                done = importing.store(
                    db,
                    listed,
                    by=db.merge(by),
                    bodies=risk.bodies(region),
                    home=str(region.timezone),
                    now=NOW,
                )
            print(f"warning them{time.monotonic() - began:>27.1f} s")
            assert (done.warned, done.unmatched, done.already) == (people, 0, 0)
            with sessions.begin() as db:
                db.execute(
                    text("UPDATE outbox_message SET status = 'sent', settled_at = :n"), {"n": NOW}
                )
                db.execute(
                    text(
                        "UPDATE warning SET status = 'closed', outcome = 'dissuaded',"
                        " closed_at = :n WHERE id % 20 <> 0"
                    ),
                    {"n": NOW},
                )
            clock[0] += timedelta(hours=5)
            began = time.monotonic()
            number = risk.escalate(service, service.desk)
            print(f"escalating {number:,}{time.monotonic() - began:>24.1f} s")
            with sessions.begin() as db:
                found = figures.stats(db)
            print(found)
            assert number == people // 20
            assert sum(found["status"].values()) == found["warnings"] == people  # type: ignore[attr-defined]
            assert sum(found["delivery"].values()) == people  # type: ignore[attr-defined]
            engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000)
