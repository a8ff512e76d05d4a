"""The duty desk: cards that show cases, and what becomes of a case.

Cards go to the dispatch chat through the outbox; a case without a dispatch chat is on the console.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.cases import status
from actions.cases.models import Case, Outcome
from actions.cases.policy import Policy
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.outbox.split import LONGEST_CAPTION
from actions.vault import Vault
from bot import texts
from bot.card import LONGEST_WORDS as LONGEST_WORDS
from bot.card import button as button
from bot.card import card as card
from bot.card import card_key as card_key
from bot.news import tell_citizens
from bot.regions import Region


@dataclass(slots=True)
class Forum:
    """Whether the officers' chat keeps topics apart; known once Telegram has told us."""

    on: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the officers are, and what they read."""

    chat: str | None
    region: Region
    channel: str = "telegram"
    webhook: bool = False  # somebody else's system is told of cases nobody claims
    console: str = ""  # where an officer's browser finds the console
    vault: Vault | None = None  # seals stop-payment requests
    forum: Forum = field(default_factory=Forum)

    @property
    def policy(self) -> Policy:
        """Who is alerted to a case, after how long, then whom."""
        return self.region.escalation

    def say(self, key: str, **params: str) -> str:
        """Return one text in the officers' language."""
        return texts.say(key, self.region.languages[0], self.region, **params)

    def door(self, token: str) -> str:
        """Return the link by which an officer with this token enters the console."""
        return f"{self.console}/sign-in#{token}"

    def at(self, when: datetime) -> str:
        """Return the time of day in the region."""
        return when.astimezone(self.region.timezone).strftime("%H:%M:%S")


def post(
    db: Session,
    desk: Desk,
    body: Mapping[str, object],
    *,
    key: str,
    now: datetime,
    to: str | None = None,
    lane: Lane = Lane.URGENT,
    lasts: timedelta | None = None,
    fleeting: bool = False,
) -> None:
    """Queue something for the officers' chat, or for the chat of one of them.

    Does nothing where they have no chat: such officers are on the console.
    """
    recipient = to or desk.chat
    if recipient is None:
        return
    outbox.enqueue(
        db,
        dedup_key=key,
        channel=desk.channel,
        recipient=recipient,
        body=body,
        lane=lane,
        due_at=now,
        expires_at=now + lasts if lasts else None,
        fleeting=fleeting,
    )


