"""A citizen in the terminal: one line is one message, a number presses a button."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import uuid4

from rich.console import Console
from rich.text import Text

from actions.triage import wording
from bot import hearing, inbox, relay
from bot.channels.terminal.sender import TerminalSender
from bot.conversation.turn import Command, Pressed
from bot.desk import Desk
from bot.inbound import Inbound, Words
from bot.nlu.client import NluClient
from bot.sender import OutboxWorker
from bot.wiring import Service

CHANNEL = "terminal"
_COMMAND = re.compile(r"^/([a-z_]+)\s*(.*)$")


class TerminalChat:
    """One citizen at one terminal. Its address is new each time: the terminal knows nobody."""

    def __init__(
        self,
        service: Service,
        nlu: NluClient,
        desk: Desk,
        console: Console,
        *,
        name: str = "",
        address: str | None = None,
    ) -> None:
        self.address = address or f"terminal-{uuid4().hex[:12]}"
        self._service, self._nlu, self._desk = service, nlu, desk
        self._console, self._name = console, name
        self._buttons: list[tuple[str, str]] = []

    async def say(self, line: str) -> None:
        """Take in one line as the citizen's message."""
        content = self._content(wording.storable(line).strip())
        written = Inbound(CHANNEL, uuid4().hex, self.address, content)
        message, understanding = await hearing.understand(written, self._nlu, self._look_back)

        def store() -> None:
            with self._service.sessions.begin() as db:
                inbox.receive(
                    db,
                    message,
                    understanding=understanding,
                    desk=self._desk,
                    now=self._service.clock(),
                )

        await asyncio.to_thread(store)

    async def _look_back(self, message: Inbound) -> Sequence[str]:
        return await asyncio.to_thread(self._told_before, message)

    def _told_before(self, message: Inbound) -> Sequence[str]:
        with self._service.sessions() as db:
            return hearing.told_before(db, [message], now=self._service.clock())[0]

    def show(self, body: Mapping[str, object]) -> None:
        """Print a message of ours, and remember its buttons."""
        label = "反诈 fanzha" + (f" → {self._name}" if self._name else "")
        self._console.print(Text(f"\n{label}", style="bold cyan"))
        if isinstance(poster := body.get("poster"), Mapping):
            self._console.print(Text(f"🖼  {poster['title']}", style="blue"))
        self._console.print(Text(str(body.get("text", "")), style="default"))
        rows = body.get("buttons")
        if isinstance(rows, list):
            self._buttons = [(b["label"], b["data"]) for row in rows for b in row]
            for n, (said, _) in enumerate(self._buttons, start=1):
                self._console.print(Text(f"  [{n}] {said}", style="yellow"))

    def _content(self, line: str) -> Words | Pressed | Command:
        if match := _COMMAND.match(line):
            return Command(match.group(1), match.group(2))
        pressed = next(
            (
                data
                for n, (label, data) in enumerate(self._buttons, start=1)
                if line in (str(n), label)
            ),
            None,
        )
        if pressed:
            _, question, value = pressed.split(":")
            return Pressed(question, value)
        return Words(line)


async def converse(
    service: Service, nlu: NluClient, desk: Desk, console: Console, *, interactive: bool
) -> None:
    """Hold one conversation over stdin until it ends."""
    chat = TerminalChat(service, nlu, desk, console)
    sender = TerminalSender(lambda _, body: chat.show(body))
    # Other terminals' messages are theirs: this worker takes its own recipient's alone.
    worker = OutboxWorker(
        service.sessions,
        {CHANNEL: sender},
        clock=service.clock,
        recipient=chat.address,
        afterwards=partial(relay.landed, desk),
    )
    await chat.say("/start")
    await worker.run_once()
    watching = asyncio.create_task(_watch(worker)) if interactive else None
    try:
        while (line := await asyncio.to_thread(_read, console, interactive)) is not None:
            if line.strip():
                await chat.say(line)
                await worker.run_once()
    finally:
        if watching:
            watching.cancel()


def _read(console: Console, interactive: bool) -> str | None:
    try:
        return console.input("\n[bold green]您 / you › [/]") if interactive else input()
    except EOFError:
        return None


async def _watch(worker: OutboxWorker) -> None:
    """Show what comes without being asked for: an officer, a closing."""
    while True:
        await asyncio.sleep(1)
        await worker.run_once()
