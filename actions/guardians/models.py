"""Who is told, by whose consent. Both rows go with either person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Tells(StrEnum):
    """What the guardian hears of their ward, by the ward's choice."""

    LIVE = "live"  # that a fraud is going on right now
    SCAM = "scam"  # also that something they asked us about is a scam
    NOTHING = "nothing"


class GuardianCode(Base):
    """A one-time code with which a relative says yes. One a citizen; a new one ends the old."""

    __tablename__ = "guardian_code"

    ward_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), primary_key=True
    )
    code_sha256: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class GuardianTry(Base):
    """Wrong codes are counted, so that nobody can guess one."""

    __tablename__ = "guardian_try"

    citizen_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), primary_key=True
    )
    wrong: Mapped[int]
    since: Mapped[datetime]


class Guardian(Base):
    """`guardian_id` hears of a live fraud on `ward_id`; more or less as the ward chooses."""

    __tablename__ = "guardian"
    __table_args__ = (UniqueConstraint("ward_id", "guardian_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ward_id: Mapped[int] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"))
    guardian_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), index=True
    )
    tells_live: Mapped[bool] = mapped_column(default=True)
    tells_warning: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]

    @property
    def tells(self) -> Tells:
        """What the guardian hears."""
        if not self.tells_live:
            return Tells.NOTHING
        return Tells.SCAM if self.tells_warning else Tells.LIVE
