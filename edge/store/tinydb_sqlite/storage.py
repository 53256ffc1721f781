"""`SqliteStorage`: TinyDB's view of the whole database at once.

Tables do not go through `read` and `write`, which are right and as slow as the database is large. `write` makes the
tables what `data` says by inserts, updates and removals, so that hooks see each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinydb.storages import Storage

from edge.store.tinydb_sqlite import names
from edge.store.tinydb_sqlite.connection import Connections
from edge.store.tinydb_sqlite.table import SqliteTable


class SqliteStorage(Storage):
    """`table` gives the table object of a name, with its hooks; without it `read` and `write` use plain tables."""

    def __init__(self, connections: Connections, table: Callable[[str], SqliteTable] | None = None) -> None:
        self.connections = connections
        self._table = table or (lambda name: SqliteTable(connections, name))

    def tables(self) -> set[str]:
        """The names of the tables of documents."""
        rows = self.connections.get().execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
        return {name for table, sql in rows if (name := names.logical(table, sql)) is not None}

    def read(self) -> dict[str, dict[str, Any]] | None:
        found = {
            name: {str(document.doc_id): dict(document) for document in self._table(name)}
            for name in sorted(self.tables())
        }
        return found or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        with self.connections.transaction():
            for name in self.tables() - data.keys():
                self._table(name).drop()
            for name, documents in data.items():
                self._table(name).replace_all(
                    {int(doc_id): document for doc_id, document in documents.items()}
                )

    def close(self) -> None:
        self.connections.close()
