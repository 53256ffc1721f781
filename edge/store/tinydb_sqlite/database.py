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
from tinydb.storages import Storage
from tinydb.table import Document

from edge.store.tinydb_sqlite import names
from edge.store.tinydb_sqlite.connection import Connections
from edge.store.tinydb_sqlite.opening import Synchronous
from edge.store.tinydb_sqlite.table import SqliteTable


class SqliteStorage(Storage):
    """TinyDB's whole-database view: right, and as slow as the database is large; tables do not go through it.

    `write` makes the tables what `data` says by inserts, updates and removals, so that hooks see each of them.
    """

    def __init__(self, database: SqliteDB) -> None:
        self._database = database

    def read(self) -> dict[str, dict[str, Any]] | None:
        database = self._database
        found = {
            name: {str(document.doc_id): dict(document) for document in database.table(name)}
            for name in sorted(database.tables())
        }
        return found or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        database = self._database
        with database.transaction():
            for name in database.tables() - data.keys():
                database.drop_table(name)
            for name, documents in data.items():
                database.table(name).replace_all(
                    {int(doc_id): document for doc_id, document in documents.items()}
                )

    def close(self) -> None:
        self._database.connections.close()


class SqliteDB(TinyDB):
    """TinyDB on one encrypted file; `key` None leaves it plain (for tools and tests)."""

    table_class: type[SqliteTable] = SqliteTable

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
        super().__init__(self, storage=SqliteStorage)

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
        rows = self.connections.get().execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
        return {name for table, sql in rows if (name := names.logical(table, sql)) is not None}

    def drop_table(self, name: str) -> None:
        """Remove a table with its indexes; hooks see its documents go."""
        if name in self.tables():
            with self.connections.transaction() as con:
                self.table(name).truncate()
                con.execute(f"DROP TABLE {names.quoted(names.physical(name))}")
        self._tables.pop(name, None)

    def drop_tables(self) -> None:
        with self.connections.transaction():
            for name in self.tables():
                self.drop_table(name)
        self._tables.clear()

    def __iter__(self) -> Iterator[Document]:
        return iter(self.table(self.default_table_name))
