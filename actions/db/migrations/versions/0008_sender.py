"""Whose words an update that was set aside holds: in a group it came from the group's address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox_update", sa.Column("sender", sa.Text(), nullable=True))
    # What Telegram names as who sent a message, pressed a button, or edited something.
    op.execute(
        "UPDATE inbox_update SET sender = jsonb_path_query_first(raw, '$.*.from.id') #>> '{}'"
        " WHERE raw IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("inbox_update", "sender")
