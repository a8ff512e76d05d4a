"""`fanzha run`."""

from __future__ import annotations

import asyncio
import gc
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from bot import logs, settings, wiring
from bot import run as service_run


def run(
    only: Annotated[
        str, typer.Option(help="Run these parts only: telegram,sender,schedule,console.")
    ] = ",".join(service_run.PARTS),
) -> None:
    """Run the service: Telegram, sender, schedule, console, and the NLU server as a child."""
    parts = frozenset(part.strip() for part in only.split(","))
    if unknown := parts - set(service_run.PARTS):
        raise typer.BadParameter(
            f"no part {', '.join(sorted(unknown))}; there are {', '.join(service_run.PARTS)}"
        )
    logs.configure()
    console = Console(stderr=True, highlight=False)
    with wiring.service(settings.load()) as service:
        # What has been loaded stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                service_run.run(
                    service, parts, ready=lambda line: console.print(line, markup=False)
                )
            )
