"""The NLU server for commands that wait for it, unlike `run`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from rich.console import Console

from bot import wiring
from bot.nlu import train as training
from bot.nlu.client import PROBE, NluClient
from bot.settings import Settings

LONGEST_START = 60  # seconds


@asynccontextmanager
async def ready(
    settings: Settings, console: Console, *, model: Path | None = None
) -> AsyncIterator[NluClient]:
    """Yield a client whose server answers; say so, and go on with rules, if it does not come."""
    client, child = wiring.nlu(settings, model=model)
    task = asyncio.create_task(child.run()) if child else None
    try:
        if child is not None and not (model or training.best_model(settings.home)):
            console.print("no model yet: rules answer for now; run `fanzha train`", markup=False)
        elif client.state != "off" and not await _comes(client, starting=child is not None):
            console.print("NLU is away: rules answer for now (`fanzha doctor` says why)")
        yield client
    finally:
        await client.aclose()
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _comes(client: NluClient, *, starting: bool) -> bool:
    tries = LONGEST_START * 5 if starting else 10
    for _ in range(tries):
        if await client.parse(PROBE) is not None:
            return True
        await asyncio.sleep(0.2)
    return False
