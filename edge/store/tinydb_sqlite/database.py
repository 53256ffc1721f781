"""`SqliteDB`: TinyDB's database object over one encrypted SQLite file.

with SqliteDB(path, key) as db:
    db.table("members").create_index("phone_key", unique=True)
    db.table("members").insert({"surname": "陈"})
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import apsw
from tinydb import TinyDB
from tinydb.table import Document

from edge.store.tinydb_sqlite.connection import Connections
from edge.store.tinydb_sqlite.opening import Synchronous
from edge.store.tinydb_sqlite.storage import SqliteStorage
from edge.store.tinydb_sqlite.table import SqliteTable


class SqliteDB(TinyDB):
    """TinyDB on one encrypted file; `key` None leaves it plain (for tools and tests)."""

    table_class: type[SqliteTable] = SqliteTable
    _storage: SqliteStorage

    def __init__(
        self,
        path: Path | str,
        key: bytes | None,
        *,
        synchronous: Synchronous = "FULL",
        busy_timeout_ms: int = 10_000,
    ) -> None:
        self.connections = Connections(
            Path(path), key, synchronous=synchronous, busy_timeout_ms=busy_timeout_ms
        )
        self.connections.get()  # a wrong key or an old SQLite shows here, not at the first query
        super().__init__(self.connections, self.table, storage=SqliteStorage)

    def transaction(self) -> AbstractContextManager[apsw.Connection]:
        """All writes within are one commit, whatever table they go to."""
        return self.connections.transaction()

    def table(self, name: str, **kwargs: Any) -> SqliteTable:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = self.table_class(self.connections, name, **kwargs)
        assert isinstance(table, SqliteTable)
        return table

    def tables(self) -> set[str]:
        return self._storage.tables()

    def drop_table(self, name: str) -> None:
        """Remove a table with its indexes; hooks see its documents go."""
        if name in self.tables():
            self.table(name).drop()
        self._tables.pop(name, None)

    def drop_tables(self) -> None:
        with self.connections.transaction():
            for name in self.tables():
                self.drop_table(name)
        self._tables.clear()

    def __iter__(self) -> Iterator[Document]:
        return iter(self.table(self.default_table_name))
