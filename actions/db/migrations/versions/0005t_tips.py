"""Tips: bodies that messages share, sums that are kept, when tips were turned off, fewer checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005t"
down_revision = "0004b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("occurrence", sa.Column("contents", postgresql.JSONB(), nullable=True))
    op.add_column("occurrence", sa.Column("sums", postgresql.JSONB(), nullable=True))
    op.add_column("profile", sa.Column("tips_off_at", sa.DateTime(timezone=True), nullable=True))
    # A million rows are written sooner: (occurrence_id, state) finds what the first found, and
    # who has quiet hours is looked up from the messages that are about to leave.
    op.drop_index("ix__delivery__queued", table_name="delivery")
    op.drop_index("ix__delivery__due", table_name="delivery")
    op.drop_constraint("fk__delivery__occurrence_id__occurrence", "delivery", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(
        "fk__delivery__occurrence_id__occurrence",
        "delivery",
        "occurrence",
        ["occurrence_id"],
        ["id"],
    )
    op.create_index(
        "ix__delivery__due",
        "delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix__delivery__queued",
        "delivery",
        ["occurrence_id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.drop_column("profile", "tips_off_at")
    op.drop_column("occurrence", "sums")
    op.drop_column("occurrence", "contents")
