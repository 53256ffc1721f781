"""Values that gave way are read by their age: the newest for a person, the oldest to go"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("conflicts_at", "conflicts", ["at"])


def downgrade() -> None:
    op.drop_index("conflicts_at", table_name="conflicts")