def show(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Put the card of a new case before the officers."""
    post(db, desk, card(db, desk, case), key=card_key(case), now=now)


def redraw(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Bring the card up to date with the case."""
    db.flush()  # the card reads reports that may be new
    body = {**card(db, desk, case), "edits": card_key(case)}
    post(db, desk, body, key=_new_key(case, "edit"), now=now)


def tell(
    db: Session,
    desk: Desk,
    case: Case,
    text: str,
    *,
    now: datetime,
    picture: Mapping[str, str] | None = None,
    buttons: object = None,
    lane: Lane = Lane.URGENT,
    lasts: timedelta | None = None,
    of: Case | None = None,
) -> str:
    """Say something to the officers: in the case's own topic, else as an answer to its card.

    Returns the outbox's key of it, by which it is edited, answered or deleted. The key names the
    case `of` whose citizen is heard in it, where that is another: it goes with them.
    """
    place, of = _place(db, case), of or case
    if picture and len(text) > LONGEST_CAPTION:  # too long to stand under a picture
        post(db, desk, {"text": text, **place}, key=_new_key(of, "tell"), now=now)
        text = ""
    body: dict[str, object] = {"text": text, **place, **(picture or {})}
    if buttons:
        body["buttons"] = buttons
    key = _new_key(of, "picture" if picture else "tell")
    post(db, desk, body, key=key, now=now, lane=lane, lasts=lasts)
    return key


def offer(db: Session, desk: Desk, case: Case, text: str, *, now: datetime) -> None:
    """Tell the officers that a case waits for one of them, with the button to take it."""
    tell(db, desk, case, text, now=now, buttons=[[button(desk, case, "claim", "claim")]])


def whisper(
    db: Session,
    desk: Desk,
    officer: Officer,
    text: str,
    *,
    now: datetime,
    about: str,
    buttons: object = None,
) -> None:
    """Say something to one officer in their private chat. `about` is how keys of its case begin:
    they find what goes with a citizen who is forgotten.
    """
    body: dict[str, object] = {"text": text}
    if buttons:
        body["buttons"] = buttons
    key = f"{about}:officer:{officer.id}:{uuid4().hex}"
    post(db, desk, body, key=key, now=now, to=str(officer.telegram_id))


def open_topic(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Give a claimed case a topic of its own, where the officers' chat keeps topics apart."""
    if not desk.forum.on or outbox.was_queued(db, dedup_key=topic_key(case)):
        return
    name = desk.say("desk.topic", case=case.code, type=f"type.{case.type}" if case.type else "—")
    post(db, desk, {"topic": name}, key=topic_key(case), now=now)


def topic_key(case: Case) -> str:
    """Return the outbox key of the case's topic; its ref is the topic's id."""
    return f"case:{case.code}:topic"


def conceal(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Take a citizen who was forgotten out of what the officers' chat shows of their case, and of
    the one in which they were heard.
    """
    for each in filter(None, (case, case.merged_into)):
        redraw(db, desk, each, now=now)
    for key in outbox.list_sent(db, prefix=f"case:{case.code}:tell:"):
        gone = {"text": desk.say("desk.words_gone"), "edits": key}
        post(db, desk, gone, key=_new_key(case, "edit"), now=now, lane=Lane.REPLY)
    for key in outbox.list_sent(db, prefix=f"case:{case.code}:picture:"):
        picture = {"delete": outbox.find_ref(db, dedup_key=key)}
        post(db, desk, picture, key=_new_key(case, "edit"), now=now, lane=Lane.REPLY)


def claim(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Make `by` the owner, and tell the citizen who it is."""
    status.claim(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    open_topic(db, desk, case, now=now)
    tell_citizens(db, desk, case, "case.claimed", now=now, by=by)


def release(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Give the case back; everybody hears of it."""
    status.release(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    offer(db, desk, case, desk.say("desk.released", case=case.code, officer=by.name), now=now)
    tell_citizens(db, desk, case, "case.released", now=now)


def hand_over(
    db: Session, desk: Desk, case: Case, *, to: Officer, by: Officer, now: datetime
) -> None:
    """Make another officer the owner; they hear of it in person, and so does the citizen."""
    status.hand_over(db, case, to=to, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    said = desk.say("desk.handed_over", case=case.code, officer=to.name, words=by.name)
    tell(db, desk, case, said, now=now)
    body = card(db, desk, case)
    text = f"{said}\n\n{body['text']}"
    about = f"case:{case.code}"
    whisper(db, desk, to, text, now=now, buttons=body.get("buttons"), about=about)
    tell_citizens(db, desk, case, "case.claimed", now=now, by=to)


def snooze(
    db: Session, desk: Desk, case: Case, *, until: datetime, by: Officer, now: datetime
) -> None:
    """Let the owner be silent until then."""
    status.snooze(db, case, until=until, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)


def keep(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Answer "are you still on it?": yes."""
    status.keep(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)


def merge(db: Session, desk: Desk, case: Case, *, into: Case, by: Officer, now: datetime) -> None:
    """Go on with two cases as one."""
    status.merge(db, case, into=into, by=by, now=now)
    for each in (case, into):
        redraw(db, desk, each, now=now)
    said = desk.say("desk.took_in", case=into.code, other=case.code, officer=by.name)
    tell(db, desk, into, said, now=now)
    tell_citizens(db, desk, case, "case.merged", now=now, into=into.code)


def reopen(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Put a closed case before the desk again."""
    status.reopen(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    offer(db, desk, case, desk.say("desk.reopened", case=case.code, officer=by.name), now=now)
    tell_citizens(db, desk, case, "case.reopened", now=now)


def close(
    db: Session, desk: Desk, case: Case, outcome: Outcome, *, by: Officer, now: datetime
) -> None:
    """End the case; the citizen hears what came of it and is asked whether it helped."""
    status.close(db, case, outcome, by=by, now=now)
    redraw(db, desk, case, now=now)
    if topic := outbox.find_ref(db, dedup_key=topic_key(case)):
        ended = {"close_topic": topic}
        post(db, desk, ended, key=_new_key(case, "edit"), now=now, lane=Lane.REPLY)
    tell_citizens(db, desk, case, f"case.closed.{outcome}", now=now, ask_help=True)


def _place(db: Session, case: Case) -> dict[str, str]:
    topic = outbox.find_ref(db, dedup_key=topic_key(case))
    return {"thread": topic} if topic else {"reply_to": card_key(case)}


def _new_key(case: Case, kind: str) -> str:
    return f"case:{case.code}:{kind}:{uuid4().hex}"
