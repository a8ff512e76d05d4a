"""Pictures from the console, and what became of an officer's message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005t"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("ref", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("undelivered", sa.Text(), nullable=True))
    # Whatever was written before was sent before, as far as anybody can tell now.
    op.execute("UPDATE message SET taken_at = sent_at WHERE author = 'officer'")
    op.create_table(
        "picture",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk__picture__message_id__message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk__picture")),
    )
    op.create_index(op.f("ix__picture__kept_at"), "picture", ["kept_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix__picture__kept_at"), table_name="picture")
    op.drop_table("picture")
    op.drop_column("message", "undelivered")
    op.drop_column("message", "taken_at")
    op.drop_column("message", "ref")
