"""Statements of the busiest paths, made once and run as text.

SQLAlchemy puts a statement together and looks it up in its cache at each use; on SQLite that takes several times as long as the
statement itself. A statement that always has the same shape is therefore compiled once a dialect and run straight through the driver,
and so are the insertions of many rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    CursorResult,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from cloud_sync_server import arrays


class Among(ColumnElement[bool]):
    """`column` is one of a list that is given as one parameter, however long it is."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = bindparam(name, type_=ARRAY(Text))


@compiles(Among, "sqlite")
def _in_json(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in (element.column, element.values))
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are SQLAlchemy's text


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in (element.column, element.values))
    return f"{column} = ANY({values})"


class Prepared:
    """One statement. Its parameters are its `bindparam`s, by name; values are given as the driver takes them."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._made: dict[str, tuple[str, list[str] | None, dict[str, Any]]] = {}

    def run(self, con: Connection, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        made = self._made.get(con.dialect.name)
        text, places, fixed = made or self._make(con)
        if places is None:
            sent = {name: arrays.Texts(one) if isinstance(one, list) else one for name, one in values.items()}
            return con.exec_driver_sql(text, fixed | sent)
        given = fixed | values
        return con.exec_driver_sql(text, tuple(_plain(given[place]) for place in places))

    def _make(self, con: Connection) -> tuple[str, list[str] | None, dict[str, Any]]:
        compiled: Any = self._statement.compile(dialect=con.dialect)
        made = (str(compiled), compiled.positiontup, compiled.params)
        self._made[con.dialect.name] = made
        return made


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value


def put(con: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: bool = False) -> None:
    """Insert rows; where the key is there already, replace the other columns, or `keep` what is there."""
    add(con, table, rows, "keep" if keep else "replace")


_POSTGRESQL = {
    Text: "text",
    BigInteger: "bigint",
    Integer: "integer",
    Boolean: "boolean",
    LargeBinary: "bytea",
}

_SENT_AS: dict[type, Callable[[Any], Any]] = {Text: arrays.Texts, LargeBinary: arrays.Bodies}

_AT_ONCE = 2_000
"""Values in one statement to SQLite, which takes 32,766; twice as many are no faster, and each connection keeps the statement."""

Conflict = Literal["fail", "keep", "replace"]
"""What to do where the key is there already."""


def add(con: Connection, table: Table, rows: Sequence[dict[str, Any]], conflict: Conflict = "fail") -> None:
    """Insert rows of plain values (texts, numbers, bytes) straight through the driver: half the time of a push went into
    SQLAlchemy's treatment of each parameter of each row. PostgreSQL gets a column as one array, so that a batch is one statement;
    SQLite gets many rows in one.
    """
    if not rows:
        return
    names = tuple(rows[0])
    values = list(map(itemgetter(*names), rows))
    if con.dialect.name == "sqlite":
        _add_many(con, table, names, conflict, values)
    else:
        columns = zip(_columns(table, names), zip(*values, strict=True), strict=True)
        sent = tuple(column(given) for column, given in columns)
        con.exec_driver_sql(_insert(table, names, conflict, rows=None), sent)


def _add_many(
    con: Connection, table: Table, names: tuple[str, ...], conflict: Conflict, values: list[tuple[Any, ...]]
) -> None:
    """A statement a row gave up the interpreter at each row: whoever reads the next batch took it, and kept it for milliseconds."""
    at_once = _AT_ONCE // len(names)
    rest = len(values) % at_once
    many = _insert(table, names, conflict, rows=at_once)
    for first in range(0, len(values) - rest, at_once):
        rows = values[first : first + at_once]
        con.exec_driver_sql(many, tuple(chain.from_iterable(rows)))
    if rest:
        con.exec_driver_sql(_insert(table, names, conflict, rows=1), values[-rest:])


@cache
def _columns(table: Table, names: tuple[str, ...]) -> tuple[Callable[[Any], Any], ...]:
    """As what each column of rows goes to PostgreSQL."""
    return tuple(_SENT_AS.get(type(table.c[name].type), list) for name in names)


@cache
def _insert(table: Table, names: tuple[str, ...], conflict: Conflict, *, rows: int | None) -> str:
    """Of so many rows at once; None: of however many, as arrays."""
    key = [column.name for column in table.primary_key]
    rest = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    if rows is None:
        types = [_POSTGRESQL[type(table.c[name].type)] for name in names]
        given = f"SELECT * FROM unnest({', '.join(f'%b::{one}[]' for one in types)})"  # noqa: S608 - our own names
    else:
        given = "VALUES " + ", ".join([f"({', '.join('?' * len(names))})"] * rows)
    text = f"INSERT INTO {table.name} ({', '.join(names)}) {given}"
    if conflict == "fail":
        return text
    does = f"UPDATE SET {rest}" if conflict == "replace" and rest else "NOTHING"
    return f"{text} ON CONFLICT ({', '.join(key)}) DO {does}"


def locked(con: Connection, table: Table, keys: Sequence[tuple[str, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of these primary keys, locked to the end of the transaction. Each is looked up by its whole key, so that the cost
    does not grow with the table.
    """
    if con.dialect.name == "sqlite":
        return by_keys(con, table, keys)
    return _run(con, _lock(table), keys)  # sorted, which is the order in which PostgreSQL locks them


