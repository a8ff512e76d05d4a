"""A case, and the timers that keep it from being left alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from actions.citizens.models import Citizen
from actions.db.base import Base
from actions.officers.models import Officer


class Status(StrEnum):
    OPEN = "open"  # nobody has it: an alert is under way
    CLAIMED = "claimed"  # exactly one officer owns it
    CLOSED = "closed"  # it ended with an outcome


class Outcome(StrEnum):
    STOPPED = "stopped"  # transfer stopped or frozen
    PAID = "paid"  # too late
    FALSE_ALARM = "false_alarm"
    UNREACHABLE = "unreachable"


class Case(Base):
    __tablename__ = "case"
    __table_args__ = (
        # One citizen has at most one case that is not closed: a message handed over twice,
        # or two at once, cannot open a second.
        Index(
            "uq__case__open_per_citizen",
            "citizen_id",
            unique=True,
            postgresql_where=text("status <> 'closed'"),
        ),
        Index("ix__case__not_closed", "opened_at", postgresql_where=text("status <> 'closed'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # "C-7K3M9", said aloud on the telephone
    citizen_id: Mapped[int | None] = mapped_column(
        ForeignKey("citizen.id", ondelete="SET NULL"), index=True
    )
    cause: Mapped[str]  # "live" or "person": a fraud under way, or a citizen asked for somebody
    type: Mapped[str | None]
    stage: Mapped[str]
    reasons: Mapped[list[str]]
    status: Mapped[str] = mapped_column(default=Status.OPEN)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"), index=True)
    opened_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    owner: Mapped[Officer | None] = relationship(lazy="joined")
    citizen: Mapped[Citizen | None] = relationship()


class Timer(Base):
    """What happens next to a case if nobody acts. One of a kind for each case."""

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("case_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    kind: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(index=True)
    fired: Mapped[int] = mapped_column(default=0)  # how often it has gone off
