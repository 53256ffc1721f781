"""The tables beside the documents: who this store is, what it wrote, and how its fields merge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
"""`PRAGMA user_version` of the store database."""

STATEMENTS = (
    # One row: identity, clock, the head of each lane's chain, what HQ has acknowledged, and how far its inbox is read.
    """CREATE TABLE IF NOT EXISTS node (
        id INTEGER PRIMARY KEY CHECK (id = 1), store TEXT NOT NULL, epoch TEXT NOT NULL,
        clock_ms INTEGER NOT NULL, clock_count INTEGER NOT NULL,
        hq_n INTEGER NOT NULL, hq_h BLOB NOT NULL, store_n INTEGER NOT NULL, store_h BLOB NOT NULL,
        acked INTEGER NOT NULL, cursor TEXT NOT NULL) STRICT""",
    # Every write, own and foreign: the audit trail. Own rows are numbered and chained by lane; seq is the order of arrival.
    """CREATE TABLE IF NOT EXISTS changes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, lane TEXT NOT NULL, n INTEGER NOT NULL,
        at TEXT NOT NULL, kind TEXT NOT NULL, rid TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL, h BLOB,
        UNIQUE (node, lane, n)) STRICT""",
    # What is still to be sent is not a second copy: it is the log beyond what HQ has acknowledged.
    """CREATE VIEW IF NOT EXISTS outbox AS SELECT changes.* FROM changes JOIN node
        ON changes.node = node.store || '.' || node.epoch AND changes.lane = 'hq' AND changes.n > node.acked""",
    "CREATE TABLE IF NOT EXISTS states (rid TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


@dataclass
class Node:
    """The one row of `node`, read and written inside a transaction."""

    store: str
    epoch: str
    clock_ms: int
    clock_count: int
    hq_n: int
    hq_h: bytes
    store_n: int
    store_h: bytes
    acked: int
    cursor: str

    @classmethod
    def read(cls, con: Any) -> Node:
        rows = con.execute(
            "SELECT store, epoch, clock_ms, clock_count, hq_n, hq_h, store_n, store_h, acked, cursor FROM node"
        ).fetchall()
        if not rows:
            raise LookupError("the store has no identity yet")
        return cls(*rows[0])

    def write(self, con: Any) -> None:
        con.execute(
            "UPDATE node SET clock_ms=?, clock_count=?, hq_n=?, hq_h=?, store_n=?, store_h=?, acked=?, cursor=?",
            (
                self.clock_ms, self.clock_count, self.hq_n, self.hq_h, self.store_n, self.store_h,
                self.acked, self.cursor,
            ),
        )  # fmt: skip

    def create(self, con: Any) -> None:
        con.execute(
            "INSERT INTO node (id, store, epoch, clock_ms, clock_count, hq_n, hq_h, store_n, store_h, acked, cursor)"
            " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tuple(self),
        )

    def __iter__(self) -> Iterator[Any]:
        return iter((
            self.store, self.epoch, self.clock_ms, self.clock_count, self.hq_n, self.hq_h,
            self.store_n, self.store_h, self.acked, self.cursor,
        ))  # fmt: skip
