"""One thing a citizen told us, and what was judged of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Report(Base):
    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(
        ForeignKey("citizen.id", ondelete="CASCADE"), index=True
    )
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("case.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str]
    origin: Mapped[str]  # "own", "edited", or whom it was forwarded from: user, chat, channel
    verdict: Mapped[str]
    type: Mapped[str | None]
    stage: Mapped[str]
    escalate: Mapped[bool]
    confidence: Mapped[float]
    reasons: Mapped[list[str]]
    judged_by: Mapped[str]  # "rasa" or "rules"; rules are provisional and judged again
    received_at: Mapped[datetime] = mapped_column(index=True)
