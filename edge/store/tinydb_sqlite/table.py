"""`SqliteTable`: TinyDB's Table on one physical table `(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT)`.

Each mutation is one `BEGIN IMMEDIATE` transaction, or part of the one that is open. All writes pass two hooks:
`_prepare` may check or replace a document before it is written, `_mutated` is told of each change inside the
transaction. What they raise undoes the whole call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Self, cast

import apsw
from tinydb.queries import QueryLike

from edge.store.tinydb_sqlite import names
from edge.store.tinydb_sqlite.body import decode, encode, plain
from edge.store.tinydb_sqlite.compile import compile_query, either, json_path, value_at
from edge.store.tinydb_sqlite.connection import Connections
from edge.store.tinydb_sqlite.opening import extended_code
from edge.store.tinydb_sqlite.reader import ReadableTable

BATCH = 256  # changes told to `_mutated` at once

Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]
Change = tuple[int, dict[str, Any] | None, dict[str, Any] | None]
"""(doc_id, before, after): before is None for an insert, after is None for a removal."""


class SqliteTable(ReadableTable):
    """TinyDB's Table with hooks and indexes."""

    def __init__(
        self, connections: Connections, name: str, cache_size: int = 0, persist_empty: bool = False
    ) -> None:
        super().__init__(connections, name, cache_size)
        table = names.quoted(self.physical_name)
        self._create = names.create_table(self.physical_name)
        self._insert = f"INSERT INTO {table} (id, body) VALUES (?, ?)"  # noqa: S608  # quoted name, no values
        self._update = f"UPDATE {table} SET body = ? WHERE id = ?"  # noqa: S608
        self._delete = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608
        self._delete_all = f"DELETE FROM {table}"  # noqa: S608
        if persist_empty:
            self.persist()

    # hooks ------------------------------------------------------------------------------------------------------

    def _prepare(
        self, doc_id: int | None, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the document to write. `doc_id` is None while a new document has none; `before` None if new."""
        del doc_id, before
        return after

    def _written(self, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """What `_prepare` returned, as it will be read again, and its text. Raises UnstorableValue."""
        after = plain(document)
        return after, encode(after)

    def _mutated(self, con: apsw.Connection, changes: list[Change]) -> None:
        """Told of what was just written, inside the transaction, at most `BATCH` changes at a time."""

    # schema -----------------------------------------------------------------------------------------------------

    def persist(self) -> None:
        """Create the physical table now, not at the first insert."""
        with self.connections.transaction() as con:
            con.execute(self._create)

    def drop(self) -> None:
        """Remove the table with its indexes; `_mutated` sees its documents go."""
        with self.connections.transaction() as con:
            self.truncate()
            con.execute(f"DROP TABLE IF EXISTS {names.quoted(self.physical_name)}")

    def create_index(self, *fields: str, unique: bool = False) -> None:
        """Index one field, or several together. A unique index leaves out documents that lack one of them."""
        paths = [json_path((field,)) for field in fields]
        if not fields or None in paths:
            raise ValueError(f"cannot index {fields!r}")
        values = [value_at(cast("str", path)) for path in paths]
        index = names.quoted(f"{'ux' if unique else 'ix'}_{self.physical_name}__{'__'.join(fields)}")
        present = " WHERE " + " AND ".join(f"{value} IS NOT NULL" for value in values) if unique else ""
        with self.connections.transaction() as con:
            con.execute(self._create)
            con.execute(
                f"CREATE {'UNIQUE ' if unique else ''}INDEX IF NOT EXISTS {index} "
                f"ON {names.quoted(self.physical_name)} ({', '.join(values)}){present}"
            )

    # writing ----------------------------------------------------------------------------------------------------

    def insert(self, document: Mapping[str, Any]) -> int:
        return self.insert_multiple((document,))[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        doc_ids: list[int] = []
        with self.connections.transaction() as con, _Batch(self, con) as batch:
            for document in documents:
                doc_id, after = self._insert_one(con, document)
                doc_ids.append(doc_id)
                batch.add((doc_id, None, after))
        return doc_ids

    def update(
        self, fields: Fields, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None
    ) -> list[int]:
        read: dict[int, dict[str, Any]] = {}
        with self.connections.transaction() as con:
            if doc_ids is not None:
                targets = self._existing(doc_ids)
            elif cond is not None:
                targets = []
                for doc_id, document in self._matching(cond, compile_query(cond)):
                    targets.append(doc_id)
                    if len(read) < BATCH:
                        read[doc_id] = document
                targets.sort()
            else:
                targets = self._ids()
            with _Batch(self, con) as batch:
                for doc_id in targets:
                    batch.add(
                        self._rewrite(
                            con, doc_id, lambda document: _apply(fields, document), read.get(doc_id)
                        )
                    )
        return targets

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[int]:
        """For each document in turn, each update whose condition it meets by then."""
        steps = list(updates)
        updated: list[int] = []

        def any_applies(value: Mapping[Any, Any]) -> bool:
            return any(cond(value) for _, cond in steps)

        with self.connections.transaction() as con, _Batch(self, con) as batch:
            narrowing = either(compile_query(cond) for _, cond in steps)
            for doc_id in sorted(doc_id for doc_id, _ in self._matching(any_applies, narrowing)):

                def apply_all(document: dict[str, Any], doc_id: int = doc_id) -> None:
                    for fields, cond in steps:
                        if cond(document):
                            _apply(fields, document)
                            updated.append(doc_id)

                batch.add(self._rewrite(con, doc_id, apply_all))
        return updated

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        doc_ids = [document.doc_id] if isinstance(document, self.document_class) else None
        if doc_ids is None and cond is None:
            raise ValueError("an upsert needs a query or a Document with a doc_id")
        with self.connections.transaction():
            return self.update(document, cond, doc_ids) or [self.insert(document)]

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        if doc_ids is None and cond is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self.connections.transaction() as con:
            if doc_ids is not None:
                targets = list(dict.fromkeys(self._existing(doc_ids)))
            else:
                condition = cast("QueryLike", cond)
                targets = sorted(doc_id for doc_id, _ in self._matching(condition, compile_query(condition)))
            self._remove_all(con, targets)
        return targets

    def truncate(self) -> None:
        with self.connections.transaction() as con:
            if type(self)._mutated is SqliteTable._mutated:  # noqa: SLF001  # nobody listens: no need to read what goes
                self._rows(self._delete_all)
            else:
                self._remove_all(con, self._ids())

    def replace_all(self, documents: Mapping[int, Mapping[str, Any]]) -> None:
        """Make the table hold just these, by the inserts, updates and removals it takes."""
        with self.connections.transaction() as con:
            con.execute(self._create)
            there = {document.doc_id: document for document in self}
            self.remove(doc_ids=there.keys() - documents.keys())
            for doc_id, document in documents.items():
                if doc_id not in there:
                    self.insert(self.document_class(document, doc_id))
                elif document != there[doc_id]:
                    self.update(_replacing(document), doc_ids=[doc_id])

    def _update_table(self, updater: Callable[[dict[int, Any]], None]) -> None:
        """Stock's way to write, a function over the whole table; kept for code that extends TinyDB."""
        with self.connections.transaction():
            documents: dict[int, Any] = {document.doc_id: dict(document) for document in self}
            updater(documents)
            self.replace_all(documents)

    # the few places that touch rows -----------------------------------------------------------------------------

    def _insert_one(self, con: apsw.Connection, document: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")  # noqa: TRY004  # as TinyDB
        wanted = document.doc_id if isinstance(document, self.document_class) else None
        after, text = self._written(self._prepare(wanted, None, dict(document)))
        row = (wanted, text)
        try:
            con.execute(self._insert, row)
        except apsw.SQLError as error:
            if str(error) != self._missing:
                raise
            con.execute(self._create)
            con.execute(self._insert, row)
        except apsw.ConstraintError as error:
            if extended_code(error) in {apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID}:
                raise ValueError(f"Document with ID {wanted} already exists") from error
            raise self.connections.named(error) from error
        return (con.last_insert_rowid() if wanted is None else wanted), after

    def _rewrite(
        self,
        con: apsw.Connection,
        doc_id: int,
        change: Callable[[dict[str, Any]], None],
        read: dict[str, Any] | None = None,
    ) -> Change:
        """Change one document; `read`: as it was just read."""
        before = decode(cast("str", self._body(doc_id))) if read is None else read
        body = encode(before)
        changed = decode(body)
        change(changed)
        after, text = self._written(self._prepare(doc_id, before, changed))
        if text != body:
            try:
                con.execute(self._update, (text, doc_id))
            except apsw.ConstraintError as error:
                raise self.connections.named(error) from error
        return doc_id, before, after

    def _remove_all(self, con: apsw.Connection, doc_ids: list[int]) -> None:
        with _Batch(self, con) as batch:
            for doc_id in doc_ids:
                before = decode(cast("str", self._body(doc_id)))
                con.execute(self._delete, (doc_id,))
                batch.add((doc_id, before, None))


class _Batch:
    """Collects changes and hands them to `_mutated`, `BATCH` at a time and the rest at the end."""

    def __init__(self, table: SqliteTable, con: apsw.Connection) -> None:
        self._table = table
        self._con = con
        self._changes: list[Change] = []

    def add(self, change: Change) -> None:
        self._changes.append(change)
        if len(self._changes) >= BATCH:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._changes:
            self._flush()

    def _flush(self) -> None:
        changes, self._changes = self._changes, []
        self._table._mutated(self._con, changes)  # noqa: SLF001  # its own module's


def _apply(fields: Fields, document: dict[str, Any]) -> None:
    if callable(fields):
        fields(document)
    else:
        document.update(fields)


def _replacing(document: Mapping[str, Any]) -> Callable[[MutableMapping[str, Any]], None]:
    def replace(current: MutableMapping[str, Any]) -> None:
        current.clear()
        current.update(document)

    return replace
