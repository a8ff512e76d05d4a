"""What a citizen and the officer on their case write to each other. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions import codes
from actions.audit import store as audit
from actions.cases import pictures, status
from actions.cases.models import Author, Case, Message
from actions.cases.policy import USUAL, Policy
from actions.citizens.models import Citizen
from actions.officers.models import Officer

LONGEST = 3000  # characters; Telegram takes 4,096 with what we put around them
LONGEST_UNDER_PICTURE = 900  # and 1,024 there


class NobodyThere(Exception):
    """The citizen has asked to be forgotten: there is nobody to write to."""


@dataclass(eq=False)  # not frozen: whoever handles an exception sets its traceback
class TooLong(Exception):
    """Longer than a message can be, in characters."""

    longest: int


class Empty(Exception):
    """Neither words nor a picture."""


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody writes: words, a picture, or both.

    The picture is the channel's own (`photo`, its id there) or was put in elsewhere (`picture`,
    itself). `ref` is the channel's own id of the message, where it was written in a channel.
    """

    text: str = ""
    photo: str | None = None
    picture: bytes | None = None
    ref: str | None = None

    def check(self) -> None:
        """Raise unless this can be sent."""
        pictured = self.photo is not None or self.picture is not None
        longest = LONGEST_UNDER_PICTURE if pictured else LONGEST
        if len(self.text) > longest:
            raise TooLong(longest)
        if not self.text.strip() and not pictured:
            raise Empty


def write(
    db: Session,
    case: Case,
    written: Written,
    *,
    by: Officer,
    now: datetime,
    to: Citizen | None = None,
    policy: Policy = USUAL,
) -> Message:
    """Keep what the owner writes to the citizen, or to another one who is heard in the case.

    Sending it is the caller's: see `bot.relay`.
    """
    status.require_hold(db, case, by=by)
    citizen = to or case.citizen
    if citizen is None:
        raise NobodyThere
    written.check()
    if written.picture is not None:
        pictures.check(written.picture)
    status.touch(db, case, by=by, now=now, policy=policy)
    message = _note(db, case, written, citizen=citizen, by=by, now=now)
    if written.picture is not None:
        pictures.keep(db, message, written.picture, now=now)
    return message


def hear(db: Session, case: Case, written: Written, *, citizen: Citizen, now: datetime) -> Message:
    """Keep what a citizen says in a case."""
    return _note(db, case, written, citizen=citizen, by=None, now=now)


def mark_read(
    db: Session,
    case: Case,
    *,
    author: Author,
    by: str,
    now: datetime,
    citizen_id: int | None = None,
) -> Sequence[Message]:
    """Note that `by` has seen what the other side wrote; return what was new to them."""
    unread = update(Message).where(
        Message.case_id == case.id, Message.author == author, Message.read_at.is_(None)
    )
    if citizen_id is not None:
        unread = unread.where(Message.citizen_id == citizen_id)
    seen = db.scalars(unread.values(read_at=now).returning(Message)).all()
    if seen:
        audit.record(
            db,
            "message.read",
            actor=by,
            now=now,
            case_code=case.code,
            messages=[each.code for each in seen],
        )
    return seen


def note_taken(db: Session, *, code: str, now: datetime) -> None:
    """Note that the citizen's channel took a message."""
    if message := find(db, code=code):  # or its citizen was forgotten meanwhile
        message.taken_at = now
        audit.wake(db, case_code=db.get_one(Case, message.case_id).code)


def note_undelivered(db: Session, *, code: str, why: str, now: datetime) -> Case | None:
    """Note that the citizen's channel will never take a message; return its case, or None when
    its citizen was forgotten meanwhile.
    """
    message = find(db, code=code)
    if message is None:
        return None
    message.undelivered = why
    case = db.get_one(Case, message.case_id)
    audit.record(
        db,
        "message.undelivered",
        actor=audit.SYSTEM,
        now=now,
        case_code=case.code,
        message=code,
        why=why,
    )
    return case


def list_for_case(db: Session, *, case_id: int) -> Sequence[Message]:
    """Return everything that was written in a case, oldest first."""
    return db.scalars(
        select(Message).where(Message.case_id == case_id).order_by(Message.sent_at, Message.id)
    ).all()


def find(db: Session, *, code: str) -> Message | None:
    """Return the message with this code, or None."""
    return db.scalars(select(Message).where(Message.code == code)).one_or_none()


def _note(
    db: Session,
    case: Case,
    written: Written,
    *,
    citizen: Citizen,
    by: Officer | None,
    now: datetime,
) -> Message:
    message = Message(
        code=codes.new_message(),
        case_id=case.id,
        citizen_id=citizen.id,
        author=Author.OFFICER if by else Author.CITIZEN,
        officer_id=by.id if by else None,
        text=written.text,
        photo=written.photo,
        ref=written.ref,
        sent_at=now,
    )
    db.add(message)
    db.flush()  # whoever sends it needs its id and code
    audit.record(
        db,
        "message.to_citizen" if by else "message.from_citizen",
        actor=by.actor if by else f"citizen:{citizen.id}",
        now=now,
        case_code=case.code,
        message=message.code,
        picture=written.photo is not None or written.picture is not None,
    )
    return message
