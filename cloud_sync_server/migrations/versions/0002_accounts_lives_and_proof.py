"""Accounts and leases, lives of stores, digests, erasures, slots of the calendar"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _key(name: str, kind: Any = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), autoincrement=False, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default="0", autoincrement=False, nullable=False)


def upgrade() -> None:
    op.add_column("origins", _text("last_t"))
    op.add_column("records", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.create_table(
        "accounts", _key("member"), _key("unit"), _number("balance"), _number("leased"), _number("entries"),
        sa.PrimaryKeyConstraint("member", "unit"),
        sa.CheckConstraint("balance >= leased AND leased >= 0", name="accounts_never_overdrawn"),
    )
    op.create_table(
        "leases", _key("member"), _key("lease"), _text("store"), _text("unit"), _number("amount"), _number("remains"),
        _text("state"), _text("at"), _text("recalled_at"), sa.PrimaryKeyConstraint("member", "lease"),
        sa.CheckConstraint("remains >= 0 AND remains <= amount", name="leases_never_overdrawn"),
    )
    op.create_index("leases_store", "leases", ["store", "state"])
    op.create_table(
        "pots", _key("member"), _key("unit"), _key("store"), _number("amount"), _text("first_at"),
        sa.PrimaryKeyConstraint("member", "unit", "store"), sa.CheckConstraint("amount >= 0", name="pots_never_overdrawn"),
    )
    op.create_table(
        "settlements", _key("store"), _key("creditor"), _key("unit"), _key("month"), _number("amount"),
        sa.PrimaryKeyConstraint("store", "creditor", "unit", "month"),
    )
    op.create_table(
        "erasures", _key("member"), _text("at"), _text("by"), _text("store"), sa.PrimaryKeyConstraint("member"),
    )
    op.create_table(
        "heads", _key("store"), _key("epoch"), _key("day"), _number("n"), sa.Column("h", sa.LargeBinary(), nullable=False),
        _text("at"), _text("signature"), sa.PrimaryKeyConstraint("store", "epoch", "day"),
    )
    op.create_table("reports", _key("store"), _key("at"), _text("outcome"), _text("body"), sa.PrimaryKeyConstraint("store", "at"))
    op.create_table(
        "slots", _key("store"), _key("resource"), _key("slot", sa.BigInteger()), _text("rid"),
        sa.PrimaryKeyConstraint("store", "resource", "slot"),
    )
    op.create_index("slots_rid", "slots", ["store", "rid"])


def downgrade() -> None:
    for table in ("slots", "reports", "heads", "erasures", "settlements", "pots", "leases", "accounts"):
        op.drop_table(table)
    op.drop_column("records", "digest")
    op.drop_column("origins", "last_t")
