"""Dispatch: the alert's steps, the relay, stop-payment requests, who is on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_session",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__console_session__officer_id__officer")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk__console_session")),
    )
    op.create_index(
        op.f("ix__console_session__officer_id"), "console_session", ["officer_id"], unique=False
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__shift__officer_id__officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__shift")),
    )
    op.create_index(op.f("ix__shift__ends_at"), "shift", ["ends_at"], unique=False)
    op.create_index(op.f("ix__shift__officer_id"), "shift", ["officer_id"], unique=False)
    op.create_table(
        "sign_in_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__sign_in_token__officer_id__officer")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk__sign_in_token")),
    )
    op.create_index(
        op.f("ix__sign_in_token__officer_id"), "sign_in_token", ["officer_id"], unique=False
    )
    op.create_table(
        "vanishing",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("outbox_key", sa.Text(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__vanishing__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__vanishing")),
    )
    op.create_index(op.f("ix__vanishing__citizen_id"), "vanishing", ["citizen_id"], unique=False)
    op.create_index(op.f("ix__vanishing__due_at"), "vanishing", ["due_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("photo", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk__message__case_id__case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizen.id"],
            name=op.f("fk__message__citizen_id__citizen"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__message__officer_id__officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__message")),
        sa.UniqueConstraint("code", name=op.f("uq__message__code")),
    )
    op.create_index(op.f("ix__message__case_id"), "message", ["case_id"], unique=False)
    op.create_index(op.f("ix__message__citizen_id"), "message", ["citizen_id"], unique=False)
    op.create_table(
        "stop_payment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.BigInteger(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bank", sa.LargeBinary(), nullable=True),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("amount", sa.LargeBinary(), nullable=True),
        sa.Column("paid_at", sa.LargeBinary(), nullable=True),
        sa.Column("to_bank", sa.LargeBinary(), nullable=True),
        sa.Column("to_account", sa.LargeBinary(), nullable=True),
        sa.Column("to_name", sa.LargeBinary(), nullable=True),
        sa.Column("order_number", sa.LargeBinary(), nullable=True),
        sa.Column("frozen_amount", sa.LargeBinary(), nullable=True),
        sa.Column("refused_why", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
            name=op.f("fk__stop_payment__case_id__case"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by"], ["officer.id"], name=op.f("fk__stop_payment__drafted_by__officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__stop_payment")),
    )
    op.create_index(op.f("ix__stop_payment__case_id"), "stop_payment", ["case_id"], unique=False)
    op.create_table(
        "capture",
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("stop_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk__capture__officer_id__officer")
        ),
        sa.ForeignKeyConstraint(
            ["stop_payment_id"],
            ["stop_payment.id"],
            name=op.f("fk__capture__stop_payment_id__stop_payment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk__capture")),
    )
    op.add_column("case", sa.Column("district", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("amount", sa.BigInteger(), nullable=True))
    op.add_column(
        "case", sa.Column("discreet", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("case", "discreet", server_default=None)
    op.add_column(
        "case", sa.Column("drill", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("case", "drill", server_default=None)
    op.add_column("case", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.add_column("case", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("helped", sa.Boolean(), nullable=True))
    op.create_index(op.f("ix__case__district"), "case", ["district"], unique=False)
    op.create_index(op.f("ix__case__merged_into_id"), "case", ["merged_into_id"], unique=False)
    op.create_foreign_key(
        op.f("fk__case__merged_into_id__case"), "case", "case", ["merged_into_id"], ["id"]
    )
    op.add_column(
        "citizen", sa.Column("discreet_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("citizen", sa.Column("word", sa.Text(), nullable=True))
    op.add_column("officer", sa.Column("badge", sa.Text(), nullable=True))
    op.execute("UPDATE officer SET badge = 'P-' || lpad(id::text, 5, '0')")
    op.alter_column("officer", "badge", nullable=False)
    op.add_column("officer", sa.Column("language", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq__officer__badge"), "officer", ["badge"])
    op.add_column("timer", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE timer SET since = due_at - interval '60 seconds' * (fired + 1), fired = fired + 1"
    )
    op.alter_column("timer", "since", nullable=False)


def downgrade() -> None:
    op.drop_column("timer", "since")
    op.drop_constraint(op.f("uq__officer__badge"), "officer", type_="unique")
    op.drop_column("officer", "language")
    op.drop_column("officer", "badge")
    op.drop_column("citizen", "word")
    op.drop_column("citizen", "discreet_since")
    op.drop_constraint(op.f("fk__case__merged_into_id__case"), "case", type_="foreignkey")
    op.drop_index(op.f("ix__case__merged_into_id"), table_name="case")
    op.drop_index(op.f("ix__case__district"), table_name="case")
    op.drop_column("case", "helped")
    op.drop_column("case", "snoozed_until")
    op.drop_column("case", "merged_into_id")
    op.drop_column("case", "drill")
    op.drop_column("case", "discreet")
    op.drop_column("case", "amount")
    op.drop_column("case", "district")
    op.drop_table("capture")
    op.drop_index(op.f("ix__stop_payment__case_id"), table_name="stop_payment")
    op.drop_table("stop_payment")
    op.drop_index(op.f("ix__message__citizen_id"), table_name="message")
    op.drop_index(op.f("ix__message__case_id"), table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix__vanishing__due_at"), table_name="vanishing")
    op.drop_index(op.f("ix__vanishing__citizen_id"), table_name="vanishing")
    op.drop_table("vanishing")
    op.drop_index(op.f("ix__sign_in_token__officer_id"), table_name="sign_in_token")
    op.drop_table("sign_in_token")
    op.drop_index(op.f("ix__shift__officer_id"), table_name="shift")
    op.drop_index(op.f("ix__shift__ends_at"), table_name="shift")
    op.drop_table("shift")
    op.drop_index(op.f("ix__console_session__officer_id"), table_name="console_session")
    op.drop_table("console_session")
