"""The duty desk: cards that show cases, and what officers do with them.

Cards go to the dispatch chat through the outbox; a case without a dispatch chat is on the console.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status
from actions.cases import store as cases
from actions.cases.models import Case, Outcome
from actions.cases.policy import Policy
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.vault import Vault
from bot import texts
from bot.card import LONGEST_WORDS as LONGEST_WORDS
from bot.card import button as button
from bot.card import card as card
from bot.card import card_key as card_key
from bot.news import tell_citizen
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

    def at(self, when: datetime) -> str:
        """Return the time of day in the region."""
        return when.astimezone(self.region.timezone).strftime("%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Press:
    """An officer's button: `case:<code>:<verb>` or `case:<code>:close:<outcome>`."""

    telegram_id: int
    code: str
    verb: str
    outcome: str | None = None


def show(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Put the card of a new case before the officers."""
    if desk.chat is None:
        return
    outbox.enqueue(
        db,
        dedup_key=card_key(case),
        channel=desk.channel,
        recipient=desk.chat,
        body=card(db, desk, case),
        lane=Lane.URGENT,
        due_at=now,
    )


def redraw(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Bring the card up to date with the case."""
    if desk.chat is None:
        return
    db.flush()  # the card reads reports that may be new
    outbox.enqueue(
        db,
        dedup_key=f"case:{case.code}:edit:{uuid4().hex}",
        channel=desk.channel,
        recipient=desk.chat,
        body={**card(db, desk, case), "edits": card_key(case)},
        lane=Lane.URGENT,
        due_at=now,
    )


def tell(
    db: Session,
    desk: Desk,
    case: Case,
    text: str,
    *,
    now: datetime,
    photo: str | None = None,
    buttons: object = None,
) -> None:
    """Say something to the officers: in the case's own topic, else as an answer to its card."""
    if desk.chat is None:
        return
    body: dict[str, object] = {"text": text}
    topic = outbox.find_ref(db, dedup_key=topic_key(case))
    if topic:
        body["thread"] = topic
    else:
        body["reply_to"] = card_key(case)
    if photo:
        body["photo"] = photo
    if buttons:
        body["buttons"] = buttons
    outbox.enqueue(
        db,
        dedup_key=f"case:{case.code}:{'picture' if photo else 'tell'}:{uuid4().hex}",
        channel=desk.channel,
        recipient=desk.chat,
        body=body,
        lane=Lane.URGENT,
        due_at=now,
    )


def whisper(
    db: Session,
    desk: Desk,
    officer: Officer,
    text: str,
    *,
    now: datetime,
    buttons: object = None,
    about: str = "desk",
) -> None:
    """Say something to one officer in their private chat."""
    body: dict[str, object] = {"text": text}
    if buttons:
        body["buttons"] = buttons
    outbox.enqueue(
        db,
        dedup_key=f"{about}:officer:{officer.id}:{uuid4().hex}",
        channel=desk.channel,
        recipient=str(officer.telegram_id),
        body=body,
        lane=Lane.URGENT,
        due_at=now,
    )


def open_topic(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Give a claimed case a topic of its own, where the officers' chat keeps topics apart."""
    if desk.chat is None or not desk.forum.on:
        return
    if outbox.was_queued(db, dedup_key=topic_key(case)):
        return
    name = desk.say("desk.topic", case=case.code, type=f"type.{case.type}" if case.type else "—")
    outbox.enqueue(
        db,
        dedup_key=topic_key(case),
        channel=desk.channel,
        recipient=desk.chat,
        body={"topic": name},
        lane=Lane.URGENT,
        due_at=now,
    )


def topic_key(case: Case) -> str:
    """Return the outbox key of the case's topic; its ref is the topic's id."""
    return f"case:{case.code}:topic"


def conceal(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """Take a citizen who was forgotten out of what the officers' chat shows of their case."""
    if desk.chat is None:
        return
    redraw(db, desk, case, now=now)
    for key in outbox.list_sent(db, prefix=f"case:{case.code}:tell:"):
        outbox.enqueue(
            db,
            dedup_key=f"case:{case.code}:edit:{uuid4().hex}",
            channel=desk.channel,
            recipient=desk.chat,
            body={"text": desk.say("desk.words_gone"), "edits": key},
            lane=Lane.REPLY,
            due_at=now,
        )
    for key in outbox.list_sent(db, prefix=f"case:{case.code}:picture:"):
        outbox.enqueue(
            db,
            dedup_key=f"case:{case.code}:edit:{uuid4().hex}",
            channel=desk.channel,
            recipient=desk.chat,
            body={"delete": outbox.find_ref(db, dedup_key=key)},
            lane=Lane.REPLY,
            due_at=now,
        )


def claim(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Make `by` the owner, and tell the citizen who it is."""
    status.claim(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    open_topic(db, desk, case, now=now)
    tell_citizen(db, desk, case, "case.claimed", now=now, by=by)


def release(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Give the case back; everybody hears of it."""
    status.release(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    tell(
        db,
        desk,
        case,
        desk.say("desk.released", case=case.code, officer=by.name),
        now=now,
        buttons=[[button(desk, case, "claim", "claim")]],
    )
    tell_citizen(db, desk, case, "case.released", now=now)


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
    tell_citizen(db, desk, case, "case.claimed", now=now, by=to)


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
    tell_citizen(db, desk, case, "case.merged", now=now, into=into.code)


def reopen(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Put a closed case before the desk again."""
    status.reopen(db, case, by=by, now=now, policy=desk.policy)
    redraw(db, desk, case, now=now)
    tell(
        db,
        desk,
        case,
        desk.say("desk.reopened", case=case.code, officer=by.name),
        now=now,
        buttons=[[button(desk, case, "claim", "claim")]],
    )
    tell_citizen(db, desk, case, "case.reopened", now=now)


def close(
    db: Session, desk: Desk, case: Case, outcome: Outcome, *, by: Officer, now: datetime
) -> None:
    """End the case; the citizen hears what came of it and is asked whether it helped."""
    status.close(db, case, outcome, by=by, now=now)
    redraw(db, desk, case, now=now)
    if topic := outbox.find_ref(db, dedup_key=topic_key(case)):
        _close_topic(db, desk, case, topic, now=now)
    tell_citizen(db, desk, case, f"case.closed.{outcome}", now=now, ask_help=True)


def press(db: Session, desk: Desk, pressed: Press, *, now: datetime) -> str:
    """Do what an officer asks; return what to tell them. A refusal changes nothing."""
    officer = officers.find(db, telegram_id=pressed.telegram_id)
    if officer is None:
        _refused(db, pressed, "not on the list", now)
        return desk.say("desk.press.not_allowed")
    case = cases.find(db, code=pressed.code)
    if case is None:
        return desk.say("desk.press.unknown")
    return trying(
        db, desk, case, pressed.verb, lambda: _do(db, desk, case, pressed, by=officer, now=now)
    )


def trying(db: Session, desk: Desk, case: Case, verb: str, act: Callable[[], str]) -> str:
    """Do something to a case; return what it says, or why it was refused."""
    try:
        with db.begin_nested():
            return act()
    except status.NotAllowed:
        return desk.say("desk.press.not_allowed")
    except status.AlreadyOwned as fact:
        key = "desk.press.owned" if verb == "claim" else "desk.press.not_yours"
        return desk.say(key, officer=fact.owner, since=desk.at(fact.since))
    except status.TooLong:
        hours = str(int(desk.policy.longest_snooze.total_seconds() // 3600))
        return desk.say("desk.press.too_long", hours=hours)
    except status.IllegalMove:
        return desk.say("desk.press.illegal")


def _do(db: Session, desk: Desk, case: Case, pressed: Press, *, by: Officer, now: datetime) -> str:
    match pressed.verb, pressed.outcome:
        case "claim", None:
            claim(db, desk, case, by=by, now=now)
            return desk.say("desk.press.claimed")
        case "release", None:
            release(db, desk, case, by=by, now=now)
            return desk.say("desk.press.released")
        case "close", str(outcome) if outcome in set(Outcome):
            close(db, desk, case, Outcome(outcome), by=by, now=now)
            return desk.say("desk.press.closed")
        case "keep", None:
            keep(db, desk, case, by=by, now=now)
            return desk.say("desk.press.kept")
        case "snooze", str(outcome) if outcome[1:].isdigit():
            minutes = timedelta(minutes=int(outcome[1:]))
            snooze(db, desk, case, until=now + minutes, by=by, now=now)
            return desk.say("desk.press.snoozed", minutes=outcome[1:])
        case "reopen", None:
            reopen(db, desk, case, by=by, now=now)
            return desk.say("desk.press.reopened")
    raise status.IllegalMove


def _refused(db: Session, pressed: Press, why: str, now: datetime) -> None:
    audit.record(db, "press.refused", actor="stranger", now=now, verb=pressed.verb[:20], why=why)


def _close_topic(db: Session, desk: Desk, case: Case, topic: str, *, now: datetime) -> None:
    outbox.enqueue(
        db,
        dedup_key=f"case:{case.code}:edit:{uuid4().hex}",
        channel=desk.channel,
        recipient=desk.chat or "",
        body={"close_topic": topic},
        lane=Lane.REPLY,
        due_at=now,
    )