def by_keys(
    con: Connection, table: Table, keys: Sequence[tuple[str, ...]]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of these primary keys, in the same way, to read."""
    return of_each(con, table, tuple(column.name for column in table.primary_key), keys)


def of_each(
    con: Connection, table: Table, columns: tuple[str, ...], keys: Sequence[tuple[str, ...]]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows in which these columns, which lead an index, have one of these values. Each is looked up for itself: of a list of values
    PostgreSQL takes one row in two hundred to have each, until it knows the table better, and reads the whole of it.
    """
    return _run(con, (_crossed if con.dialect.name == "sqlite" else _lateral)(table, columns), keys)


def _run(con: Connection, text: str, keys: Sequence[tuple[str, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    if not keys:
        return []
    every = sorted(set(keys))
    if con.dialect.name == "sqlite":
        return con.exec_driver_sql(text, (json.dumps(every),)).all()
    return con.exec_driver_sql(text, tuple(map(arrays.Texts, zip(*every, strict=True)))).all()


@cache
def _crossed(table: Table, columns: tuple[str, ...]) -> str:
    """SQLite reads a cross join from left to right."""
    shown = ", ".join(f"{table.name}.{column.name}" for column in table.c)
    same = " AND ".join(f"{name} = json_extract(wanted.value, '$[{i}]')" for i, name in enumerate(columns))
    return f"SELECT {shown} FROM json_each(?) AS wanted CROSS JOIN {table.name} ON {same}"  # noqa: S608 - our own names


@cache
def _lateral(table: Table, columns: tuple[str, ...]) -> str:
    """`OFFSET 0` keeps PostgreSQL from making one join of the two, for which it may read the whole table."""
    shown = ", ".join(f"{table.name}.{column.name}" for column in table.c)
    same = " AND ".join(f"{table.name}.{name} = wanted.{name}" for name in columns)
    return (
        f"SELECT found.* FROM {_wanted(columns)}"  # noqa: S608 - our own names
        f" CROSS JOIN LATERAL (SELECT {shown} FROM {table.name} WHERE {same} OFFSET 0) AS found"
    )


@cache
def _lock(table: Table) -> str:
    key = [column.name for column in table.primary_key]
    shown = ", ".join(f"{table.name}.{column.name}" for column in table.c)
    same = " AND ".join(f"{table.name}.{name} = wanted.{name}" for name in key)
    return (
        f"SELECT {shown} FROM {_wanted(key)} JOIN {table.name} ON {same}"  # noqa: S608 - our own names
        f" ORDER BY {', '.join(f'wanted.{name}' for name in key)} FOR UPDATE OF {table.name}"
    )


def _wanted(columns: Sequence[str]) -> str:
    return f"unnest({', '.join('%b::TEXT[]' for _ in columns)}) AS wanted ({', '.join(columns)})"
