"""Delivery: lanes, leases, pace, an archive by month, and updates that could not be taken in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PENDING = "status IN ('waiting', 'sending')"

# These tables turn over all the time: clean them after a thousand dead rows, not a fifth of all.
HOT = """
ALTER TABLE {table} SET (
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0
);
"""
HOT_TABLES = ("outbox_message", "outbox_chat", "received_message")
ALWAYS_HOT = ("outbox_pace", "outbox_worker")


def _time(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[datetime]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("content_id", sa.BigInteger(), nullable=True))
    op.add_column("outbox_message", sa.Column("batch", sa.Text(), nullable=True))
    op.add_column("outbox_message", sa.Column("holder", sa.Text(), nullable=True))
    op.execute('ALTER TABLE outbox_message ALTER dedup_key TYPE text COLLATE "C"')
    op.execute("UPDATE outbox_message SET lane = 3 WHERE lane = 2")  # a lane came in between
    op.execute("UPDATE outbox_message SET status = 'waiting' WHERE status = 'sending'")
    op.drop_index("ix__outbox_message__due", table_name="outbox_message")
    op.drop_index("ix__outbox_message__chat", table_name="outbox_message")
    for name, columns, where in (
        ("due", ["channel", "lane", "due_at", "id"], "status = 'waiting'"),
        ("chat", ["channel", "recipient", "lane", "id"], PENDING),
        ("holder", ["holder"], "status = 'sending'"),
        ("expires", ["expires_at"], "status = 'waiting' AND expires_at IS NOT NULL"),
        ("batch", ["batch"], "batch IS NOT NULL"),
        ("settled", ["settled_at"], "settled_at IS NOT NULL"),
        ("settled_chat", ["channel", "recipient"], "settled_at IS NOT NULL"),
    ):
        op.create_index(
            f"ix__outbox_message__{name}",
            "outbox_message",
            columns,
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "outbox_content",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        _time("created_at", now=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__outbox_content")),
    )
    op.create_table(
        "outbox_worker",
        sa.Column("id", sa.Text(), nullable=False),
        _time("lease_until"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__outbox_worker")),
    )
    op.create_table(
        "outbox_pace",
        sa.Column("channel", sa.Text(), nullable=False),
        _time("next_at"),
        _time("next_free_at"),
        _time("held_until", nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk__outbox_pace")),
    )
    op.create_table(
        "outbox_chat",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        _time("free_at"),
        sa.Column("recent", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=True),
        _time("refused_at", nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "recipient", name=op.f("pk__outbox_chat")),
    )
    op.create_index(op.f("ix__outbox_chat__free_at"), "outbox_chat", ["free_at"])
    op.create_index(
        "ix__outbox_chat__refused",
        "outbox_chat",
        ["refused_at"],
        postgresql_where=sa.text("refused_at IS NOT NULL"),
    )
    op.create_table(
        "outbox_archive",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        _time("settled_at"),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("lane", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        _time("created_at"),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "settled_at", name=op.f("pk__outbox_archive")),
        postgresql_partition_by="RANGE (settled_at)",
    )
    op.create_index("ix__outbox_archive__chat", "outbox_archive", ["channel", "recipient"])
    op.create_index("ix__outbox_archive__dedup_key", "outbox_archive", ["dedup_key"])
    op.create_table(
        "inbox_update",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB(), nullable=True),
        _time("failed_at"),
        _time("set_aside_at", nullable=True),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk__inbox_update")),
    )
    op.create_index(op.f("ix__inbox_update__failed_at"), "inbox_update", ["failed_at"])
    op.create_index("ix__inbox_update__address", "inbox_update", ["channel", "address"])
    for table in HOT_TABLES:
        op.execute(HOT.format(table=table))
    for table in ALWAYS_HOT:
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_threshold = 200, fillfactor = 50)")


def downgrade() -> None:
    for table in HOT_TABLES[::2]:
        op.execute(
            f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, "
            "autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor, "
            "autovacuum_vacuum_cost_delay)"
        )
    for table in ("inbox_update", "outbox_archive", "outbox_chat", "outbox_pace", "outbox_worker"):
        op.drop_table(table)
    # What shares a body gets it back before the bodies go.
    op.execute(
        "UPDATE outbox_message m SET body = c.body || m.body "
        "FROM outbox_content c WHERE c.id = m.content_id"
    )
    op.drop_table("outbox_content")
    for name in ("due", "chat", "holder", "expires", "batch", "settled", "settled_chat"):
        op.drop_index(f"ix__outbox_message__{name}", table_name="outbox_message")
    op.execute('ALTER TABLE outbox_message ALTER dedup_key TYPE text COLLATE "default"')
    op.execute("UPDATE outbox_message SET lane = 2 WHERE lane = 3")
    op.execute("UPDATE outbox_message SET status = 'waiting' WHERE status = 'held'")
    for column in ("holder", "batch", "content_id"):
        op.drop_column("outbox_message", column)
    op.create_index(
        "ix__outbox_message__chat",
        "outbox_message",
        ["channel", "recipient", "id"],
        postgresql_where=sa.text(PENDING),
    )
    op.create_index(
        "ix__outbox_message__due",
        "outbox_message",
        ["lane", "due_at"],
        postgresql_where=sa.text(PENDING),
    )
