"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("last_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "changes",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("rid", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("h", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store", "epoch", "n"),
    )
    op.create_index("changes_member", "changes", ["member"], unique=False)
    op.create_table(
        "conflicts",
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("member", "kind", "rid", "field", "stamp"),
    )
    op.create_table(
        "enrolment_codes",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", sa.Text(), server_default="", nullable=False),
        sa.Column("used_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store", "code_hash"),
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "inbox",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin_store", sa.Text(), server_default="", nullable=False),
        sa.Column("origin_epoch", sa.Text(), server_default="", nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("store", "seq"),
    )
    op.create_table(
        "inbox_head",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("head", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("floor", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("store"),
    )
    op.create_table(
        "lookups",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token", "member"),
    )
    op.create_index("lookups_member", "lookups", ["member"], unique=False)
    op.create_table(
        "member_keys",
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("member"),
    )
    op.create_table(
        "origins",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("acked", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("h", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", sa.Text(), server_default="", nullable=False),
        sa.Column("last_at", sa.Text(), server_default="", nullable=False),
        sa.Column("frozen", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store", "epoch"),
    )
    op.create_table(
        "owners",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("rid", "kind"),
    )
    op.create_table(
        "quarantine",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("rid", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store", "epoch", "n"),
    )
    op.create_table(
        "records",
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("member", "kind", "rid"),
    )
    op.create_index("records_at", "records", ["kind", "at"], unique=False)
    op.create_index("records_store", "records", ["store", "kind", "at"], unique=False)
    op.create_table(
        "stores",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Text(), server_default="", nullable=False),
        sa.Column("key_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("enrolled_at", sa.Text(), server_default="", nullable=False),
        sa.Column("seen_at", sa.Text(), server_default="", nullable=False),
        sa.Column("pushed_at", sa.Text(), server_default="", nullable=False),
        sa.Column("pulled_at", sa.Text(), server_default="", nullable=False),
        sa.Column("pulled_seq", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("pending", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("oldest_at", sa.Text(), server_default="", nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("store"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store", "member"),
    )
    op.create_index("subscriptions_member", "subscriptions", ["member"], unique=False)
    op.create_table(
        "users",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login"),
    )


def downgrade() -> None:
    op.drop_table("users")
    op.drop_index("subscriptions_member", table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_table("stores")
    op.drop_index("records_store", table_name="records")
    op.drop_index("records_at", table_name="records")
    op.drop_table("records")
    op.drop_table("quarantine")
    op.drop_table("owners")
    op.drop_table("origins")
    op.drop_table("member_keys")
    op.drop_index("lookups_member", table_name="lookups")
    op.drop_table("lookups")
    op.drop_table("inbox_head")
    op.drop_table("inbox")
    op.drop_table("identity")
    op.drop_table("enrolment_codes")
    op.drop_table("conflicts")
    op.drop_index("changes_member", table_name="changes")
    op.drop_table("changes")
    op.drop_table("audit")
    op.drop_table("attempts")
