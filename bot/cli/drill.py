"""`fanzha drill`: tell whether the chain from a citizen to the desk is whole."""

from __future__ import annotations

import asyncio
import time

import typer
from rich.console import Console
from sqlalchemy import func, select

from actions.audit.models import AuditEntry
from bot import drill as synthetic
from bot import logs, settings, wiring
from bot.cli import nlu
from bot.wiring import Service

LONGEST = 120  # seconds


def drill() -> None:
    """Send a synthetic citizen through the whole chain of a running service, and say how it went.

    Its case is marked as a drill, rings nobody's telephone, and is in no statistics.
    """
    logs.configure(quiet=True)
    console = Console(highlight=False, soft_wrap=True)
    with wiring.service(settings.load()) as service:
        before = _ended(service)[0]

        async def begin() -> None:
            async with nlu.ready(service.settings, Console(stderr=True)) as client:
                await synthetic.begin(service, client, service.desk)

        asyncio.run(begin())
        console.print("the synthetic citizen has spoken; its case ends in a minute")
        details = _wait(service, before)
    if details is None:
        console.print("✗ the drill was not ended: is `fanzha run` up, with its schedule?")
        raise typer.Exit(1)
    if not details.get("fine"):
        console.print("✗ the card did not reach the dispatch chat: is a sender up?")
        raise typer.Exit(1)
    took = details.get("card_seconds")
    card = (
        f"the card took {took:.2f} s" if isinstance(took, float) else "there is no dispatch chat"
    )
    console.print(f"✓ the drill went through the whole chain; {card}")


def _wait(service: Service, before: int) -> dict[str, object] | None:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        count, details = _ended(service)
        if count > before:
            return details
        time.sleep(1)
    return None


def _ended(service: Service) -> tuple[int, dict[str, object]]:
    with service.sessions() as db:
        drills = select(func.count()).where(AuditEntry.event == "drill.ended")
        last = db.scalars(
            select(AuditEntry.details)
            .where(AuditEntry.event == "drill.ended")
            .order_by(AuditEntry.id.desc())
            .limit(1)
        ).one_or_none()
        return db.scalar(drills) or 0, dict(last or {})
