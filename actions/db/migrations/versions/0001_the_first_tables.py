"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("case_code", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__audit_entry")),
    )
    op.create_index(op.f("ix__audit_entry__at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix__audit_entry__case_code"), "audit_entry", ["case_code"], unique=False)
    op.create_table(
        "citizen",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("language_chosen", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__citizen")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq__citizen__channel_address")),
    )
    op.create_table(
        "indicator",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__indicator")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq__indicator__kind_value")),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__officer")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq__officer__telegram_id")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("lane", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("fleeting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__outbox_message")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq__outbox_message__dedup_key")),
    )
    op.create_index(
        "ix__outbox_message__chat",
        "outbox_message",
        ["channel", "recipient", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'sending')"),
    )
    op.create_index(
        "ix__outbox_message__due",
        "outbox_message",
        ["lane", "due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'sending')"),
    )
    op.create_table(
        "received_message",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk__received_message")),
    )
    op.create_index(
        op.f("ix__received_message__received_at"),
        "received_message",
        ["received_at"],
        unique=False,
    )
    op.create_table(
        "case",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__case__citizen_id__citizen"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["officer.id"], name=op.f("fk__case__owner_id__officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__case")),
        sa.UniqueConstraint("code", name=op.f("uq__case__code")),
    )
    op.create_index(op.f("ix__case__citizen_id"), "case", ["citizen_id"], unique=False)
    op.create_index(
        "ix__case__not_closed",
        "case",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(op.f("ix__case__owner_id"), "case", ["owner_id"], unique=False)
    op.create_index(
        "uq__case__open_per_citizen",
        "case",
        ["citizen_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("escalate", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk__report__case_id__case"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__report__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__report")),
    )
    op.create_index(op.f("ix__report__case_id"), "report", ["case_id"], unique=False)
    op.create_index(op.f("ix__report__citizen_id"), "report", ["citizen_id"], unique=False)
    op.create_index(op.f("ix__report__received_at"), "report", ["received_at"], unique=False)
    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk__timer__case_id__case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__timer")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq__timer__case_id_kind")),
    )
    op.create_index(op.f("ix__timer__due_at"), "timer", ["due_at"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("indicator_id", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("as_scam", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk__sighting__indicator_id__indicator")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk__sighting__report_id__report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__sighting")),
        sa.UniqueConstraint(
            "indicator_id", "report_id", name=op.f("uq__sighting__indicator_id_report_id")
        ),
    )
    op.create_index(op.f("ix__sighting__indicator_id"), "sighting", ["indicator_id"], unique=False)
    op.create_index(op.f("ix__sighting__report_id"), "sighting", ["report_id"], unique=False)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_index(op.f("ix__sighting__report_id"), table_name="sighting")
    op.drop_index(op.f("ix__sighting__indicator_id"), table_name="sighting")
    op.drop_table("sighting")
    op.drop_index(op.f("ix__timer__due_at"), table_name="timer")
    op.drop_table("timer")
    op.drop_index(op.f("ix__report__received_at"), table_name="report")
    op.drop_index(op.f("ix__report__citizen_id"), table_name="report")
    op.drop_index(op.f("ix__report__case_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(
        "uq__case__open_per_citizen",
        table_name="case",
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.drop_index(op.f("ix__case__owner_id"), table_name="case")
    op.drop_index(
        "ix__case__not_closed", table_name="case", postgresql_where=sa.text("status <> 'closed'")
    )
    op.drop_index(op.f("ix__case__citizen_id"), table_name="case")
    op.drop_table("case")
    op.drop_index(op.f("ix__received_message__received_at"), table_name="received_message")
    op.drop_table("received_message")
    op.drop_index(
        "ix__outbox_message__due",
        table_name="outbox_message",
        postgresql_where=sa.text("status IN ('waiting', 'sending')"),
    )
    op.drop_index(
        "ix__outbox_message__chat",
        table_name="outbox_message",
        postgresql_where=sa.text("status IN ('waiting', 'sending')"),
    )
    op.drop_table("outbox_message")
    op.drop_table("officer")
    op.drop_table("indicator")
    op.drop_table("citizen")
    op.drop_index(op.f("ix__audit_entry__case_code"), table_name="audit_entry")
    op.drop_index(op.f("ix__audit_entry__at"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION refuse_change")
