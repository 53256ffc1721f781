"""TinyDB's API over encrypted SQLite: documents as JSON rows, real indexes, crash-safe, many processes at once.

Stock TinyDB rewrites one JSON file for each write and breaks under two writers; its API is kept, its storage is
not. `SqliteDB` and `SqliteTable` behave as TinyDB 4.9 does (its own tests run against them), but for this:

* ids are never used twice within a table's life, and documents come in the order of their ids;
* each document returned is a fresh copy: there is no query cache;
* NaN, Infinity, lone surrogates and U+0000 are refused by name (`UnstorableValue`), not written;
* comparing a text with a number finds nothing, where stock TinyDB may raise TypeError half-way.
"""

from edge.store.tinydb_sqlite.connection import Connections
from edge.store.tinydb_sqlite.database import SqliteDB
from edge.store.tinydb_sqlite.storage import SqliteStorage
from edge.store.tinydb_sqlite.table import Change, SqliteTable

__all__ = ["Change", "Connections", "SqliteDB", "SqliteStorage", "SqliteTable"]
