"""What a citizen chose to tell us. Every field may stay empty; the row goes with the citizen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Profile(Base):
    __tablename__ = "profile"

    citizen_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), primary_key=True
    )
    district: Mapped[str | None]
    age: Mapped[str | None]  # a band of actions.campaigns.content.AGES
    occupation: Mapped[str | None]
    topics: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    tips: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    paused_until: Mapped[datetime | None]  # tips rest until then
    tips_off_at: Mapped[datetime | None]  # when they last said that they want no tips
    left_at: Mapped[datetime | None]  # when they said /stop: nothing is sent unasked
    quiet_from: Mapped[int | None]  # minutes after midnight where they live
    quiet_to: Mapped[int | None]
    timezone: Mapped[str | None]  # an IANA name; None is the region's
    phone_sha256: Mapped[str | None] = mapped_column(index=True)  # of the E.164 number
