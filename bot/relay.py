"""Talk between an officer and a citizen, through the bot: neither learns the other's number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.cases import pictures, status, thread
from actions.cases.models import Author, Case, Message, Status
from actions.cases.thread import Written
from actions.citizens.models import Citizen
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.outbox.policy import Blocked, Refused, Sent
from actions.outbox.store import Settlement
from bot import desk as duty
from bot import quietly, texts
from bot.desk import Desk
from bot.regions import Region

SCRIPTS = 4  # a type has at most so many
SEEN = "👀"
SEEN_WITHIN = timedelta(minutes=1)  # a mark that comes later tells nothing
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
    written: Written,
    *,
    by: Officer,
    now: datetime,
    to: Citizen | None = None,
) -> Message:
    """Let the owner write to the citizen, or to another one who is heard in the case.

    What they did not write in the officers' chat is shown there. What the citizen wrote before is
    read by now.
    """
    message = thread.write(db, case, written, by=by, now=now, to=to, policy=desk.policy)
    citizen = to or case.citizen
    assert citizen is not None  # noqa: S101  or it would have been refused
    read_by_officer(db, desk, case, by, now=now)
    _send(db, desk, case, message, written, citizen, by=by, now=now)
    if message.ref is None:
        shown = desk.say("desk.wrote", case=case.code, officer=by.name, words=written.text)
        picture, of = _picture(message, written), _own(db, case, citizen)
        message.ref = duty.tell(db, desk, case, shown, now=now, picture=picture, of=of)
    return message


def _send(
    db: Session,
    desk: Desk,
    case: Case,
    message: Message,
    written: Written,
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
        word = texts.say("relay.word", language, desk.region, words=citizen.word)
        header += f" · {citizen.word}" if quiet else f" {word}"  # nobody need know what it is
    body: dict[str, object] = {
        "text": f"{header}\n{message.text}".rstrip(),
        "message": message.code,  # what became of it is noted there
        **_picture(message, written),
    }
    if quiet:
        body["buttons"] = quiet_buttons(language, desk.region)
    quietly.send(db, citizen, body, key=f"case:{case.code}:say:{message.code}", now=now)


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
    said: Written,
    *,
    citizen: Citizen,
    now: datetime,
    attached: str = "",
) -> Message:
    """Bring what a citizen says to the officers: an answer to the card, or into its topic.

    What came with it (`attached`, see `Inbound`) is named there, and a copy follows.
    """
    if attached:
        named = desk.say(f"desk.attached.{attached}")
        said = replace(said, text=f"{named}\n{said.text}".rstrip())
    message = thread.hear(db, case, said, citizen=citizen, now=now)
    words = said.text[: duty.LONGEST_WORDS]
    shown = desk.say("desk.told", case=case.code, words=words)
    named = case.code
    if case.citizen_id != citizen.id:  # an answer to this one goes to them
        shown = desk.say("desk.told_other", case=case.code, message=message.code, words=words)
        named = f"{case.code} · {message.code}"
    of = _own(db, case, citizen)
    if attached and said.ref and citizen.channel == desk.channel:
        duty.tell(db, desk, case, shown, now=now, of=of)
        copy = {"copies": said.ref, "from": citizen.address}
        duty.tell(db, desk, case, named, now=now, picture=copy, of=of)
    else:
        duty.tell(db, desk, case, shown, now=now, picture=_picture(message, said), of=of)
    return message


def _own(db: Session, case: Case, citizen: Citizen) -> Case:
    """Return the citizen's own case: this one, or the one by which they came to be heard in it."""
    if case.citizen_id == citizen.id:
        return case
    own = select(Case).where(Case.citizen_id == citizen.id).order_by(Case.id.desc()).limit(1)
    return db.scalars(own).one_or_none() or case


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
    return write(db, desk, case, Written(found.text), by=by, now=now)


def offer_scripts(db: Session, desk: Desk, case: Case, *, by: Officer, now: datetime) -> None:
    """Show the owner what can be said at one tap, under the card."""
    status.require_hold(db, case, by=by)
    rows = [
        [{"label": each.label, "data": f"case:{case.code}:say:{each.key.replace('.', '-')}"}]
        for each in scripts(case, desk)
    ]
    duty.tell(db, desk, case, desk.say("desk.scripts", case=case.code), now=now, buttons=rows)


def read_by_citizen(
    db: Session, desk: Desk, case: Case, citizen: Citizen, *, now: datetime
) -> None:
    """The citizen is in the chat: what the officer wrote to them is read.

    No channel tells when a message is read; that they write or press something is the sign.
    """
    by = f"citizen:{citizen.id}"
    seen = thread.mark_read(db, case, author=Author.OFFICER, by=by, citizen_id=citizen.id, now=now)
    if desk.chat is not None:
        _mark(db, desk.channel, desk.chat, case, seen, now=now)


def read_by_officer(
    db: Session, desk: Desk, case: Case, officer: Officer, *, now: datetime
) -> None:
    """The owner has seen what was written to them; one who is not watched is shown that."""
    if case.owner_id != officer.id or case.status != Status.CLAIMED:
        return
    seen = thread.mark_read(db, case, author=Author.CITIZEN, by=officer.actor, now=now)
    for each in seen:
        citizen = db.get_one(Citizen, each.citizen_id)
        if not quietly.is_on(citizen, now=now):
            own = _own(db, case, citizen)
            _mark(db, citizen.channel, citizen.address, own, [each], now=now)


def _mark(
    db: Session, channel: str, chat: str, case: Case, seen: Sequence[Message], *, now: datetime
) -> None:
    """Put a pair of eyes under messages in the chat where they were written or shown."""
    for message in seen:
        if message.ref is None:
            continue
        which = "answer" if message.ref.isdigit() else "reply_to"
        mark = uuid4().hex
        outbox.enqueue(
            db,
            dedup_key=f"case:{case.code}:mark:{mark}",
            channel=channel,
            recipient=f"mark:{mark}",  # no chat waits for it
            body={"reacts": SEEN, "chat": chat, which: message.ref},
            lane=Lane.REPLY,
            due_at=now,
            expires_at=now + SEEN_WITHIN,
            fleeting=True,
        )


def landed(desk: Desk, db: Session, settled: Settlement, *, now: datetime) -> None:
    """Note what became of an officer's message; the officers hear when it cannot be delivered."""
    code, upload = settled.body.get("message"), settled.body.get("upload")
    if isinstance(settled.outcome, Sent):
        if upload and settled.outcome.photo:
            pictures.taken(db, code=str(upload), photo=settled.outcome.photo)
        if code:
            thread.note_taken(db, code=str(code), now=now)
    elif code and isinstance(settled.outcome, Blocked | Refused):
        why = "blocked" if isinstance(settled.outcome, Blocked) else "refused"
        case = thread.note_undelivered(db, code=str(code), why=why, now=now)
        if case is not None:
            said = desk.say(f"desk.undelivered.{why}", case=case.code)
            duty.tell(db, desk, case, said, now=now)
            outbox.nudge(db)


def _picture(message: Message, written: Written) -> Mapping[str, str]:
    """Return what a body says of a message's picture, by which a sender finds it."""
    if written.picture is not None:
        return {"upload": message.code}
    return {"photo": written.photo} if written.photo is not None else {}
