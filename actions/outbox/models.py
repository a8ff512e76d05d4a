"""Messages waiting to leave.

A row is written in the transaction that makes it necessary, so a case and the message about
it are stored together or not at all. A worker sends it afterwards, in two short transactions
around the network call: no database connection waits on a channel.

Delivery is at least once. A worker that dies between sending and settling leaves its row
SENDING until its lease runs out, and the message then goes out a second time; replies carry
the case code so that a repeat is recognised. `attempts` is the fencing number: what a worker
says of an attempt that is no longer the last one changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import ARRAY, BigInteger, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base, UtcDateTime


class Lane(IntEnum):
    URGENT = 0  # escalations, their edits and answers
    REPLY = 1  # answers to what citizens say
    WARNING = 2  # to one citizen about something they told us
    BULK = 3  # tips and alerts


class Status(StrEnum):
    WAITING = "waiting"  # may be sent from `due_at` on
    SENDING = "sending"  # `holder` has it, while its lease lasts
    HELD = "held"  # its campaign is paused
    SENT = "sent"  # the channel took it
    FAILED = "failed"  # given up; a person must look
    EXPIRED = "expired"  # too old to be of use when its turn came


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __table_args__ = (
        # What a claim reads: the head of one lane. Settled rows are not in it, so a claim costs
        # the same however much has been sent and however much waits behind the head.
        Index(
            "ix__outbox_message__due",
            "channel",
            "lane",
            "due_at",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        # Order within one chat: is an earlier message still on its way?
        Index(
            "ix__outbox_message__chat",
            "channel",
            "recipient",
            "lane",
            "id",
            postgresql_where=text("status IN ('waiting', 'sending')"),
        ),
        # What dead workers leave behind.
        Index("ix__outbox_message__holder", "holder", postgresql_where=text("status = 'sending'")),
        Index(
            "ix__outbox_message__expires",
            "expires_at",
            postgresql_where=text("status = 'waiting' AND expires_at IS NOT NULL"),
        ),
        Index("ix__outbox_message__batch", "batch", postgresql_where=text("batch IS NOT NULL")),
        # What may be archived.
        Index(
            "ix__outbox_message__settled",
            "settled_at",
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
        # What a citizen who is forgotten was sent.
        Index(
            "ix__outbox_message__settled_chat",
            "channel",
            "recipient",
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # "case:C-7K3M9:card", "reply:update:9:0"; by bytes, so that its index finds prefixes too
    dedup_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    channel: Mapped[str]
    recipient: Mapped[str]
    lane: Mapped[int]
    body: Mapped[dict[str, object]]
    content_id: Mapped[int | None]  # bulk: the body it shares with others
    batch: Mapped[str | None]  # bulk: what it was queued with
    status: Mapped[str] = mapped_column(default=Status.WAITING)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None]  # the worker that is sending it
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]
    external_ref: Mapped[str | None]  # the channel's own id, by which it can be edited
    fleeting: Mapped[bool] = mapped_column(default=False)  # the row goes once it is settled


class OutboxContent(Base):
    """One body that many messages share: a tip is stored once, not a million times."""

    __tablename__ = "outbox_content"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, object]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutboxWorkerLease(Base):
    """A worker that is alive. What it holds is its own until the lease runs out."""

    __tablename__ = "outbox_worker"

    id: Mapped[str] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime]


class OutboxPace(Base):
    """How far ahead a channel's sending is planned; all its workers take turns at this row."""

    __tablename__ = "outbox_pace"

    channel: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]  # when one more message may leave
    next_free_at: Mapped[datetime]  # the same for messages that are not paid for
    held_until: Mapped[datetime | None]  # the channel refused everybody until then
    turn: Mapped[int] = mapped_column(default=0)  # slots given out: every tenth is for bulk


class OutboxChat(Base):
    """When a chat may get its next message, and where it moved to."""

    __tablename__ = "outbox_chat"
    __table_args__ = (
        Index(
            "ix__outbox_chat__refused",
            "refused_at",
            postgresql_where=text("refused_at IS NOT NULL"),
        ),
    )

    channel: Mapped[str] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime] = mapped_column(index=True)
    recent: Mapped[list[datetime] | None] = mapped_column(ARRAY(UtcDateTime))  # groups only
    refused_at: Mapped[datetime | None]  # when the channel last asked us to wait
    moved_to: Mapped[str | None]


class OutboxArchive(Base):
    """Who was sent what kind of message, when, and with what result; its words are gone.

    One partition a month, made by `archive`; an old month is dropped as a table.
    """

    __tablename__ = "outbox_archive"
    __table_args__ = (
        Index("ix__outbox_archive__chat", "channel", "recipient"),
        Index("ix__outbox_archive__dedup_key", "dedup_key"),
        # By bytes, to find prefixes; what many were sent at once is not looked for in this way.
        Index(
            "ix__outbox_archive__prefix",
            "dedup_key",
            postgresql_ops={"dedup_key": "text_pattern_ops"},
            postgresql_where=text("batch IS NULL"),
        ),
        {"postgresql_partition_by": "RANGE (settled_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    settled_at: Mapped[datetime] = mapped_column(primary_key=True)
    dedup_key: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    lane: Mapped[int]
    batch: Mapped[str | None]
    status: Mapped[str]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    external_ref: Mapped[str | None]
