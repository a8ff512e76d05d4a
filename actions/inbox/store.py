"""Count failures of updates, set poison aside, list it. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.inbox.models import InboxUpdate
from actions.triage import wording


def note_failure(
    db: Session,
    *,
    channel: str,
    external_id: str,
    address: str | None,
    error: str,
    now: datetime,
) -> InboxUpdate:
    """Count one more failure of this update, whichever process met it; return its record."""
    return db.scalars(
        insert(InboxUpdate)
        .values(
            channel=channel,
            external_id=external_id,
            address=address,
            failures=1,
            error=error,
            failed_at=now,
        )
        .on_conflict_do_update(
            index_elements=("channel", "external_id"),
            set_={"failures": InboxUpdate.failures + 1, "error": error, "failed_at": now},
        )
        .returning(InboxUpdate),
        execution_options={"populate_existing": True},
    ).one()


def set_aside(
    record: InboxUpdate, *, raw: Mapping[str, object], sender: str | None, now: datetime
) -> None:
    """Keep the update itself, which goes with its sender: it will be met again only when it is
    replayed.
    """
    record.raw = {key: _storable(value) for key, value in raw.items()}
    record.sender, record.set_aside_at = sender, now


def _storable(value: object) -> object:
    """Return a part of an update as JSONB takes it."""
    match value:
        case str():
            return wording.storable(value)
        case Mapping():
            return {key: _storable(each) for key, each in value.items()}
        case list() | tuple():
            return [_storable(each) for each in value]
    return value


def is_set_aside(db: Session, *, channel: str, external_id: str) -> bool:
    """Tell whether this update has been given up for now."""
    found = db.get(InboxUpdate, (channel, external_id))
    return found is not None and found.set_aside_at is not None


def list_set_aside(
    db: Session, *, channel: str, external_ids: Sequence[str] = (), limit: int = 1000
) -> Sequence[InboxUpdate]:
    """Return the updates set aside, oldest first; only these ones, if any are named."""
    wanted = select(InboxUpdate).where(
        InboxUpdate.channel == channel, InboxUpdate.set_aside_at.is_not(None)
    )
    if external_ids:
        wanted = wanted.where(InboxUpdate.external_id.in_(external_ids))
    return db.scalars(wanted.order_by(InboxUpdate.failed_at).limit(limit)).all()


def clear(db: Session, *, channel: str, external_id: str) -> None:
    """Forget the failures of an update that has been taken in."""
    db.execute(
        delete(InboxUpdate).where(
            InboxUpdate.channel == channel, InboxUpdate.external_id == external_id
        )
    )


def forget_failures(db: Session, *, before: datetime) -> int:
    """Drop records of failures that ended well; what is set aside stays until it is replayed."""
    gone = db.execute(
        delete(InboxUpdate).where(
            InboxUpdate.failed_at < before, InboxUpdate.set_aside_at.is_(None)
        )
    )
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
