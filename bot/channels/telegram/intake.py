"""One update in: understand, then one transaction. Both ways in call this and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session
from telegram import Bot, Update

from actions.citizens import store as citizens
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.triage.understanding import Understanding
from bot import desk as duty
from bot import inbox
from bot.channels.telegram.update import (
    CHANNEL,
    CitizenPress,
    OfficerPress,
    Read,
    read,
)
from bot.database import Sessions
from bot.desk import Desk
from bot.inbox import Inbound, Words
from bot.nlu.client import NluClient

log = structlog.get_logger()

ANSWER_WITHIN = timedelta(seconds=15)  # later, Telegram no longer takes an answer to a press


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in an update needs."""

    bot: Bot
    sessions: Sessions
    nlu: NluClient
    desk: Desk
    clock: Callable[[], datetime]

    async def take(self, update: Update) -> None:
        """Store everything this update causes. When this returns, it may be acknowledged."""
        wanted = read(update, username=self.bot.username or "", dispatch_chat=self.desk.chat)
        if wanted is None:
            return
        understanding = None
        if isinstance(wanted, Inbound) and isinstance(wanted.content, Words):
            understanding = await self.nlu.parse(wanted.content.text)
        await asyncio.to_thread(self._store, wanted, understanding)

    def _store(self, wanted: Read, understanding: Understanding | None) -> None:
        now = self.clock()
        with self.sessions.begin() as db:
            match wanted:
                case Inbound():
                    inbox.receive(db, wanted, understanding=understanding, desk=self.desk, now=now)
                case CitizenPress(inbound, callback_id):
                    new = inbox.receive(db, inbound, understanding=None, desk=self.desk, now=now)
                    if new:
                        self._confirm(db, callback_id, now)
                case OfficerPress(external_id, press, callback_id):
                    if citizens.note_received(db, channel=CHANNEL, external_id=external_id):
                        said = duty.press(db, self.desk, press, now=now)
                        self._confirm(db, callback_id, now, said)
                        outbox.nudge(db)

    def _confirm(self, db: Session, callback_id: str, now: datetime, text: str = "") -> None:
        body: dict[str, object] = {"answers": callback_id, "text": text, "alert": bool(text)}
        outbox.enqueue(
            db,
            dedup_key=f"press:{callback_id}",
            channel=CHANNEL,
            recipient=f"press:{callback_id}",  # no chat: it waits for nothing and nobody
            body=body,
            lane=Lane.URGENT,
            due_at=now,
            expires_at=now + ANSWER_WITHIN,
            fleeting=True,
        )


def chat_of(update: Update) -> int:
    """Return a key by which updates of one chat are kept in order."""
    chat = update.effective_chat
    return chat.id if chat else -update.update_id
