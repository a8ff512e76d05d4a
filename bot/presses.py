"""Officers' presses on a card: who may, what they do, and why they were refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status, thread
from actions.cases import store as cases
from actions.cases.access import may_see
from actions.cases.models import Case, Outcome
from actions.officers import store as officers
from actions.officers.models import DESK, Officer
from bot import desk as duty
from bot.card import SNOOZE
from bot.desk import Desk


class Refusal(str):
    """Why something was not done: it stays before the officer until they put it away."""


@dataclass(frozen=True, slots=True)
class Press:
    """An officer's button: `case:<code>:<verb>` or `case:<code>:close:<outcome>`."""

    telegram_id: int
    code: str
    verb: str
    outcome: str | None = None


class Do(Protocol):
    """What a button does: act, and return what to tell the officer."""

    def __call__(
        self, db: Session, desk: Desk, case: Case, pressed: Press, *, by: Officer, now: datetime
    ) -> str: ...


def press(db: Session, desk: Desk, pressed: Press, *, now: datetime, do: Do | None = None) -> str:
    """Do what an officer asks; return what to tell them. A refusal changes nothing."""
    officer = officers.find(db, telegram_id=pressed.telegram_id)
    case = cases.find(db, code=pressed.code)
    if refusal := refuse(db, desk, officer, case, verb=pressed.verb, now=now):
        return refusal
    assert officer is not None  # noqa: S101  or they would have been refused
    assert case is not None  # noqa: S101  so would that
    by, about, verb = officer, case, do or act
    return trying(
        db, desk, about, pressed.verb, lambda: verb(db, desk, about, pressed, by=by, now=now)
    )


def refuse(
    db: Session,
    desk: Desk,
    officer: Officer | None,
    case: Case | None,
    *,
    verb: str,
    now: datetime,
) -> str:
    """Return why somebody may not act on a case, and record it; "" when they may.

    Who is not on the list learns nothing of cases, and what a button asks of us may be made up.
    """
    if officer is None or not officer.may(DESK):
        said, why = desk.say("desk.press.not_allowed"), "not on the list"
    elif case is None:
        return Refusal(desk.say("desk.press.unknown"))
    elif not may_see(officer, case):
        district = case.district or ""
        said, why = desk.say("desk.press.elsewhere", district=district), "another district"
    else:
        return ""
    audit.record(
        db,
        "case.refused",
        actor=officer.actor if officer else audit.STRANGER,
        now=now,
        case_code=case.code if case else None,
        verb=verb[:20],
        why=why,
    )
    return Refusal(said)


def trying(db: Session, desk: Desk, case: Case, verb: str, do: Callable[[], str]) -> str:
    """Do something to a case; return what it says, or why it was refused."""
    try:
        with db.begin_nested():
            return do()
    except _FACTS as fact:
        return Refusal(_why(desk, verb, fact))


_FACTS = (
    *(status.NotAllowed, status.AlreadyOwned, status.TooLong, status.IllegalMove),
    *(thread.NobodyThere, thread.TooLong, thread.Empty),
)


def _why(desk: Desk, verb: str, fact: Exception) -> str:
    match fact:
        case status.NotAllowed():
            return desk.say("desk.press.not_allowed")
        case status.AlreadyOwned(owner, since):
            key = "desk.press.owned" if verb == "claim" else "desk.press.not_yours"
            return desk.say(key, officer=owner, since=desk.at(since))
        case status.TooLong():
            hours = int(desk.policy.longest_snooze.total_seconds() // 3600)
            return desk.say("desk.press.too_long", hours=str(hours))
        case thread.NobodyThere():
            return desk.say("desk.words_gone")
        case thread.TooLong(longest):
            return desk.say("desk.press.too_long_text", longest=str(longest))
        case thread.Empty():
            return desk.say("desk.press.unreadable")
    return desk.say("desk.press.illegal")


def act(db: Session, desk: Desk, case: Case, pressed: Press, *, by: Officer, now: datetime) -> str:
    """Do what a button on a card asks of the case."""
    match pressed.verb, pressed.outcome:
        case "claim", None:
            duty.claim(db, desk, case, by=by, now=now)
            return desk.say("desk.press.claimed")
        case "release", None:
            duty.release(db, desk, case, by=by, now=now)
            return desk.say("desk.press.released")
        case "close", str(outcome) if outcome in set(Outcome):
            duty.close(db, desk, case, Outcome(outcome), by=by, now=now)
            return desk.say("desk.press.closed")
        case "keep", None:
            duty.keep(db, desk, case, by=by, now=now)
            return desk.say("desk.press.kept")
        case "snooze", str(outcome) if outcome == f"m{SNOOZE}":
            duty.snooze(db, desk, case, until=now + timedelta(minutes=SNOOZE), by=by, now=now)
            return desk.say("desk.press.snoozed", minutes=str(SNOOZE))
        case "reopen", None:
            duty.reopen(db, desk, case, by=by, now=now)
            return desk.say("desk.press.reopened")
    raise status.IllegalMove
