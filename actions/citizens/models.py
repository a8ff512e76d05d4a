"""A citizen as a channel knows them, where their conversation stands, and what was taken in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Citizen(Base):
    """One chat with one person. The address is all we know unless they tell us more."""

    __tablename__ = "citizen"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str | None]  # "zh" or "en"; None until they have said something
    # By command: words no longer move it.
    language_chosen: Mapped[bool] = mapped_column(default=False)
    step: Mapped[str]
    facts: Mapped[dict[str, object]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    discreet_since: Mapped[datetime | None]  # being watched: neutral words, silent, vanishing
    word: Mapped[str | None]  # their own; every officer's message repeats it
    blocked_at: Mapped[datetime | None]  # the channel says they no longer want us


class ReceivedMessage(Base):
    """A channel may deliver the same message twice; this row is why it counts once."""

    __tablename__ = "received_message"

    channel: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
