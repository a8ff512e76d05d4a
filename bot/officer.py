"""What officers write: answers to a card, commands, and the fields of a stop-payment request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.campaigns.status import PUBLISHING
from actions.cases import store as cases
from actions.cases import thread
from actions.cases.access import may_see
from actions.cases.models import Case
from actions.cases.thread import Written
from actions.citizens.models import Citizen
from actions.codes import BADGE, CASE
from actions.officers import roster, sign_in
from actions.officers import store as officers
from actions.officers.models import DESK, Officer, Role
from actions.outbox import store as outbox
from bot import desk as duty
from bot import presses, publisher, relay, stop_pay
from bot.desk import Desk
from bot.presses import Press

COMMANDS = frozenset(
    {"duty", "offduty", "roster", "desk", "cancel", "handover", "merge", "reopen", "snooze"}
    | {"help", publisher.COMMAND}
)
FOR_ALL = frozenset(
    {"desk", "help", publisher.COMMAND}
)  # what officers who work no cases may write, too
LONGEST_DUTY = 24  # hours


@dataclass(frozen=True, slots=True)
class OfficerSaid:
    """Something an officer wrote in the officers' chat, or to the bot alone."""

    external_id: str
    telegram_id: int
    chat: str
    private: bool
    text: str = ""
    photo: str | None = None
    about: str | None = None  # the case named by the message of ours that this answers
    answers: str | None = None  # and the citizen's message, where several are heard in the case
    command: str | None = None
    argument: str = ""
    ref: str | None = None


def take(db: Session, desk: Desk, said: OfficerSaid, *, now: datetime) -> bool:
    """Do what an officer writes; False when it is no officer's business, and a citizen speaks."""
    officer = officers.find(db, telegram_id=said.telegram_id)
    if officer is None or not officer.may(_whose(said)):
        if not said.private and said.about:
            _refuse_stranger(db, desk, said, now)
        return False
    answer = _answer(db, desk, said, officer, now=now)
    if answer is None:
        return False
    if answer:
        _reply(db, desk, said, answer, now=now)
    outbox.nudge(db)
    return True


def concerns(db: Session, said: OfficerSaid) -> bool:
    """Tell whether an officer sent this at all: nobody else's messages are looked at further."""
    return officers.is_any(db, telegram_id=said.telegram_id, roles=_whose(said))


def _whose(said: OfficerSaid) -> frozenset[Role]:
    """Officers who work no cases are citizens to us but for what is their own work."""
    return frozenset(Role) if said.private and said.command in FOR_ALL else DESK


def press(db: Session, desk: Desk, pressed: Press, *, now: datetime) -> str:
    """Do what a button on a card asks, beyond what `bot.presses` does."""
    return presses.press(db, desk, pressed, now=now, do=_press)


def _press(
    db: Session, desk: Desk, case: Case, pressed: Press, *, by: Officer, now: datetime
) -> str:
    match pressed.verb, pressed.outcome:
        case "scripts", None:
            relay.offer_scripts(db, desk, case, by=by, now=now)
            return desk.say("desk.press.below")
        case "say", str(key):
            relay.script(db, desk, case, key.replace("-", "."), by=by, now=now)
            return desk.say("desk.press.said")
        case "stop_pay", what:
            return stop_pay.press(db, desk, case, what, by=by, now=now)
    return presses.act(db, desk, case, pressed, by=by, now=now)


def _answer(
    db: Session, desk: Desk, said: OfficerSaid, officer: Officer, *, now: datetime
) -> str | None:
    """Return what to say to the officer; None when this is not for us, "" when nothing is said."""
    if said.command in COMMANDS:
        return _command(db, desk, said, officer, now=now)
    if said.command is not None:
        return None
    if said.private and stop_pay.is_capturing(db, officer) and said.text:
        return stop_pay.take(db, desk, officer, said.text, ref=said.ref, now=now)
    case = cases.find(db, code=said.about) if said.about else None
    if case is None:
        return None
    citizen = case.citizen
    if said.private and citizen is not None and citizen.address == str(said.telegram_id):
        return None  # an officer who is this case's citizen speaks as one
    if refusal := presses.refuse(db, desk, officer, case, verb="say", now=now):
        return refusal

    def say() -> str:
        shown = None if said.private else said.ref  # elsewhere it is shown to the others, too
        written = Written(said.text, photo=said.photo, ref=shown)
        to = _addressee(db, case, said.answers)
        relay.write(db, desk, case, written, by=officer, now=now, to=to)
        return ""

    return presses.trying(db, desk, case, "say", say)


def _addressee(db: Session, case: Case, answered: str | None) -> Citizen | None:
    """Return whose message is answered, or None: then it is the case's own citizen."""
    if answered is None:
        return None
    message = thread.find(db, code=answered)
    if message is None or message.case_id != case.id:
        raise thread.NobodyThere
    return db.get_one(Citizen, message.citizen_id)


def _command(
    db: Session, desk: Desk, said: OfficerSaid, officer: Officer, *, now: datetime
) -> str:
    match said.command:
        case "duty":
            return _go_on_duty(db, desk, officer, said.argument, now=now)
        case "offduty":
            return _go_off_duty(db, desk, officer, now=now)
        case "roster":
            return _roster(db, desk, now=now)
        case "help":
            return _help(desk, officer)
        case "desk":
            return _link(db, desk, said, officer, now=now)
        case "cancel":
            return stop_pay.cancel(db, desk, officer)
        case publisher.COMMAND if not said.private:
            return desk.say("publish.private")
        case publisher.COMMAND:
            publisher.answer(db, desk, officer, said.argument, now=now)
            return ""
    return _on_case(db, desk, said, officer, now=now)


