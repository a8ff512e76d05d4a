"""What was done, by whom, when. A database rule refuses to change or delete a row.

Rows hold identifiers and codes, never a citizen's words: they outlive a request to be forgotten.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from actions.db.base import Base


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]  # "officer:3", "citizen:7", "system"
    event: Mapped[str]
    case_code: Mapped[str | None] = mapped_column(index=True)
    details: Mapped[dict[str, object]]
