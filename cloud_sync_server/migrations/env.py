"""Alembic's door: runs the migrations on the connection, and in the transaction, that `Database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from cloud_sync_server.schema import metadata

context.configure(
    connection=context.config.attributes["migrate_with"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