def _go_on_duty(db: Session, desk: Desk, officer: Officer, argument: str, *, now: datetime) -> str:
    hours = int(argument) if argument.isdecimal() else 12
    if not 0 < hours <= LONGEST_DUTY:
        return desk.say("desk.duty.wrong", hours=str(LONGEST_DUTY))
    shift = roster.go_on(db, officer, now=now, until=now + timedelta(hours=hours))
    return desk.say("desk.duty.on", officer=officer.name, until=desk.at(shift.ends_at))


def _go_off_duty(db: Session, desk: Desk, officer: Officer, *, now: datetime) -> str:
    roster.go_off(db, officer, now=now)
    held = ", ".join(case.code for case in cases.list_owned(db, officer_id=officer.id))
    if held:
        return desk.say("desk.duty.off_but", officer=officer.name, cases=held)
    return desk.say("desk.duty.off", officer=officer.name)


def _roster(db: Session, desk: Desk, *, now: datetime) -> str:
    on = roster.list_on_duty(db, district=None, now=now)
    if not on:
        return desk.say("desk.duty.nobody")
    rows = [f"• {each.name} {each.badge} {each.district or ''}".rstrip() for each in on]
    return "\n".join([desk.say("desk.duty.roster"), *rows])


def _help(desk: Desk, officer: Officer) -> str:
    keys = ["desk.help.cases"] if officer.may(DESK) else []
    if officer.may(PUBLISHING):
        keys.append("desk.help.campaigns")
    return "\n".join(desk.say(key) for key in (*keys, "desk.help.all"))


def _link(db: Session, desk: Desk, said: OfficerSaid, officer: Officer, *, now: datetime) -> str:
    if not said.private:
        return desk.say("desk.link.private")
    token = sign_in.issue(db, officer, now=now)
    duty.post(
        db,
        desk,
        {"text": desk.say("desk.link.here", link=desk.door(token))},
        key=f"sign_in:{uuid4().hex}",
        to=said.chat,
        now=now,
        lasts=sign_in.LINK_LASTS,
        fleeting=True,  # the link is in no table once it is sent
    )
    return ""


def _on_case(
    db: Session, desk: Desk, said: OfficerSaid, officer: Officer, *, now: datetime
) -> str:
    codes = CASE.findall(said.argument.upper())
    if said.about and said.about not in codes:
        codes = [said.about, *codes]
    found = [cases.find(db, code=code) for code in codes]
    case = found[0] if found else None
    if case is None:
        return desk.say(f"desk.how.{said.command}")
    for each in filter(None, found):
        if refusal := presses.refuse(db, desk, officer, each, verb=said.command or "", now=now):
            return refusal
    return presses.trying(
        db,
        desk,
        case,
        said.command or "",
        lambda: _do(db, desk, said, case, found[1:], officer, now=now),
    )


def _do(
    db: Session,
    desk: Desk,
    said: OfficerSaid,
    case: Case,
    others: list[Case | None],
    officer: Officer,
    *,
    now: datetime,
) -> str:
    match said.command:
        case "reopen":
            duty.reopen(db, desk, case, by=officer, now=now)
            return desk.say("desk.press.reopened")
        case "merge" if others and (into := others[0]) is not None:
            duty.merge(db, desk, case, into=into, by=officer, now=now)
            return desk.say("desk.press.merged", case=into.code)
        case "snooze":
            words = [word for word in said.argument.split() if word.isdecimal()]
            minutes = int(words[0]) if words else 30
            until = now + timedelta(minutes=min(minutes, 100_000))
            duty.snooze(db, desk, case, until=until, by=officer, now=now)
            return desk.say("desk.press.snoozed", minutes=str(minutes))
        case "handover":
            to = _colleague(db, said.argument)
            if to is None:
                return desk.say("desk.how.handover")
            if not may_see(to, case):
                return desk.say("desk.press.not_theirs", officer=to.name)
            duty.hand_over(db, desk, case, to=to, by=officer, now=now)
            return desk.say("desk.press.handed_over", officer=to.name)
    return desk.say(f"desk.how.{said.command}")


def _colleague(db: Session, argument: str) -> Officer | None:
    """Return the officer that an argument names by badge, or by a name only one has."""
    if badge := BADGE.search(argument.upper()):
        return officers.find_badge(db, badge=badge.group())
    words = set(argument.split())
    named = [each for each in officers.list_serving(db) if each.name in words]
    return named[0] if len(named) == 1 else None


def _reply(db: Session, desk: Desk, said: OfficerSaid, text: str, *, now: datetime) -> None:
    body: dict[str, object] = {"text": text}
    if not said.private and said.ref:
        body["answer"] = said.ref
    key = f"reply:{desk.channel}:{said.external_id}:0"
    duty.post(db, desk, body, key=key, to=said.chat, now=now)


def _refuse_stranger(db: Session, desk: Desk, said: OfficerSaid, now: datetime) -> None:
    case = cases.find(db, code=said.about or "")
    _reply(db, desk, said, presses.refuse(db, desk, None, case, verb="say", now=now), now=now)
    outbox.nudge(db)
