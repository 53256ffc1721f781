"""The one row of `identity` is given its number: the sequence that PostgreSQL made for the column was never used"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE identity ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS identity_id_seq")


def downgrade() -> None:
    """Nothing used it."""
