"""An update that failed to be taken in: how often, why, and, once set aside, the update itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class InboxUpdate(Base):
    __tablename__ = "inbox_update"
    __table_args__ = (Index("ix__inbox_update__address", "channel", "address"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str | None]
    sender: Mapped[str | None]  # once set aside: whose words it holds, also from a group
    failures: Mapped[int]
    error: Mapped[str]  # the error's type and place: its message may quote a citizen
    raw: Mapped[dict[str, object] | None]  # kept from the moment it is set aside, to be replayed
    failed_at: Mapped[datetime] = mapped_column(index=True)
    set_aside_at: Mapped[datetime | None]
