"""What a citizen and the officer on their case write to each other. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status
from actions.cases.codes import new_message_code
from actions.cases.models import Author, Case, Message
from actions.cases.policy import USUAL, Policy
from actions.citizens.models import Citizen
from actions.officers.models import Officer

LONGEST = 3000  # characters; Telegram takes 4,096 with what we put around them


class NobodyThere(Exception):
    """The citizen has asked to be forgotten: there is nobody to write to."""


class TooLong(Exception):
    """Longer than a message can be."""


class Empty(Exception):
    """Neither words nor a picture."""


def write(
    db: Session,
    case: Case,
    text: str,
    *,
    by: Officer,
    now: datetime,
    to: Citizen | None = None,
    photo: str | None = None,
    policy: Policy = USUAL,
) -> Message:
    """Keep what the owner writes to the citizen; what the citizen wrote before is read by now.

    Sending it is the caller's: see `bot.relay`.
    """
    status.require_hold(db, case, by=by)
    citizen = to or case.citizen
    if citizen is None:
        raise NobodyThere
    if len(text) > LONGEST:
        raise TooLong
    if not text.strip() and not photo:
        raise Empty
    status.touch(db, case, by=by, now=now, policy=policy)
    mark_read(db, case, author=Author.CITIZEN, now=now)
    return _note(
        db, case, text, citizen=citizen, author=Author.OFFICER, by=by, photo=photo, now=now
    )


def hear(
    db: Session,
    case: Case,
    text: str,
    *,
    citizen: Citizen,
    now: datetime,
    photo: str | None = None,
) -> Message:
    """Keep what a citizen says in a case; what we wrote to them before is read by now."""
    mark_read(db, case, author=Author.OFFICER, citizen_id=citizen.id, now=now)
    return _note(
        db, case, text, citizen=citizen, author=Author.CITIZEN, by=None, photo=photo, now=now
    )


def mark_read(
    db: Session, case: Case, *, author: Author, now: datetime, citizen_id: int | None = None
) -> int:
    """Note that the other side has seen what this one wrote; return how many were new."""
    unread = update(Message).where(
        Message.case_id == case.id, Message.author == author, Message.read_at.is_(None)
    )
    if citizen_id is not None:
        unread = unread.where(Message.citizen_id == citizen_id)
    marked = db.execute(unread.values(read_at=now))
    return marked.rowcount  # type: ignore[attr-defined, no-any-return]


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
    text: str,
    *,
    citizen: Citizen,
    author: Author,
    by: Officer | None,
    photo: str | None,
    now: datetime,
) -> Message:
    message = Message(
        code=new_message_code(),
        case_id=case.id,
        citizen_id=citizen.id,
        author=author,
        officer_id=by.id if by else None,
        text=text,
        photo=photo,
        sent_at=now,
    )
    db.add(message)
    db.flush()  # whoever sends it needs its id and code
    audit.record(
        db,
        "message.to_citizen" if by else "message.from_citizen",
        actor=status.name(by) if by else f"citizen:{citizen.id}",
        now=now,
        case_code=case.code,
        message=message.code,
        picture=photo is not None,
    )
    return message
