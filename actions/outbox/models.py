"""Messages waiting to leave.

A row is written in the transaction that makes it necessary, so a case and the message about
it are stored together or not at all. A worker sends it afterwards, in two short transactions
around the network call: no database connection waits on a channel.

Delivery is at least once. A worker that dies between sending and settling leaves its row
SENDING until the lease runs out, and the message then goes out a second time; replies carry
the case code so that a repeat is recognised.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Lane(IntEnum):
    URGENT = 0  # escalations, their edits and answers
    REPLY = 1  # answers to what citizens say
    WARNING = 2  # to one person at risk: before all tips, never before an answer
    BULK = 3  # tips and alerts


class Status(StrEnum):
    WAITING = "waiting"  # may be sent from `due_at` on
    HELD = "held"  # its campaign is paused: nobody sends it
    SENDING = "sending"  # a worker holds it until `due_at`
    SENT = "sent"  # the channel took it
    FAILED = "failed"  # given up; a person must look
    EXPIRED = "expired"  # too old to be of use when its turn came


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "ix__outbox_message__due",
            "lane",
            "due_at",
            postgresql_where=text("status IN ('waiting', 'sending')"),
        ),
        # Order within one chat: is an earlier message still on its way?
        Index(
            "ix__outbox_message__chat",
            "channel",
            "recipient",
            "id",
            postgresql_where=text("status IN ('waiting', 'sending')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(unique=True)  # "case:C-7K3M9:card", "reply:update:9:0"
    channel: Mapped[str]
    recipient: Mapped[str]
    lane: Mapped[int]
    body: Mapped[dict[str, object]]
    status: Mapped[str] = mapped_column(default=Status.WAITING)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]
    external_ref: Mapped[str | None]  # the channel's own id, by which it can be edited
    fleeting: Mapped[bool] = mapped_column(default=False)  # the row goes once it is settled
