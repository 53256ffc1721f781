"""Limits of what one store may set aside: by how much a person raised them, and indexes that answer how much it is without a look at a row"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("lease_times", sa.BigInteger(), nullable=False, server_default="1"))
    op.drop_index("leases_store", table_name="leases")
    op.create_index("leases_store", "leases", ["store", "state", "unit", "remains"])
    op.create_index("leases_given", "leases", ["store", "at", "unit", "amount"])


def downgrade() -> None:
    op.drop_index("leases_given", table_name="leases")
    op.drop_index("leases_store", table_name="leases")
    op.create_index("leases_store", "leases", ["store", "state"])
    op.drop_column("stores", "lease_times")
