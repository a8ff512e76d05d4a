"""Move settled messages out of the busy table, into one table a month, without their words.

The caller owns the transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import Session

from actions.outbox.models import OutboxArchive, OutboxContent, OutboxMessage

KEEP = timedelta(days=7)  # settled messages stay this long where they were sent from
FIELDS = ", ".join(column.name for column in OutboxArchive.__table__.columns)

_ARCHIVE = text(f"""
WITH old AS MATERIALIZED (
    SELECT id FROM outbox_message WHERE settled_at >= :since AND settled_at < :until
    ORDER BY settled_at LIMIT :limit FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox_message m USING old WHERE m.id = old.id RETURNING m.*
)
INSERT INTO outbox_archive ({FIELDS}) SELECT {FIELDS} FROM gone
""")  # noqa: S608  the names of our own columns


def archive(db: Session, *, now: datetime, limit: int = 10_000) -> int:
    """Archive the oldest settled messages of one month; return how many."""
    before = now - KEEP
    oldest = db.scalar(
        select(OutboxMessage.settled_at)
        .where(OutboxMessage.settled_at < before)
        .order_by(OutboxMessage.settled_at)
        .limit(1)
    )
    if oldest is None:
        return 0
    since, until = _month(oldest)
    _partition(db, since, until)
    moved = db.execute(_ARCHIVE, {"since": since, "until": min(until, before), "limit": limit})
    return moved.rowcount  # type: ignore[attr-defined, no-any-return]


def _month(moment: datetime) -> tuple[datetime, datetime]:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


def _partition(db: Session, since: datetime, until: datetime) -> None:
    name = f"outbox_archive_{since:%Y_%m}"
    if db.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
        db.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF outbox_archive "
                f"FOR VALUES FROM ('{since.isoformat()}') TO ('{until.isoformat()}')"
            )
        )


def forget_contents(db: Session, *, now: datetime) -> int:
    """Drop shared bodies that no message names any more; return how many."""
    unused = ~exists().where(OutboxMessage.content_id == OutboxContent.id)
    gone = db.execute(
        delete(OutboxContent).where(OutboxContent.created_at < now - 2 * KEEP, unused)
    )
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
