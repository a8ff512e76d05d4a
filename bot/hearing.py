"""What a message says: by itself, and as one line of what was told in several.

Who is frightened writes a line and sends it, then the next. Each line alone says little ("he is
from the police"), or seems to say something else ("he wants it by the first").
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.indicators.extract import Found
from actions.reports import store as reports
from actions.triage import danger, wording
from actions.triage.assess import assess
from actions.triage.understanding import Understanding
from bot.conversation.intents import everyday
from bot.conversation.turn import Event, Said
from bot.desk import Desk
from bot.inbound import Inbound, Telling, Words
from bot.nlu.client import NluClient

OWN = ("own", "edited")  # where words come from that are the citizen's
WITHIN = timedelta(minutes=10)  # from the first line of a telling to its last
SHORT = {"zh": 24, "en": 40}  # columns: a longer message tells its story by itself

LookBack = Callable[[Inbound], Awaitable[Sequence[str]]]
"""Returns what the sender of a message told just before, oldest first."""


def told_before(db: Session, messages: Sequence[Inbound], *, now: datetime) -> list[Sequence[str]]:
    """Return for each message what its sender told just before, oldest first."""
    senders = [(each.channel, each.address) for each in messages]
    told = reports.list_told_before(db, senders, since=now - WITHIN)
    return [told.get(each, ()) for each in senders]


async def understand(
    message: Inbound, nlu: NluClient, look_back: LookBack
) -> tuple[Inbound, Understanding | None]:
    """Return what the words of a message say by themselves, and the message with the telling that
    it goes on with, if any.
    """
    content = message.content
    if not isinstance(content, Words):
        return message, None
    if not _may_go_on(message, content):
        return message, await nlu.parse(content.text)
    alone, before = await asyncio.gather(nlu.parse(content.text), look_back(message))
    if not before:
        return message, alone
    whole = "\n".join((*before, content.text))
    return replace(message, telling=Telling(whole, await nlu.parse(whole))), alone


def _may_go_on(message: Inbound, said: Words) -> bool:
    language = wording.language_of(said.text)
    if message.group or said.origin != "own" or language is None:
        return False
    return wording.columns(said.text.strip()) <= SHORT[language]


def hear(
    db: Session, message: Inbound, understanding: Understanding | None, *, desk: Desk
) -> tuple[Event, Sequence[Found]]:
    """Return what came in as an event of the conversation, and the indicators it names."""
    content, country = message.content, desk.region.country
    if not isinstance(content, Words):
        return content, ()
    assessed = assess(db, content.text, understanding=understanding, country=country)
    whole = None
    if told := message.telling:
        whole = assess(db, told.text, understanding=told.understanding, country=country).judgement
    plain = wording.plain(content.text)
    own = content.origin == "own"
    said = Said(
        content.text,
        assessed.judgement,
        intent=everyday(plain, understanding, assessed.judgement) if own else None,
        language=wording.language_of(content.text),
        danger=danger.find(plain) if content.origin in OWN else None,
        whole=whole,
    )
    return said, assessed.indicators
