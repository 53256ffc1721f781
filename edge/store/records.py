"""A table of records: TinyDB's API, with each write validated, logged and put up for HQ in one transaction.

There is no other way to write a record. A document that does not fit its class is refused with the fields named; a fact can be
neither edited nor removed; removing a document erases it for good, here and everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import apsw
from tinydb.queries import Query, QueryLike, where

from edge.store import calendar, changelog, erasing
from edge.store.errors import StoreError
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Change, Connections, SqliteTable
from edge.store.tinydb_sqlite.body import encode_plain
from salon.reconcile import State, difference, health_fields, keeps_state, shares, split
from salon.records import Consent, Lane, Merge, Record, kinds

R = TypeVar("R", bound=Record)

_merge_in_progress: ContextVar[bool] = ContextVar("parlour_merge_in_progress", default=False)


class FactIsFinal(StoreError, TypeError):
    """Raised when someone edits or removes a fact; `.rid` is the fact."""

    def __init__(self, kind: str, rid: str) -> None:
        self.kind = kind
        self.rid = rid
        super().__init__(f"{kind} {rid} is a fact: it is corrected by a new one, never edited")


class NoSuchRecord(StoreError, LookupError):
    """Raised when no record has the rid."""

    def __init__(self, kind: str, rid: str) -> None:
        self.kind = kind
        self.rid = rid
        super().__init__(f"no {kind} {rid}")


class RecordTable(SqliteTable, Generic[R]):
    """The documents of one record class."""

    def __init__(self, connections: Connections, cls: type[R]) -> None:
        self.record_class = cls
        super().__init__(connections, cls.table)

    # --- typed access

    def add(self, record: R) -> R:
        """Insert a record. Raises BadRecord, and RidTaken (unique index) when the rid is in use."""
        self.insert(record.document())
        return record

    def find(self, rid: str) -> R | None:
        """The record of that rid, if there is one."""
        found = self.get(where("rid") == rid)
        return None if found is None else self.record_class.parse(dict(found))

    def load(self, rid: str) -> R:
        """The record of that rid. Raises NoSuchRecord."""
        record = self.find(rid)
        if record is None:
            raise NoSuchRecord(self.record_class.kind, rid)
        return record

    def edit(self, rid: str, **fields: Any) -> R:
        """Change some fields of a record. Raises NoSuchRecord, BadRecord, FactIsFinal."""
        with self.connections.transaction():
            for doc_id in self.update(fields, where("rid") == rid):
                return self.record_class.parse(dict(self.get(doc_id=doc_id) or {}))
            raise NoSuchRecord(self.record_class.kind, rid)

    def select(
        self,
        cond: QueryLike | None = None,
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> list[R]:
        """Records that fit a condition, typed."""
        found = self.search(cond or Query().noop(), order_by=order_by, descending=descending, limit=limit)
        return [self.record_class.parse(dict(document)) for document in found]

    def say_again(self, rid: str, names: Collection[str]) -> bool:
        """Log some fields of a record once more, as they are: head office did not take what was said of them. False when there is
        nothing that it may hear. Raises NoSuchRecord.
        """
        cls = self.record_class
        with self.connections.transaction() as con:
            after = self.load(rid).document()
            unsaid: dict[str, Any] = {
                name: [] if cls.about(name).merge is Merge.SET else None for name in names if name in after
            }
            state = self._state(con, rid)
            fields, base = difference(cls, {**after, **unsaid}, after, state)
            said = split(cls, fields, shares_health=self._may_share(after, fields))[Lane.HQ]
            if said:
                changelog.append(con, cls, rid, {Lane.HQ: said}, base, state)
            return bool(said)

    def say(self, rid: str, **unset: Any) -> None:
        """Log fields that were never said because their value was the default then; `unset` is what they count as if nobody says them."""
        with self.connections.transaction() as con:
            after = self.load(rid).document()
            self._log_write(con, {**after, **unset}, after)

    # --- for edge.store.remote: writing what was merged, which is not a write of this store

    def has(self, rid: str) -> bool:
        return self.contains(where("rid") == rid)

    def put(self, document: dict[str, Any]) -> None:
        """Make a record what a merge says it is."""
        with self._as_merge():
            self.upsert(document, where("rid") == document["rid"])

    def forget(self, rid: str) -> None:
        """Take a record away that was erased elsewhere."""
        with self._as_merge():
            self.remove(where("rid") == rid)

    @property
    def _merging(self) -> bool:
        return _merge_in_progress.get()

    @contextmanager
    def _as_merge(self) -> Iterator[None]:
        token = _merge_in_progress.set(True)
        try:
            yield
        finally:
            _merge_in_progress.reset(token)

    # --- what happens inside each write's transaction

    def _prepare(
        self, doc_id: int | None, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> dict[str, Any]:
        del doc_id
        if self._merging:
            return after
        document = self.record_class.parse(after).document()
        if before is not None and self.record_class.fact and document != before:
            raise FactIsFinal(self.record_class.kind, before["rid"])
        if before is not None and document["rid"] != before["rid"]:
            raise FactIsFinal(self.record_class.kind, before["rid"])
        return document

    def _written(self, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
        text = encode_plain(document)  # a record's document: JSON's types already
        return (document, text) if text is not None else super()._written(document)

    def _mutated(self, con: apsw.Connection, changes: list[Change]) -> None:
        for _, before, after in changes:
            if self.record_class.kind == "appointment":
                rid = (after or before or {})["rid"]
                calendar.take(con, Node.read(con).store, rid, after, strict=not self._merging)
            if self._merging:
                continue
            if after is None:
                self._log_removal(con, before)
            else:
                self._log_write(con, before, after)

    def _log_removal(self, con: apsw.Connection, before: dict[str, Any] | None) -> None:
        assert before is not None
        if self.record_class.fact:
            raise FactIsFinal(self.record_class.kind, before["rid"])
        rid = before["rid"]
        changelog.append(con, self.record_class, rid, {Lane.HQ: {}}, {}, self._state(con, rid), erase=True)
        if self.record_class.kind == "member":
            self._erased_here(con, rid)
        else:
            erasing.record(con, self.connections, rid)

    def _erased_here(self, con: apsw.Connection, rid: str) -> None:
        """Erasing a member takes all that is about her along; the receipt says so to HQ."""
        from edge.store.receipts import leave

        with self._as_merge():
            gone = erasing.member(con, self.connections, rid)
        leave(con, self.connections, rid, len(gone))

    def _log_write(self, con: apsw.Connection, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        cls = self.record_class
        state = self._state(con, after["rid"])
        fields, base = difference(cls, before, after, state if before is not None else None)
        if not fields:
            return
        if cls.lane(after) is Lane.STORE:
            lanes = {Lane.STORE: fields}
        else:
            lanes = split(cls, fields, shares_health=self._may_share(after, fields))
        changelog.append(con, cls, after["rid"], lanes, base, state)
        if cls is Consent and after["purpose"] == "share_health":
            self._share_health(con, after)

    def _state(self, con: apsw.Connection, rid: str) -> State | None:
        return changelog.load_state(con, rid) if keeps_state(self.record_class) else None

    def _share_health(self, con: apsw.Connection, consent: dict[str, Any]) -> None:
        """From the moment a member shares health data, HQ gets what the store already knew."""
        if not consent["granted"]:
            return
        for cls in kinds().values():
            health = health_fields(cls)
            if not health:
                continue
            member_field = "rid" if cls.kind == "member" else "member"
            for document in SqliteTable(self.connections, cls.table).search(
                where(member_field) == consent["member"]
            ):
                unset = cls.model_construct(rid=document["rid"]).model_dump(mode="json", include=set(health))
                fields, _ = difference(cls, {**document, **unset}, dict(document), None)
                state = changelog.load_state(con, document["rid"]) if keeps_state(cls) else None
                changelog.append(con, cls, document["rid"], {Lane.HQ: fields}, {}, state)

    def _may_share(self, document: dict[str, Any], fields: dict[str, Any]) -> bool:
        """Whether the member consented to health data leaving the store. Looked up only when there is some."""
        cls = self.record_class
        if health_fields(cls).isdisjoint(fields):
            return False
        member = document["rid"] if cls.kind == "member" else document.get("member", "")
        mine = (where("member") == member) & (where("purpose") == "share_health")
        return shares(SqliteTable(self.connections, Consent.table).search(mine))
