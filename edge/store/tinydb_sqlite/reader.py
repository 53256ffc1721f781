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
from edge.store.tinydb_sqlite.compile import EVERYTHING, Narrowing, Sql, compile_query, json_path, value_at
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
            body = None if number is None else self._body(number)
            return None if body is None else self.document_class(decode(body), doc_id)
        if doc_ids is not None:
            wanted = sorted({number for number in map(_row_id, doc_ids) if number is not None})
            return [
                self.document_class(decode(body), number)
                for number in wanted
                if (body := self._body(number)) is not None
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
        """Rows that are certain to match are counted by SQL; Python looks at those that only may."""
        over, under = narrowing = compile_query(cond)
        if over is None or under is None:
            return sum(1 for _ in self._matching(cond, narrowing))
        certain: int = self._single(f"{self._count} WHERE {under.text}", under.params) or 0
        if narrowing.exact:
            return certain
        between = Sql(f"{over.text} AND ({under.text}) IS NOT TRUE", over.params + under.params)
        return certain + sum(1 for _ in self._matching(cond, Narrowing(over=between)))

    def __len__(self) -> int:
        return self._single(self._count) or 0

    def __iter__(self) -> Iterator[Document]:
        """All documents by id, read a page at a time: the table may be changed meanwhile."""
        last = -_MAX_ID - 1
        while page := list(self._rows(self._select_page, (last,)) or ()):
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
            if (number := _row_id(doc_id)) is not None and self._body(number) is not None
        ]

    def _matching(
        self, cond: QueryLike | None, narrowing: Narrowing, tail: str = ""
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(doc_id, document) of each match: SQL narrows, Python decides."""
        if narrowing.over is None:
            rows = self._rows(self._select + tail)
        else:
            rows = self._rows(f"{self._select} WHERE {narrowing.over.text}{tail}", narrowing.over.params)
        if rows is None:
            return
        read = False
        try:
            for doc_id, body in rows:
                document = decode(body)
                if cond is None or cond(document):
                    yield doc_id, document
            read = True
        except apsw.Error as error:
            raise self.connections.named(error) from error
        finally:
            if not read:
                # A half-read statement locks the table against changes of its schema. Not `close()`: of each cursor that is
                # closed by hand apsw 3.54 keeps 210 bytes for ever, a hundred megabytes a day of look-ups.
                rows.execute("")

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> apsw.Cursor | None:
        """Rows of a statement, to be read to the end or closed; None while the table does not exist."""
        try:
            return self.connections.get().execute(sql, params)
        except apsw.SQLError as error:
            if str(error) != self._missing:
                raise
            return None
        except apsw.Error as error:
            raise self.connections.named(error) from error

    def _body(self, doc_id: int) -> str | None:
        return cast("str | None", self._single(self._select_one, (doc_id,)))

    def _ids(self) -> list[int]:
        return [doc_id for (doc_id,) in self._rows(self._select_ids) or ()]

    def _single(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        """The one value of the one row, or None."""
        rows = self._rows(sql, params)
        return None if rows is None else rows.get


def _by_id(document: Document) -> int:
    return document.doc_id


def _row_id(doc_id: Any) -> int | None:
    """A row id for what TinyDB would find by its text: 1, "1"; None for what can be no id."""
    try:
        number = int(doc_id)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) <= _MAX_ID and str(number) == str(doc_id) else None
