"""How TinyDB's table names become SQLite's, and back.

A plain lower-case name stays as it is, so that SQL may name it. SQLite does not tell upper case from lower in names,
TinyDB does, so any other name is written in hexadecimal. A table holds documents if it was made by `create_table`:
the change log and the outbox in the same file are none of TinyDB's.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"(?!sqlite_)[a-z_][a-z0-9_-]{0,63}")
_HEX_PREFIX = "doc:"


def physical(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    return _HEX_PREFIX + name.encode(errors="surrogatepass").hex()


def logical(table: str, sql: str) -> str | None:
    """TinyDB's name of a physical table, or None for a table that holds no documents."""
    if sql != _definition(table):
        return None
    if table.startswith(_HEX_PREFIX):
        return bytes.fromhex(table.removeprefix(_HEX_PREFIX)).decode(errors="surrogatepass")
    return table


def create_table(table: str) -> str:
    return _definition(table).replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _definition(table: str) -> str:
    """As SQLite keeps it in its schema: without IF NOT EXISTS."""
    return f"CREATE TABLE {quoted(table)} (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)"
