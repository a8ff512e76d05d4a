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


MERGED = "merged"  # how a case ended that is worked on under another code; no officer's choice
DRILLED = "drilled"  # how a drill ended


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
    # "live": a fraud under way; "danger": a life; "person": a citizen asked for somebody;
    # "warning": a warning that nobody answered.
    cause: Mapped[str]
    type: Mapped[str | None]
    stage: Mapped[str]
    reasons: Mapped[list[str]]
    status: Mapped[str] = mapped_column(default=Status.OPEN)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"), index=True)
    opened_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    district: Mapped[str | None] = mapped_column(index=True)  # a region's name for it, if known
    amount: Mapped[int | None]  # at stake, in the currency's cents, as the citizen put it
    discreet: Mapped[bool] = mapped_column(default=False)  # the citizen is being watched
    drill: Mapped[bool] = mapped_column(default=False)  # a synthetic citizen: in no statistics
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    snoozed_until: Mapped[datetime | None]
    helped: Mapped[bool | None]  # what the citizen says of it afterwards

    owner: Mapped[Officer | None] = relationship(lazy="joined")
    citizen: Mapped[Citizen | None] = relationship()
    merged_into: Mapped[Case | None] = relationship(remote_side=[id])

    @property
    def urgent(self) -> bool:
        """Whether it cannot wait for whoever is next."""
        return self.cause in ("live", "danger")


class Author(StrEnum):
    CITIZEN = "citizen"
    OFFICER = "officer"


class Message(Base):
    """One message between a citizen and the officer on their case. Goes with the citizen."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # "M-7K3M9Q": `/verify` tells it is ours
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    citizen_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), index=True
    )
    author: Mapped[str]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    text: Mapped[str]
    photo: Mapped[str | None]  # the channel's own id of a picture
    # Where it can be marked as read: the channel's own id of what was written there, or the
    # outbox's key of what shows it to the officers.
    ref: Mapped[str | None]
    sent_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]  # an officer's: the citizen's channel took it
    undelivered: Mapped[str | None]  # an officer's: why the channel never will
    read_at: Mapped[datetime | None]  # seen by the other side

    officer: Mapped[Officer | None] = relationship(lazy="joined")


class Picture(Base):
    """A picture from the console, until the channel has it and gives it an id of its own."""

    __tablename__ = "picture"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    content: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(index=True)


class Vanishing(Base):
    """A message that is to be deleted from a citizen's chat. Goes with the citizen."""

    __tablename__ = "vanishing"

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), index=True
    )
    outbox_key: Mapped[str | None]  # one of ours, by the key it was queued under
    external_ref: Mapped[str | None]  # one of theirs, by the channel's own id
    due_at: Mapped[datetime] = mapped_column(index=True)


class PaymentState(StrEnum):
    DRAFTED = "drafted"
    SENT = "sent"  # with the bank or the platform
    ACCEPTED = "accepted"  # they are on it
    FROZEN = "frozen"  # money was held: `frozen_amount` says how much
    REFUSED = "refused"  # `refused_why` says why


class StopPayment(Base):
    """An urgent request to hold a transfer. What is in it is encrypted; its course is not."""

    __tablename__ = "stop_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(default=PaymentState.DRAFTED)
    drafted_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    drafted_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]  # accepted, frozen or refused
    bank: Mapped[bytes | None]
    account: Mapped[bytes | None]
    holder: Mapped[bytes | None]
    phone: Mapped[bytes | None]
    amount: Mapped[bytes | None]
    paid_at: Mapped[bytes | None]
    to_bank: Mapped[bytes | None]
    to_account: Mapped[bytes | None]
    to_name: Mapped[bytes | None]
    order_number: Mapped[bytes | None]
    frozen_amount: Mapped[bytes | None]
    refused_why: Mapped[bytes | None]

    case: Mapped[Case] = relationship()

    @property
    def worked_in(self) -> Case:
        """The case in which it is worked on: its own, or the one that was merged into."""
        return self.case.merged_into or self.case


class Timer(Base):
    """What happens next to a case if nobody acts. One of a kind for each case."""

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("case_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    kind: Mapped[str]
    since: Mapped[datetime]  # from when on its steps are counted
    due_at: Mapped[datetime] = mapped_column(index=True)
    fired: Mapped[int] = mapped_column(default=0)  # how often it has gone off
