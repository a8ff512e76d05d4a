"""What reports point at, and each time one was seen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Kind(StrEnum):
    PHONE = "phone"  # E.164
    LINK = "link"  # host and path, lower case, no scheme
    ACCOUNT = "account"  # bank card or account number, digits only
    APP = "app"  # the name as written in book marks or before "APP"
    QR = "qr"  # what a QR code says
    WALLET = "wallet"  # a BTC, ETH or TRON address
    CONTACT = "contact"  # a WeChat, QQ, Telegram or LINE name


class Indicator(Base):
    __tablename__ = "indicator"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]  # normalised: see actions.indicators.extract
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Sighting(Base):
    """A report named an indicator. It goes with the report when a citizen is forgotten."""

    __tablename__ = "sighting"
    __table_args__ = (UniqueConstraint("indicator_id", "report_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    as_scam: Mapped[bool]  # the report was judged a scam: only such sightings count against it
    seen_at: Mapped[datetime]
