"""The public line without a channel: citizens speak into the inbox and read the outbox.

line.says("有人让我转账到安全账户")      # what the bot answers, newest message last
line.presses("money", "yes")
line.desk_heard                        # what reached the dispatch chat
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.cases.models import Case
from actions.citizens import store as citizens
from actions.citizens.models import Citizen
from actions.outbox.models import OutboxMessage
from actions.triage.understanding import Understanding
from bot import hearing, inbox
from bot.conversation.turn import START, Command, Pressed, Unreadable
from bot.database import Sessions
from bot.desk import Desk
from bot.inbound import Inbound, Words
from bot.nlu.client import NluClient
from bot.presses import Press, press

Content = Words | Pressed | Command | Unreadable
_ids = count(1)


def newcomer(db: Session, *, address: str, channel: str = "telegram") -> Citizen:
    """Return a citizen who writes for the first time."""
    sender = citizens.Sender(channel, uuid4().hex, address)
    (citizen,) = citizens.receive(db, [sender], first_step=START)
    assert citizen
    return citizen


@dataclass(slots=True)
class Line:
    """One citizen on the line; `now` moves on by a second with each thing they do."""

    sessions: Sessions
    desk: Desk
    now: datetime
    address: str = "1001"
    channel: str = "telegram"
    hint: str | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)

    def says(self, text: str, *, origin: str = "own", model: Understanding | None = None) -> str:
        """Say something; return all that is answered, as one text."""
        return self.sends(Words(text, origin), model=model)

    def presses(self, question: str, value: str) -> str:
        """Press a button."""
        return self.sends(Pressed(question, value))

    def commands(self, name: str, argument: str = "") -> str:
        """Send a slash command."""
        return self.sends(Command(name, argument))

    def sends(
        self,
        content: Content,
        *,
        external_id: str | None = None,
        group: bool = False,
        model: Understanding | None = None,
    ) -> str:
        """Hand over any message; return all that is answered, as one text."""
        self.now += timedelta(seconds=1)
        message = Inbound(
            channel=self.channel,
            external_id=external_id or f"update:{next(_ids)}",
            address=self.address,
            content=content,
            language_hint=self.hint,
            group=group,
        )
        if model is None:  # rules answer, and read what was told in several lines as one
            message, _ = asyncio.run(hearing.understand(message, NluClient(None), self._look_back))
        with self.sessions.begin() as db:
            newest = db.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1))
            inbox.receive(db, message, understanding=model, desk=self.desk, now=self.now)
        self.heard = self._sent_to(self.address, after=newest or 0)
        return "\n\n".join(str(body["text"]) for body in self.heard)

    async def _look_back(self, message: Inbound) -> Sequence[str]:
        with self.sessions() as db:
            return hearing.told_before(db, [message], now=self.now)[0]

    @property
    def buttons(self) -> list[str]:
        """The data of the buttons under what was answered last."""
        rows = [row for body in self.heard for row in body.get("buttons", [])]
        return [button["data"] for row in rows for button in row]

    @property
    def desk_heard(self) -> list[str]:
        """Every text that went to the dispatch chat."""
        return [str(body.get("text", "")) for body in self._sent_to(self.desk.chat or "")]

    @property
    def case(self) -> Case | None:
        """The newest case there is."""
        with self.sessions() as db:
            return db.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one_or_none()

    @property
    def citizen(self) -> Citizen | None:
        """The citizen's row."""
        with self.sessions() as db:
            return db.scalars(
                select(Citizen).where(
                    Citizen.channel == self.channel, Citizen.address == self.address
                )
            ).one_or_none()

    def officer(self, telegram_id: int, verb: str, outcome: str | None = None) -> str:
        """Let an officer press a button on the newest card; return what they are told."""
        assert self.case
        self.now += timedelta(seconds=1)
        with self.sessions.begin() as db:
            newest = db.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1))
            pressed = Press(telegram_id, self.case.code, verb, outcome)
            said = press(db, self.desk, pressed, now=self.now)
        self.heard = self._sent_to(self.address, after=newest or 0)
        return said

    def _sent_to(self, recipient: str, *, after: int = 0) -> list[Any]:
        with self.sessions() as db:
            bodies: Sequence[Any] = db.scalars(
                select(OutboxMessage.body)
                .where(OutboxMessage.recipient == recipient, OutboxMessage.id > after)
                .order_by(OutboxMessage.id)
            ).all()
            return list(bodies)
