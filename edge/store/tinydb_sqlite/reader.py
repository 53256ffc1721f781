"""The reading half of `SqliteTable`: SQL narrows the rows, Python decides on each.

Reads see a table that was not created yet as empty, so that no read ever has to look at the schema first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast, overload

import apsw
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from edge.store.tinydb_sqlite import names
from edge.store.tinydb_sqlite.body import decode
from edge.store.tinydb_sqlite.compile import EVERYTHING, Narrowing, compile_query, json_path, value_at
from edge.store.tinydb_sqlite.connection import Connections

PAGE = 256  # documents held in memory at once while a whole table is read
_MAX_ID = 2**63 - 1  # SQLite's largest row id


class ReadableTable(Table):
    """TinyDB's Table as far as it reads; `search` takes `order_by`, `descending` and `limit` besides."""

    def __init__(self, connections: Connections, name: str, cache_size: int = 0) -> None:
        # Stock methods reach the storage through `_read_table` and `_update_table` alone, and these are ours.
        super().__init__(cast("Storage", connections), name, cache_size=cache_size)
        self.connections = connections
        self.physical_name = names.physical(name)
        table = names.quoted(self.physical_name)
        self._select = f"SELECT id, body FROM {table}"  # noqa: S608  # quoted name, no values
        self._select_ids = f"SELECT id FROM {table} ORDER BY id"  # noqa: S608
        self._select_one = f"SELECT body FROM {table} WHERE id = ?"  # noqa: S608
        self._select_page = f"{self._select} WHERE id > ? ORDER BY id LIMIT {PAGE}"
        self._count = f"SELECT count(*) FROM {table}"  # noqa: S608
        self._missing = f"no such table: {self.physical_name}"

    def search(
        self,
        cond: QueryLike,
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> list[Document]:
        """Matching documents by id, or by a field (missing and null first, then numbers, then text)."""
        narrowing = EVERYTHING if cond is None else compile_query(cond)
        tail = ""
        if order_by is not None:
            path = json_path((order_by,))
            if path is None:
                raise ValueError(f"cannot order by {order_by!r}")
            way = "DESC" if descending else "ASC"
            tail = f" ORDER BY {value_at(path)} {way}, id {way}"
        elif descending:
            tail = " ORDER BY id DESC"
        elif limit is not None:
            tail = " ORDER BY id"
        if limit is not None and narrowing.exact:
            tail += f" LIMIT {max(int(limit), 0)}"
        found: list[Document] = []
        for doc_id, document in self._matching(cond, narrowing, tail):
            if limit is not None and len(found) >= limit:
                break
            found.append(self.document_class(document, doc_id))
        if not tail:
            # Sorted here, not in SQL: asked for an order by id, SQLite prefers a scan by id to a range of an index.
            found.sort(key=_by_id)
        return found

    @overload  # type: ignore[override]  # two signatures for stock's seven, which say the same
    def get(
        self, cond: QueryLike | None = ..., doc_id: int | None = ..., doc_ids: None = ...
    ) -> Document | None: ...

    @overload
    def get(
        self, cond: QueryLike | None = ..., doc_id: None = ..., *, doc_ids: Iterable[int]
    ) -> list[Document]: ...

    def get(
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> Document | list[Document] | None:
        if doc_id is not None:
            number = _row_id(doc_id)
            for (body,) in self._rows(self._select_one, (number,)) if number is not None else ():
                return self.document_class(decode(body), doc_id)
            return None
        if doc_ids is not None:
            wanted = sorted({number for number in map(_row_id, doc_ids) if number is not None})
            return [
                self.document_class(decode(body), number)
                for number in wanted
                for (body,) in self._rows(self._select_one, (number,))
            ]
        if cond is not None:
            for number, document in self._matching(cond, compile_query(cond), " ORDER BY id"):
                return self.document_class(document, number)
            return None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def contains(self, cond: QueryLike | None = None, doc_id: int | None = None) -> bool:
        if doc_id is not None:
            return self.get(doc_id=doc_id) is not None
        if cond is not None:
            return any(True for _ in self._matching(cond, compile_query(cond)))
        raise RuntimeError("You have to pass either cond or doc_id")

    def count(self, cond: QueryLike) -> int:
        narrowing = compile_query(cond)
        if narrowing.exact and narrowing.over is not None:
            rows = self._rows(f"{self._count} WHERE {narrowing.over.text}", narrowing.over.params)
            return cast("int", next(rows, (0,))[0])
        return sum(1 for _ in self._matching(cond, narrowing))

    def __len__(self) -> int:
        return cast("int", next(self._rows(self._count), (0,))[0])

    def __iter__(self) -> Iterator[Document]:
        """All documents by id, read a page at a time: the table may be changed meanwhile."""
        last = -_MAX_ID - 1
        while page := list(self._rows(self._select_page, (last,))):
            for doc_id, body in page:
                yield self.document_class(decode(body), doc_id)
            last = page[-1][0]

    def _read_table(self) -> dict[str, Any]:
        """The whole table as stock TinyDB holds it, for code that reaches for it (`_get_next_id` does)."""
        return {str(document.doc_id): dict(document) for document in self}

    def _existing(self, doc_ids: Iterable[int]) -> list[int]:
        """Those ids that are there, as they were given: twice if twice."""
        return [
            doc_id
            for doc_id in doc_ids
            if (number := _row_id(doc_id)) is not None
            and any(True for _ in self._rows(self._select_one, (number,)))
        ]

    def _matching(
        self, cond: QueryLike | None, narrowing: Narrowing, tail: str = ""
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(doc_id, document) of each match: SQL narrows, Python decides."""
        if narrowing.over is None:
            rows = self._rows(self._select + tail)
        else:
            rows = self._rows(f"{self._select} WHERE {narrowing.over.text}{tail}", narrowing.over.params)
        for doc_id, body in rows:
            document = decode(body)
            if cond is None or cond(document):
                yield doc_id, document

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement; none while the table does not exist; SQLite's errors under our names."""
        try:
            yield from self.connections.get().execute(sql, params)
        except apsw.SQLError as error:
            if str(error) != self._missing:
                raise
        except apsw.Error as error:
            raise self.connections.named(error) from error


def _by_id(document: Document) -> int:
    return document.doc_id


def _row_id(doc_id: Any) -> int | None:
    """A row id for what TinyDB would find by its text: 1, "1"; None for what can be no id."""
    try:
        number = int(doc_id)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) <= _MAX_ID and str(number) == str(doc_id) else None
