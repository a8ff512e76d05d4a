"""Officers and what each may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class Role(StrEnum):
    DISPATCHER = "dispatcher"  # claims cases and talks with citizens
    SUPERVISOR = "supervisor"  # a dispatcher who may also act on others' cases
    PUBLISHER = "publisher"  # writes and approves campaigns
    ANALYST = "analyst"  # reviews judgements and finds new kinds
    ADMIN = "admin"  # keeps the list of officers


DESK = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})  # who may work cases


class Officer(Base):
    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    roles: Mapped[list[str]]
    district: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]  # kept: the audit log points here

    def may(self, allowed: frozenset[Role]) -> bool:
        """Tell whether one of this officer's roles is among those allowed."""
        return self.removed_at is None and not allowed.isdisjoint(self.roles)
