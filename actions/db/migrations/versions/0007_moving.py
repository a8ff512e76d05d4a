"""A campaign that is paused, resumed or cancelled moves its messages batch by batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("occurrence", sa.Column("moving", sa.Text(), nullable=True))
    op.add_column("occurrence", sa.Column("moved", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("occurrence", "moved")
    op.drop_column("occurrence", "moving")
