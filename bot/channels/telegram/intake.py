"""One update in: understand, then one transaction. Both ways in call this and nothing else."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import compress
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from telegram import Bot, Update

from actions.audit import store as audit
from actions.citizens import store as citizens
from actions.db import later
from actions.inbox import store as poison
from actions.officers import store as officers
from actions.outbox import chats
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.triage.understanding import Understanding
from bot import hearing, inbox, metrics, officer, publisher, texts
from bot.channels.telegram.update import (
    CHANNEL,
    ChatMoved,
    CitizenPress,
    Given,
    Illegible,
    OfficerPress,
    PublisherPress,
    Read,
    answerable,
    chat_of,
    from_officer,
    read,
    sender_of,
)
from bot.database import Sessions
from bot.desk import Desk
from bot.inbound import Inbound
from bot.nlu.client import NluClient
from bot.officer import OfficerSaid
from bot.presses import Refusal
from bot.together import Together

log = structlog.get_logger()

TRIES = 5  # then an update is set aside, so that it cannot hold up everybody else
ANSWER_WITHIN = timedelta(seconds=15)  # later, Telegram no longer takes an answer to a press
FRESH = 2.0  # seconds for which we know that the officers' chat has not moved
# Whose row somebody else holds for longer than a moment does not hold up those stored with them.
_HURRY = text("SET LOCAL lock_timeout = '200ms'")

# What PostgreSQL says when it cannot do anything for anybody now (classes of SQLSTATE): it is not
# reached, the transaction must be tried again, it has no room, a lock is not to be had, it stops,
# its machine fails.
_AWAY = ("08", "40", "53", "55P03", "57P", "58")

Said = tuple[Inbound, Understanding | None]  # to us alone, and what it was understood as


class OfficersChat:
    """Where the officers' chat is: a group that becomes a supergroup gets a new number."""

    def __init__(self, sessions: Sessions, desk: Desk) -> None:
        self._sessions, self._desk = sessions, desk
        self._asked_at = -math.inf
        self.chat = desk.chat

    async def known_in(self, other: int | None) -> str | None:
        """Return the officers' chat. What comes from another group may be from where it went: then
        ask first.
        """
        group = other is not None and other < 0 and str(other) != self.chat
        if group and self.chat and time.monotonic() - self._asked_at > FRESH:
            self.chat = await asyncio.to_thread(self._find, self.chat)
            self._asked_at = time.monotonic()
        return self.chat

    def _find(self, chat: str) -> str:
        with self._sessions() as db:
            return chats.find_moved(db, channel=self._desk.channel, recipient=chat)


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in an update needs."""

    bot: Bot
    sessions: Sessions
    nlu: NluClient
    desk: Desk
    clock: Callable[[], datetime]
    _officers: OfficersChat = field(init=False)
    _storing: Together[Said, bool] = field(init=False)
    _looking_back: Together[Inbound, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_officers", OfficersChat(self.sessions, self.desk))
        object.__setattr__(self, "_storing", Together(self._store_together))
        object.__setattr__(self, "_looking_back", Together(self._look_back_together))

    async def take(self, update: Update) -> None:
        """Store everything this update causes. When this returns, it may be acknowledged."""
        dispatch_chat = await self._officers.known_in(chat_of(update))
        wanted = read(update, username=self.bot.username or "", dispatch_chat=dispatch_chat)
        if wanted is None:
            return
        understanding = None
        if isinstance(wanted, Inbound):
            look_back = self._looking_back.ask
            wanted, understanding = await hearing.understand(wanted, self.nlu, look_back)
        if isinstance(wanted, Inbound) and not wanted.group:
            stored = await self._storing.ask((wanted, understanding))
        else:
            stored = False
        if not stored:
            await asyncio.to_thread(self._store, wanted, understanding)

    async def settle(self, update: Given) -> bool:
        """Take in an update, or set it aside once it has failed too often; True when either is
        stored and the update may be acknowledged.
        """
        began = time.monotonic()
        try:
            if isinstance(update, Illegible):
                raise update.error
            await self.take(update)
        except Exception as error:  # noqa: BLE001  whatever it is, the update must come again
            result = await asyncio.to_thread(self._note_failure, update, error)
            metrics.TAKEN_IN.labels(result).inc()
            return result == "set_aside"
        metrics.TAKEN_IN.labels("stored").inc()
        metrics.TOOK.observe(time.monotonic() - began)
        return True

    def note_refused(self, count: int) -> None:
        """Record that this many posts came that were not Telegram's."""
        with self.sessions.begin() as db:
            now = self.clock()
            audit.record(db, "webhook.refused", actor="stranger", now=now, count=count)

    def _note_failure(self, update: Given, error: Exception) -> str:
        """Count the failure, and set the update aside when it is the last one we bear."""
        if is_outage(error):
            log.warning("intake.database_away", update=update.update_id, error=error)
            return "again"  # it is not the update's fault: there is no end to trying
        log.error("intake.failed", update=update.update_id, error=error)
        chat, now = chat_of(update), self.clock()
        tries = 1 if isinstance(update, Illegible) else TRIES  # it reads the same each time
        try:
            with self.sessions.begin() as db:
                record = poison.note_failure(
                    db,
                    channel=CHANNEL,
                    external_id=external_id(update),
                    address=None if chat is None else str(chat),
                    error=named(error),
                    now=now,
                )
                if record.set_aside_at is not None:
                    return "set_aside"  # it came once more: the citizen has been told
                if record.failures < tries:
                    return "again"
                person = sender_of(update)
                sender = None if person is None else str(person)
                poison.set_aside(record, raw=update.to_dict(), sender=sender, now=now)
                self._apologise(db, update, now)
        except SQLAlchemyError as other:
            log.warning("intake.failure_not_noted", update=update.update_id, error=other)
            return "again"
        log.error("intake.set_aside", update=update.update_id, error=error)
        return "set_aside"

    def _apologise(self, db: Session, update: Given, now: datetime) -> None:
        """Tell the citizen that this one was lost on us, and where to turn now."""
        to = answerable(update)
        if to is None or str(to[0]) == self._officers.chat:
            return
        chat, spoken = to
        citizen = citizens.find(db, channel=CHANNEL, address=str(chat))
        hint = (citizen and citizen.language) or spoken[:2]
        language = hint if hint in texts.LANGUAGES else self.desk.region.languages[0]
        outbox.enqueue(
            db,
            dedup_key=f"sorry:{CHANNEL}:{external_id(update)}",
            channel=CHANNEL,
            recipient=str(chat),
            body={"text": texts.say("sorry", language, self.desk.region)},
            lane=Lane.REPLY,
            due_at=now,
        )
        outbox.nudge(db)

    def _store(self, wanted: Read, understanding: Understanding | None) -> None:
        now = self.clock()
        with self.sessions.begin() as db:
            if not self._do(db, wanted, understanding, now):
                self._note_repeated(db, now)

    async def _look_back_together(self, came: Sequence[Inbound]) -> list[Sequence[str]]:
        return await asyncio.to_thread(self._look_back, came)

    def _look_back(self, came: Sequence[Inbound]) -> list[Sequence[str]]:
        with self.sessions() as db:
            return hearing.told_before(db, came, now=self.clock())

    async def _store_together(self, came: Sequence[Said]) -> list[bool]:
        return await asyncio.to_thread(self._try_together, came)

    def _try_together(self, came: Sequence[Said]) -> list[bool]:
        """Store what citizens said in one transaction; tell for each whether it is stored.

        What officers said is not, and nothing is when anything goes wrong.
        """
        now = self.clock()
        try:
            with self.sessions.begin() as db:
                later.gather(db)
                if len(came) > 1:
                    db.execute(_HURRY)
                people = [int(message.address) for message, _ in came]
                serving = officers.which(db, telegram_ids=people)
                done = [each not in serving for each in people]
                new = inbox.receive_all(db, list(compress(came, done)), desk=self.desk, now=now)
                for _ in range(new.count(False)):
                    self._note_repeated(db, now)
        except Exception as error:  # noqa: BLE001  each is tried alone, and fails alone
            log.info("intake.not_together", updates=len(came), error=named(error))
            return [False] * len(came)
        return done

    def _note_repeated(self, db: Session, now: datetime) -> None:
        """Record Telegram's own repeat, or a replay."""
        audit.record(db, "update.repeated", actor="telegram", now=now)

    def _do(
        self, db: Session, wanted: Read, understanding: Understanding | None, now: datetime
    ) -> bool:
        """Do what an update means; False when it was done before: then nothing changes."""
        match wanted:
            case Inbound():
                done = self._from_officer(db, wanted, now)
                if done is not None:
                    return done
                return inbox.receive(
                    db, wanted, understanding=understanding, desk=self.desk, now=now
                )
            case OfficerSaid():
                new = citizens.note_received(db, channel=CHANNEL, external_id=wanted.external_id)
                if new:
                    officer.take(db, self.desk, wanted, now=now)
                return new
            case CitizenPress(inbound, callback_id):
                new = inbox.receive(db, inbound, understanding=None, desk=self.desk, now=now)
                if new:
                    self._confirm(db, callback_id, now)
                return new
            case OfficerPress() | PublisherPress():
                new = citizens.note_received(db, channel=CHANNEL, external_id=wanted.external_id)
                if new:
                    self._press(db, wanted, now)
                return new
            case ChatMoved(chat, to):
                chats.move(db, channel=CHANNEL, recipient=chat, to=to, now=now)
        return True

    def _press(self, db: Session, wanted: OfficerPress | PublisherPress, now: datetime) -> None:
        if isinstance(wanted, PublisherPress):
            said = publisher.press(db, self.desk, wanted.press, now=now)
        else:
            said = officer.press(db, self.desk, wanted.press, now=now)
        self._confirm(db, wanted.callback_id, now, said)
        outbox.nudge(db)

    def _from_officer(self, db: Session, message: Inbound, now: datetime) -> bool | None:
        """Do an officer's own business; None when it is none of theirs, False for a repeat."""
        said = from_officer(message)
        if said is None or not officer.concerns(db, said):
            return None
        with db.begin_nested() as attempt:
            if not citizens.note_received(db, channel=CHANNEL, external_id=message.external_id):
                return False
            if officer.take(db, self.desk, said, now=now):
                return True
            attempt.rollback()  # a citizen speaks: the inbox notes it
        return None

    def _confirm(self, db: Session, callback_id: str, now: datetime, text: str = "") -> None:
        alert = isinstance(text, Refusal)
        body: dict[str, object] = {"answers": callback_id, "text": text, "alert": alert}
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


def legible(raw: Any, bot: Bot) -> Given:
    """Read one update as Telegram hands it over; ValueError says that it is none."""
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise ValueError("not an update")
    try:
        return Update.de_json(raw, bot)
    except Exception as error:  # noqa: BLE001  whatever PTB stumbles over, the rest is read
        return Illegible(raw["update_id"], raw, error)


def external_id(update: Given) -> str:
    """Return what an update is remembered by."""
    return f"update:{update.update_id}"


def is_outage(error: Exception) -> bool:
    """Tell whether an error says that the database is away, and nothing about what was asked."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # it said nothing at all
        return isinstance(error, OperationalError | InterfaceError)
    return error.connection_invalidated or state.startswith(_AWAY)


def named(error: Exception) -> str:
    """Name an error and its place. Its message is left out: it may quote a citizen."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def lane_of(update: Given) -> int:
    """Return a key by which updates of one chat are kept in order."""
    chat = chat_of(update)
    return -update.update_id if chat is None else chat
