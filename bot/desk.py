"""The duty desk: cards that show cases, and what officers do with them.

Cards go to the dispatch chat through the outbox; a case without a dispatch chat is on the console.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.cases import status
from actions.cases import store as cases
from actions.cases.models import Case, Outcome, Status
from actions.indicators import store as indicators
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.reports import store as reports
from bot import texts
from bot.regions import Region

OPENINGS = {"live": "desk.open", "warning": "desk.warning"}
LONGEST_WORDS = 2400  # characters of a citizen's words on a card; Telegram takes 4,096 in all


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the officers are, and what they read."""

    chat: str | None
    region: Region
    channel: str = "telegram"

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


def tell(db: Session, desk: Desk, case: Case, text: str, *, now: datetime) -> None:
    """Say something to the officers, as an answer to the case's card."""
    if desk.chat is None:
        return
    outbox.enqueue(
        db,
        dedup_key=f"case:{case.code}:tell:{uuid4().hex}",
        channel=desk.channel,
        recipient=desk.chat,
        body={"text": text, "reply_to": card_key(case)},
        lane=Lane.URGENT,
        due_at=now,
    )


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


def card_key(case: Case) -> str:
    """Return the outbox key of the case's card, by which it is edited and answered."""
    return f"case:{case.code}:card"


def card(db: Session, desk: Desk, case: Case) -> dict[str, object]:
    """Return the card: what, how urgent, why, the citizen's words, indicators, buttons."""
    told = reports.list_for_case(db, case_id=case.id)
    known = indicators.list_for_case(db, case_id=case.id)
    opening = OPENINGS.get(case.cause, "desk.person")
    lines = [
        desk.say(
            opening,
            case=case.code,
            type=f"type.{case.type}" if case.type else "—",
            stage=f"stage.{case.stage}",
        )
    ]
    if case.type:
        lines.append(f"[{case.type} · {case.stage}]")
    if case.reasons:
        reasons = " ".join(desk.say(reason) for reason in case.reasons)
        lines.append(desk.say("desk.reasons", reasons=reasons))
    if case.citizen_id is None:
        lines.append(desk.say("desk.words_gone"))
    elif told:
        words = "\n".join(report.text for report in told)
        lines += ["", desk.say("desk.words"), words[:LONGEST_WORDS]]
    if known:
        named = "，".join(f"{each.kind} {each.value}" for each in known)
        lines += ["", desk.say("desk.indicators", indicators=named[:600])]
    lines += ["", _state(desk, case)]
    body: dict[str, object] = {"text": "\n".join(lines)}
    if buttons := _buttons(desk, case):
        body["buttons"] = buttons
    return body


def _state(desk: Desk, case: Case) -> str:
    owner = case.owner.name if case.owner else "—"
    if case.status == Status.CLOSED and case.closed_at:
        return desk.say(
            "desk.closed",
            officer=owner,
            since=desk.at(case.closed_at),
            outcome=f"desk.outcome.{case.outcome}",
        )
    if case.status == Status.CLAIMED and case.claimed_at:
        return desk.say("desk.claimed", officer=owner, since=desk.at(case.claimed_at))
    return desk.say("desk.waiting", since=desk.at(case.opened_at))


def _buttons(desk: Desk, case: Case) -> list[list[dict[str, str]]]:
    def button(verb: str, label: str) -> dict[str, str]:
        return {"label": desk.say(f"desk.button.{label}"), "data": f"case:{case.code}:{verb}"}

    if case.status == Status.OPEN:
        return [[button("claim", "claim")]]
    if case.status == Status.CLAIMED:
        ends = [button(f"close:{outcome}", outcome) for outcome in Outcome]
        return [ends[:2], ends[2:], [button("release", "release")]]
    return []


def press(db: Session, desk: Desk, pressed: Press, *, now: datetime) -> str:
    """Do what an officer asks; return what to tell them. A refusal changes nothing."""
    officer = officers.find(db, telegram_id=pressed.telegram_id)
    if officer is None:
        return desk.say("desk.press.not_allowed")
    case = cases.find(db, code=pressed.code)
    if case is None:
        return desk.say("desk.press.unknown")
    try:
        said = _do(db, case, pressed, by=officer, now=now)
    except status.NotAllowed:
        return desk.say("desk.press.not_allowed")
    except status.AlreadyOwned as fact:
        key = "desk.press.owned" if pressed.verb == "claim" else "desk.press.not_yours"
        return desk.say(key, officer=fact.owner, since=desk.at(fact.since))
    except status.IllegalMove:
        return desk.say("desk.press.illegal")
    redraw(db, desk, case, now=now)
    _tell_citizen(db, desk, case, said, officer, now=now)
    return desk.say(f"desk.press.{said}")


def _do(db: Session, case: Case, pressed: Press, *, by: Officer, now: datetime) -> str:
    match pressed.verb, pressed.outcome:
        case "claim", None:
            status.claim(db, case, by=by, now=now)
            return "claimed"
        case "release", None:
            status.release(db, case, by=by, now=now)
            return "released"
        case "close", str(outcome) if outcome in set(Outcome):
            status.close(db, case, Outcome(outcome), by=by, now=now)
            return "closed"
    raise status.IllegalMove


def _tell_citizen(
    db: Session, desk: Desk, case: Case, said: str, officer: Officer, *, now: datetime
) -> None:
    citizen = case.citizen
    if citizen is None:
        return
    key = f"case.closed.{case.outcome}" if said == "closed" else f"case.{said}"
    language = citizen.language or desk.region.languages[0]
    params: Mapping[str, str] = {"case": case.code, "officer": officer.name}
    outbox.enqueue(
        db,
        dedup_key=f"case:{case.code}:citizen:{uuid4().hex}",
        channel=citizen.channel,
        recipient=citizen.address,
        body={"text": texts.say(key, language, desk.region, **params)},
        lane=Lane.URGENT,
        due_at=now,
    )
