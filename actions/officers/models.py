"""Officers and what each may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from actions import codes
from actions.db.base import Base


class Role(StrEnum):
    DISPATCHER = "dispatcher"  # claims cases and talks with citizens
    SUPERVISOR = "supervisor"  # a dispatcher who may also act on others' cases
    PUBLISHER = "publisher"  # writes and approves campaigns
    ANALYST = "analyst"  # reviews judgements and finds new kinds
    ADMIN = "admin"  # keeps the list of officers


DESK = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})  # who may work cases
SUPERVISING = frozenset({Role.SUPERVISOR})  # who may act on others' cases, too


class Officer(Base):
    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    badge: Mapped[str] = mapped_column(
        unique=True, default=codes.new_badge
    )  # "P-2B4CD", for citizens
    roles: Mapped[list[str]]
    district: Mapped[str | None]
    language: Mapped[str | None]  # what they read; None is the region's first
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]  # kept: the audit log points here

    @property
    def actor(self) -> str:
        """What the audit log calls this officer."""
        return f"officer:{self.id}"

    def may(self, allowed: frozenset[Role]) -> bool:
        """Tell whether one of this officer's roles is among those allowed."""
        return self.removed_at is None and not allowed.isdisjoint(self.roles)


class Shift(Base):
    """An officer on duty from one time to another."""

    __tablename__ = "shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)

    officer: Mapped[Officer] = relationship(lazy="joined")


class SignInToken(Base):
    """A link that signs an officer in to the console once. Only its hash is kept."""

    __tablename__ = "sign_in_token"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """An officer signed in to the console. Only the hash of the cookie is kept."""

    __tablename__ = "console_session"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    csrf: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    officer: Mapped[Officer] = relationship(lazy="joined")


class Capture(Base):
    """An officer filling in a stop-payment request in their private chat, field by field."""

    __tablename__ = "capture"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    stop_payment_id: Mapped[int] = mapped_column(ForeignKey("stop_payment.id", ondelete="CASCADE"))
    field: Mapped[str]
    begun_at: Mapped[datetime]
