"""Warnings and guardians."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004b"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__check_in__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__check_in")),
        sa.UniqueConstraint("citizen_id", "type", name=op.f("uq__check_in__citizen_id_type")),
    )
    op.create_index(
        "ix__check_in__due",
        "check_in",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("asked_at IS NULL"),
    )
    op.create_table(
        "guardian",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ward_id", sa.BigInteger(), nullable=False),
        sa.Column("guardian_id", sa.BigInteger(), nullable=False),
        sa.Column("tells_live", sa.Boolean(), nullable=False),
        sa.Column("tells_warning", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["citizen.id"],
            name=op.f("fk__guardian__guardian_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"],
            ["citizen.id"],
            name=op.f("fk__guardian__ward_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__guardian")),
        sa.UniqueConstraint(
            "ward_id", "guardian_id", name=op.f("uq__guardian__ward_id_guardian_id")
        ),
    )
    op.create_index(op.f("ix__guardian__guardian_id"), "guardian", ["guardian_id"], unique=False)
    op.create_table(
        "guardian_code",
        sa.Column("ward_id", sa.BigInteger(), nullable=False),
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ward_id"],
            ["citizen.id"],
            name=op.f("fk__guardian_code__ward_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ward_id", name=op.f("pk__guardian_code")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq__guardian_code__code_sha256")),
    )
    op.create_table(
        "guardian_try",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__guardian_try__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk__guardian_try")),
    )
    op.create_table(
        "warning_import",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__warning_import__officer_id__officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__warning_import")),
        sa.UniqueConstraint("sha256", name=op.f("uq__warning_import__sha256")),
    )
    op.create_table(
        "warning",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk__warning__case_id__case"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__warning__citizen_id__citizen"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["warning_import.id"],
            name=op.f("fk__warning__import_id__warning_import"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__warning")),
    )
    op.create_index(op.f("ix__warning__case_id"), "warning", ["case_id"], unique=False)
    op.create_index(op.f("ix__warning__citizen_id"), "warning", ["citizen_id"], unique=False)
    op.create_index(
        "ix__warning__deadline",
        "warning",
        ["deadline"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(op.f("ix__warning__import_id"), "warning", ["import_id"], unique=False)
    op.create_index(
        "uq__warning__open",
        "warning",
        ["citizen_id", "type"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'acknowledged', 'escalated')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq__warning__open",
        table_name="warning",
        postgresql_where=sa.text("status IN ('queued', 'acknowledged', 'escalated')"),
    )
    op.drop_index(op.f("ix__warning__import_id"), table_name="warning")
    op.drop_index(
        "ix__warning__deadline",
        table_name="warning",
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.drop_index(op.f("ix__warning__citizen_id"), table_name="warning")
    op.drop_index(op.f("ix__warning__case_id"), table_name="warning")
    op.drop_table("warning")
    op.drop_table("warning_import")
    op.drop_table("guardian_try")
    op.drop_table("guardian_code")
    op.drop_index(op.f("ix__guardian__guardian_id"), table_name="guardian")
    op.drop_table("guardian")
    op.drop_index(
        "ix__check_in__due", table_name="check_in", postgresql_where=sa.text("asked_at IS NULL")
    )
    op.drop_table("check_in")
