"""Talk between an officer and a citizen, through the bot: neither learns the other's number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from actions.cases import status, thread
from actions.cases.models import Author, Case, Message
from actions.citizens.models import Citizen
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from bot import desk as duty
from bot import quietly, texts
from bot.desk import Desk
from bot.regions import Region

SCRIPTS = 4  # a type has at most so many
COMMON = ("call_110", "where_now", "bank", "stay")


@dataclass(frozen=True, slots=True)
class Script:
    """Something to say at one tap."""

    key: str  # "police_gov.1", "common.bank", "quiet.2"
    label: str  # what the button says, in the officers' language
    text: str  # what the citizen reads, in theirs


def write(
    db: Session,
    desk: Desk,
    case: Case,
    text: str,
    *,
    by: Officer,
    now: datetime,
    photo: str | None = None,
    to: Citizen | None = None,
    echo: bool = True,
) -> Message:
    """Let the owner write to the citizen.

    `echo` shows it in the officers' chat: not needed for what was written there.
    """
    message = thread.write(db, case, text, by=by, now=now, to=to, photo=photo, policy=desk.policy)
    citizen = to or case.citizen
    assert citizen is not None  # noqa: S101  or it would have been refused
    _send(db, desk, case, message, citizen, by=by, now=now)
    if echo:
        shown = desk.say("desk.wrote", case=case.code, officer=by.name, words=text)
        duty.tell(db, desk, case, shown, now=now, photo=photo)
    return message


def _send(
    db: Session,
    desk: Desk,
    case: Case,
    message: Message,
    citizen: Citizen,
    *,
    by: Officer,
    now: datetime,
) -> None:
    language = citizen.language or desk.region.languages[0]
    quiet = quietly.is_on(citizen, now=now)
    named = {"officer": texts.officer(by, language, desk.region), "badge": by.badge}
    header = texts.say(
        "relay.quiet" if quiet else "relay.header",
        language,
        desk.region,
        case=case.code,
        message=message.code,
        **named,
    )
    if citizen.word:
        header += " " + texts.say("relay.word", language, desk.region, words=citizen.word)
    body: dict[str, object] = {"text": f"{header}\n{message.text}".rstrip()}
    if message.photo:
        body["photo"] = message.photo
    if quiet:
        body["buttons"] = quiet_buttons(language, desk.region)
    key = f"case:{case.code}:say:{message.code}"
    quietly.soften(db, citizen, body, outbox_key=key, now=now)
    outbox.enqueue(
        db,
        dedup_key=key,
        channel=citizen.channel,
        recipient=citizen.address,
        body=body,
        lane=Lane.URGENT,
        due_at=now,
    )


def quiet_buttons(language: str, region: Region) -> list[list[dict[str, str]]]:
    """Return yes, no, and the button that makes a message go at once."""

    def one(data: str, key: str) -> dict[str, str]:
        return {"label": texts.say(key, language, region), "data": data}

    return [
        [one("ask:quiet:yes", "quiet.choice.yes"), one("ask:quiet:no", "quiet.choice.no")],
        [one("ask:read:ok", "quiet.choice.ok")],
    ]


def hear(
    db: Session,
    desk: Desk,
    case: Case,
    text: str,
    *,
    citizen: Citizen,
    now: datetime,
    photo: str | None = None,
) -> Message:
    """Bring what a citizen says to the officers: an answer to the card, or into its topic."""
    message = thread.hear(db, case, text, citizen=citizen, now=now, photo=photo)
    shown = desk.say("desk.told", case=case.code, words=text[: duty.LONGEST_WORDS])
    if case.citizen_id != citizen.id:
        shown = desk.say("desk.told_other", case=case.code, words=text[: duty.LONGEST_WORDS])
    duty.tell(db, desk, case, shown, now=now, photo=photo)
    return message


def scripts(case: Case, desk: Desk) -> list[Script]:
    """Return what fits this case; yes-no questions in neutral words for one who is watched."""
    citizen = case.citizen
    theirs = (citizen.language if citizen else None) or desk.region.languages[0]
    catalogue = texts.catalogue(desk.region.languages[0])
    if case.discreet:
        keys = [f"script.quiet.{n}" for n in range(1, SCRIPTS + 1)]
    else:
        keys = [f"script.{case.type}.{n}" for n in range(1, SCRIPTS + 1)] if case.type else []
        keys += [f"script.common.{name}" for name in COMMON]
    return [
        Script(
            key.removeprefix("script."),
            texts.say(key, desk.region.languages[0], desk.region)[:60],
            texts.say(key, theirs, desk.region, case=case.code),
        )
        for key in keys
        if key in catalogue
    ]


def script(
    db: Session, desk: Desk, case: Case, key: str, *, by: Officer, now: datetime
) -> Message:
    """Send a script; IllegalMove when it is none of this case's."""
    found = next((each for each in scripts(case, desk) if each.key == key), None)
    if found is None:
        raise status.IllegalMove
    return write(db, desk, case, found.text, by=by, now=now)


def offer_scripts(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Show the owner what can be said at one tap, under the card."""
    status.require_hold(db, case, by=by)
    rows = [
        [{"label": each.label, "data": f"case:{case.code}:say:{each.key.replace('.', '-')}"}]
        for each in scripts(case, desk)
    ]
    duty.tell(db, desk, case, desk.say("desk.scripts", case=case.code), now=now, buttons=rows)


def read_by_citizen(db: Session, case: Case, citizen: Citizen, *, now: datetime) -> None:
    """The citizen pressed that they have read it."""
    thread.mark_read(db, case, author=Author.OFFICER, citizen_id=citizen.id, now=now)
