"""A campaign, each time it goes out, and what became of every single recipient.

Exactly once: an occurrence is unique by campaign and time, a delivery by occurrence and citizen,
and a delivery is stored in the transaction that queues its message. Two schedulers at once, or
one that dies in the middle, can neither miss a recipient nor queue one twice.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from actions.db.base import Base
from actions.officers.models import Officer


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"  # a second person is asked
    APPROVED = "approved"  # by somebody who did not write it
    SCHEDULED = "scheduled"  # its next time is known
    SENDING = "sending"  # an occurrence is being queued, or waits to be sent
    PAUSED = "paused"  # what waits is held back
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CatchUp(StrEnum):
    SKIP = "skip"  # a time that was missed is gone
    ONCE = "once"  # the latest time that was missed is made up for


class State(StrEnum):
    """What became of one recipient. All but QUEUED are final."""

    QUEUED = "queued"
    SENT = "sent"  # the channel took it
    FAILED = "failed"
    BLOCKED = "blocked"  # they no longer want anything from us
    EXPIRED = "expired"  # its time ran out before it could be sent
    SKIPPED = "skipped"  # on purpose: `reason` says why


class Campaign(Base):
    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]  # "text", or a kind of content, or "correction"
    type: Mapped[str | None]  # a scam type
    status: Mapped[str] = mapped_column(index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    authors: Mapped[list[int]]  # ids of all who have had a hand in it
    variants: Mapped[dict[str, object]]  # {"a": {"zh": {"text": …, "scam": …}}, "b": …}
    audience: Mapped[dict[str, object]]
    cron: Mapped[str | None]
    at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    catch_up: Mapped[str] = mapped_column(default=CatchUp.ONCE)
    control: Mapped[float] = mapped_column(default=0.0)  # share of the audience that gets nothing
    seed: Mapped[str]  # of the draw of variants and control group
    submitted_hash: Mapped[str | None]
    approved_hash: Mapped[str | None]  # what goes out is exactly this, or nothing
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    approved_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # of the next occurrence
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    author: Mapped[Officer] = relationship(foreign_keys=[author_id], lazy="joined")


class Occurrence(Base):
    """One time at which a campaign goes out."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("campaign_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    at: Mapped[datetime]
    state: Mapped[str]  # "queueing", "queued", "over", "missed"
    cursor: Mapped[int] = mapped_column(default=0)  # citizens up to this id are dealt with
    last_id: Mapped[int]  # the newest citizen when it began
    expires_at: Mapped[datetime]
    settle_at: Mapped[datetime]  # when to look next at what became of it
    contents: Mapped[dict[str, object] | None]  # shared bodies by `variant:language:side`
    sums: Mapped[dict[str, object] | None]  # states and reasons, once it is over
    # Where its messages are being brought, batch by batch: "held", "waiting", or never sent, for
    # this reason; and the delivery up to which they are there.
    moving: Mapped[str | None]
    moved: Mapped[int | None]
    created_at: Mapped[datetime]

    campaign: Mapped[Campaign] = relationship()


class Delivery(Base):
    """One recipient of one occurrence. A citizen who is forgotten leaves a row without a name."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("citizen_id", "occurrence_id"),
        Index("ix__delivery__occurrence", "occurrence_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # No foreign key: only the statement that queues the occurrence writes rows, no occurrence is
    # ever deleted, and a million checks of one and the same row take ten seconds.
    occurrence_id: Mapped[int]
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id", ondelete="SET NULL"))
    variant: Mapped[str]
    side: Mapped[str | None]  # which of a pair they were shown: "scam" or "real"
    state: Mapped[str]
    # "control", "gap", "late", "cancelled", "left", "forgotten". Of one that is on the wire: what
    # it will be, if it does not arrive.
    reason: Mapped[str | None]
    due_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class QuizAnswer(Base):
    """What a citizen made of one of a pair. It goes with the citizen."""

    __tablename__ = "quiz_answer"
    __table_args__ = (UniqueConstraint("citizen_id", "occurrence_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    truth: Mapped[str]  # "scam" or "real"
    answer: Mapped[str]
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Rise(Base):
    """Reports of a type rose in a district; a publisher is offered a drafted alert."""

    __tablename__ = "rise"
    __table_args__ = (UniqueConstraint("district", "type", "week"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str]
    type: Mapped[str]
    week: Mapped[datetime]  # the Monday it was found in
    found_at: Mapped[datetime]
    count: Mapped[int]  # citizens who reported it in the last seven days
    expected: Mapped[float]  # a week, by the four weeks before
    chance: Mapped[float]  # of so many, if nothing had changed
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    dismissed_at: Mapped[datetime | None]
