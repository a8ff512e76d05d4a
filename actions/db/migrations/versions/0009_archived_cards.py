"""The messages of an old case are found in the archive by how their keys begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix__outbox_archive__prefix",
        "outbox_archive",
        ["dedup_key"],
        postgresql_ops={"dedup_key": "text_pattern_ops"},
        postgresql_where=sa.text("batch IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix__outbox_archive__prefix", table_name="outbox_archive")
