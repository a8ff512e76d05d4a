"""A synthetic citizen: a drill through the whole chain, marked as such, in no statistics.

What it says takes the way of every message: inbox, triage, case, card. A minute later the
escalation engine finds the case unclaimed, notes how long the card took, and ends it.
"""

from __future__ import annotations

import asyncio
from uuid import uuid4

from actions.outbox.policy import Outcome, Sent
from bot import inbox
from bot.channels.sender import Envelope
from bot.desk import Desk
from bot.inbound import DRILL, Inbound, Words
from bot.nlu.client import NluClient
from bot.wiring import Service

WORDS = "演练：对方自称公安局，让我把钱转到安全账户，现在电话还没挂，让我马上转"


class DrillSender:
    """Takes what is written to the synthetic citizen; nobody reads it."""

    async def send(self, envelope: Envelope) -> Outcome:
        return Sent(envelope.ref or "0")


async def begin(service: Service, nlu: NluClient, desk: Desk) -> None:
    """Let the synthetic citizen speak."""
    understanding = await nlu.parse(WORDS)
    message = Inbound(DRILL, uuid4().hex, "drill", Words(WORDS))

    def store() -> None:
        with service.sessions.begin() as db:
            now = service.clock()
            inbox.receive(db, message, understanding=understanding, desk=desk, now=now)

    await asyncio.to_thread(store)
