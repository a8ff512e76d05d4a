"""Pictures that officers put in from the console. Nothing here commits.

They stand in the database, where every sender can reach them, and only until the channel has
taken them: from then on its own id is all we keep, as for every other picture.
"""

from __future__ import annotations

import io
import struct
import warnings
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from actions.cases.models import Message, Picture

LARGEST = 10 * 1024 * 1024  # bytes; Telegram takes no larger photo
LONGEST_SIDES = 10_000  # pixels, width and height together; Telegram's limit too
LONGEST_RATIO = 20
KINDS = frozenset({"JPEG", "PNG", "WEBP"})


class TooLarge(Exception):
    """More bytes or pixels than the channel takes."""


class NotAPicture(Exception):
    """Not a picture of a kind we send on."""


def check(content: bytes) -> None:
    """Raise unless this is a picture that the channel will take."""
    from PIL import Image  # not at the start: only the console needs it

    if len(content) > LARGEST:
        raise TooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture that unfolds without end
            with Image.open(io.BytesIO(content), formats=sorted(KINDS)) as picture:
                width, height = picture.size
                picture.verify()
    except (
        *(OSError, EOFError, SyntaxError, ValueError, struct.error),  # as its decoders put it
        *(Warning, Image.DecompressionBombError),
    ):
        raise NotAPicture from None
    if width + height > LONGEST_SIDES or max(width, height) > LONGEST_RATIO * min(width, height):
        raise TooLarge


def keep(db: Session, message: Message, content: bytes, *, now: datetime) -> None:
    """Keep a message's picture until the channel has it."""
    db.add(Picture(message_id=message.id, content=content, kept_at=now))
    db.flush()  # a bulk of bytes that nothing else in the session needs


def find(db: Session, *, code: str) -> str | bytes | None:
    """Return the picture of the message with this code: the channel's id of it or, before it has
    one, the picture itself. None when there is none.
    """
    found = db.execute(
        select(Message.photo, Picture.content)
        .outerjoin(Picture, Picture.message_id == Message.id)
        .where(Message.code == code)
    ).one_or_none()
    return (found.photo or found.content) if found else None


def list_kept(db: Session, *, case_id: int) -> frozenset[int]:
    """Return the messages of a case whose pictures no channel has taken yet."""
    return frozenset(
        db.scalars(
            select(Picture.message_id)
            .join(Message, Message.id == Picture.message_id)
            .where(Message.case_id == case_id)
        )
    )


def taken(db: Session, *, code: str, photo: str) -> None:
    """Keep the channel's own id of a message's picture instead of the picture."""
    told = update(Message).where(Message.code == code, Message.photo.is_(None))
    db.execute(told.values(photo=photo))
    of = select(Message.id).where(Message.code == code)
    db.execute(delete(Picture).where(Picture.message_id.in_(of)))


def forget(db: Session, *, before: datetime) -> int:
    """Drop pictures that no channel ever took; return how many."""
    gone = db.execute(delete(Picture).where(Picture.kept_at < before))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
