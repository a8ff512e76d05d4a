"""What every channel gives the outbox: a way to send one message and say what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from actions.outbox.models import Lane
from actions.outbox.policy import Outcome


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, detached from the database.

    `body` holds `text`, `buttons` (rows of label and data), `photo` (a picture, or the channel's
    own id of one), `copies` (the channel's own id of a message in the chat `from`), or `answers`
    (a press to confirm), or `reacts` (a mark to put under a message); `ref` is the channel's own
    id of the message this one edits or replies to; `paid` lets it go beyond what the channel
    takes for nothing.
    """

    recipient: str
    body: Mapping[str, object]
    lane: Lane = Lane.REPLY
    ref: str | None = None
    paid: bool = False


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message; what the channel answers is an outcome, never an exception."""
        ...
