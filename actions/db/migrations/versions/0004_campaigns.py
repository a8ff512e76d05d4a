"""Profiles and campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("authors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("catch_up", sa.Text(), nullable=False),
        sa.Column("control", sa.Float(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("submitted_hash", sa.Text(), nullable=True),
        sa.Column("approved_hash", sa.Text(), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["officer.id"], name=op.f("fk__campaign__approved_by_id__officer")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["officer.id"], name=op.f("fk__campaign__author_id__officer")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["campaign.id"], name=op.f("fk__campaign__corrects_id__campaign")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__campaign")),
    )
    op.create_index(op.f("ix__campaign__next_at"), "campaign", ["next_at"], unique=False)
    op.create_index(op.f("ix__campaign__status"), "campaign", ["status"], unique=False)
    op.create_table(
        "profile",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("age", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column(
            "topics",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("tips", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_from", sa.BigInteger(), nullable=True),
        sa.Column("quiet_to", sa.BigInteger(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("phone_sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__profile__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk__profile")),
    )
    op.create_index(op.f("ix__profile__phone_sha256"), "profile", ["phone_sha256"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settle_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk__occurrence__campaign_id__campaign")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__occurrence")),
        sa.UniqueConstraint("campaign_id", "at", name=op.f("uq__occurrence__campaign_id_at")),
    )
    op.create_table(
        "rise",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("week", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk__rise__campaign_id__campaign")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__rise")),
        sa.UniqueConstraint("district", "type", "week", name=op.f("uq__rise__district_type_week")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__delivery__citizen_id__citizen"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrence.id"],
            name=op.f("fk__delivery__occurrence_id__occurrence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__delivery")),
        sa.UniqueConstraint(
            "citizen_id", "occurrence_id", name=op.f("uq__delivery__citizen_id_occurrence_id")
        ),
    )
    op.create_index(
        "ix__delivery__due",
        "delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix__delivery__occurrence", "delivery", ["occurrence_id", "state"], unique=False
    )
    op.create_index(
        "ix__delivery__queued",
        "delivery",
        ["occurrence_id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "quiz_answer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "answered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__quiz_answer__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrence.id"],
            name=op.f("fk__quiz_answer__occurrence_id__occurrence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__quiz_answer")),
        sa.UniqueConstraint(
            "citizen_id", "occurrence_id", name=op.f("uq__quiz_answer__citizen_id_occurrence_id")
        ),
    )
    op.create_index(
        op.f("ix__quiz_answer__occurrence_id"), "quiz_answer", ["occurrence_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix__quiz_answer__occurrence_id"), table_name="quiz_answer")
    op.drop_table("quiz_answer")
    op.drop_index(
        "ix__delivery__queued", table_name="delivery", postgresql_where=sa.text("state = 'queued'")
    )
    op.drop_index("ix__delivery__occurrence", table_name="delivery")
    op.drop_index(
        "ix__delivery__due", table_name="delivery", postgresql_where=sa.text("state = 'queued'")
    )
    op.drop_table("delivery")
    op.drop_table("rise")
    op.drop_table("occurrence")
    op.drop_index(op.f("ix__profile__phone_sha256"), table_name="profile")
    op.drop_table("profile")
    op.drop_index(op.f("ix__campaign__status"), table_name="campaign")
    op.drop_index(op.f("ix__campaign__next_at"), table_name="campaign")
    op.drop_table("campaign")
