"""A warning to one person, a check-in the day after, and the lists that warnings come from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from actions.citizens.models import Citizen
from actions.db.base import Base


class Level(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    UNMATCHED = "unmatched"  # no citizen of ours: an officer must telephone
    QUEUED = "queued"
    ACKNOWLEDGED = "acknowledged"  # they tapped
    ESCALATED = "escalated"  # an officer has it
    CLOSED = "closed"  # it ended with an outcome
    EXPIRED = "expired"  # the danger is over, or they have left


class Outcome(StrEnum):
    DISSUADED = "dissuaded"
    PAID = "paid"  # already paid
    UNREACHABLE = "unreachable"
    MISTAKEN = "mistaken"  # there was no fraud


class WarningImport(Base):
    """One list of people at risk, and who brought it."""

    __tablename__ = "warning_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    made_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(unique=True)  # the same list twice warns nobody twice
    rows: Mapped[int]
    refused: Mapped[int]


class Warning(Base):
    __tablename__ = "warning"
    __table_args__ = (
        # One person is warned of one kind of scam once at a time.
        Index(
            "uq__warning__open",
            "citizen_id",
            "type",
            unique=True,
            postgresql_where=text("status IN ('queued', 'acknowledged', 'escalated')"),
        ),
        Index("ix__warning__deadline", "deadline", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("warning_import.id"), index=True)
    citizen_id: Mapped[int | None] = mapped_column(
        ForeignKey("citizen.id", ondelete="SET NULL"), index=True
    )
    contact: Mapped[str | None]  # of the unmatched alone: "telegram:…" or "phone:…"
    level: Mapped[str]
    type: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    deadline: Mapped[datetime]  # no tap by then: an officer
    answer: Mapped[str | None]  # what they tapped
    answered_at: Mapped[datetime | None]
    delivery: Mapped[str] = mapped_column(default="queued")  # as in a campaign's accounts
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("case.id", ondelete="SET NULL"), index=True
    )
    escalated_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    closed_at: Mapped[datetime | None]

    citizen: Mapped[Citizen | None] = relationship()


class CheckIn(Base):
    """We ask the day after a check whether they came back."""

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("citizen_id", "type"),
        Index("ix__check_in__due", "due_at", postgresql_where=text("asked_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"))
    type: Mapped[str]
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
