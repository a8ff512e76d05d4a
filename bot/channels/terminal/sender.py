"""Print outbox messages; the terminal's twin of Telegram's sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

from actions.outbox.policy import Outcome, Sent
from bot.channels.sender import Envelope

Show = Callable[[str, Mapping[str, object]], None]


class TerminalSender:
    """Hands each message to `show` with its recipient; presses are confirmed silently."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._refs = count(1)

    async def send(self, envelope: Envelope) -> Outcome:
        if not envelope.body.keys() & {"answers", "reacts"}:
            self._show(envelope.recipient, envelope.body)
        return Sent(envelope.ref or str(next(self._refs)))
