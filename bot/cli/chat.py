"""`fanzha chat`."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from bot import logs, settings, wiring
from bot.channels.terminal.chat import converse
from bot.cli import nlu


def chat() -> None:
    """Talk to fanzha as a citizen would; reads lines when stdin is not a terminal."""
    logs.configure(quiet=True)
    console = Console(highlight=False, soft_wrap=True)
    with wiring.service(settings.load()) as service:

        async def talk() -> None:
            async with nlu.ready(service.settings, Console(stderr=True)) as client:
                await converse(
                    service, client, service.desk, console, interactive=sys.stdin.isatty()
                )

        asyncio.run(talk())
