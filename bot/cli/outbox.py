"""`fanzha outbox`: how delivery is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from actions.outbox import leases
from actions.outbox import stats as outbox_stats
from bot import settings, wiring

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _outbox() -> None:
    """Keep `stats` a command of its own."""


@app.command("stats")
def stats(
    hours: Annotated[float, typer.Option(min=0.01, help="How far back to look.")] = 1,
) -> None:
    """Show what waits, who sends, and what came of what was sent lately."""
    console = Console(highlight=False, soft_wrap=True)
    with wiring.service(settings.load()) as service, service.sessions() as db:
        now = leases.clock(db)
        waiting = outbox_stats.waiting(db)
        settled = outbox_stats.settled(db, since=now - timedelta(hours=hours))
        workers, sending = outbox_stats.count_workers(db), outbox_stats.count_sending(db)
    console.print(f"senders alive: {workers}; messages on the wire: {sending}")
    queue = Table("channel", "lane", "waiting", "oldest due", title="waiting")
    for each in waiting:
        more = "≥ " if each.count >= outbox_stats.COUNTED else ""
        late = (now - each.oldest).total_seconds()
        due = f"{late:,.1f} s ago" if late >= 0 else f"in {-late:,.1f} s"
        queue.add_row(each.channel, each.lane.name.lower(), f"{more}{each.count:,}", due)
    console.print(queue)
    done = Table(
        "channel",
        "lane",
        "result",
        "messages",
        "attempts",
        "slowest",
        "most frequent error",
        title=f"settled in the last {hours:g} h",
    )
    for row in settled:
        done.add_row(
            row.channel,
            row.lane.name.lower(),
            row.status,
            f"{row.count:,}",
            f"{row.attempts:,}",
            f"{row.slowest.total_seconds():,.1f} s",
            row.error or "",
        )
    console.print(done)
