"""Alembic's door: runs the migrations with the engine that `Database.migrate` hands over, in one transaction."""

from __future__ import annotations

from alembic import context

from cloud_sync_server.schema import metadata

with context.config.attributes["migrate_with"].begin() as connection:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
