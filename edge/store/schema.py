"""The tables beside the documents: who this store is, what it wrote, how its fields merge, and what it may spend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from salon.reconcile import Stamp

SCHEMA = 8
"""`PRAGMA user_version` of the store database."""

_CHANGES = """CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, lane TEXT NOT NULL, n INTEGER NOT NULL,
    at TEXT NOT NULL, kind TEXT NOT NULL, rid TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL, h BLOB,
    boot TEXT NOT NULL DEFAULT '', boottime INTEGER NOT NULL DEFAULT 0, restamped TEXT NOT NULL DEFAULT '',
    UNIQUE (node, lane, n)) STRICT"""

STATEMENTS = (
    # One row: identity, clock, the head of each lane's chain, what HQ has acknowledged, and how far its inbox is read.
    """CREATE TABLE IF NOT EXISTS node (
        id INTEGER PRIMARY KEY CHECK (id = 1), store TEXT NOT NULL, epoch TEXT NOT NULL,
        clock_ms INTEGER NOT NULL, clock_count INTEGER NOT NULL,
        hq_n INTEGER NOT NULL, hq_h BLOB NOT NULL, store_n INTEGER NOT NULL, store_h BLOB NOT NULL,
        acked INTEGER NOT NULL, cursor TEXT NOT NULL) STRICT""",
    # Every write, own and foreign: the audit trail. Own rows are numbered and chained by lane; seq is the order of arrival.
    # `boot`, `boottime`: when it was written by a clock that nobody sets; `restamped`: the time that HQ gave it instead.
    _CHANGES,
    "CREATE INDEX IF NOT EXISTS changes_rid ON changes (rid)",
    # What is still to be sent is not a second copy: it is the log beyond what HQ has acknowledged.
    """CREATE VIEW IF NOT EXISTS outbox AS SELECT changes.* FROM changes JOIN node
        ON changes.node = node.store || '.' || node.epoch AND changes.lane = 'hq' AND changes.n > node.acked""",
    "CREATE TABLE IF NOT EXISTS states (rid TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID",
    # Records whose state is to be made anew, because changes of theirs got another stamp or were fetched back.
    "CREATE TABLE IF NOT EXISTS rebuilds (rid TEXT PRIMARY KEY, kind TEXT NOT NULL) STRICT, WITHOUT ROWID",
    # Own changes that head office will not have: no state is made of them (edge/store/overruled.py).
    """CREATE TABLE IF NOT EXISTS overruled (node TEXT NOT NULL, n INTEGER NOT NULL, rid TEXT NOT NULL,
        PRIMARY KEY (node, n)) STRICT, WITHOUT ROWID""",
    # Records that were erased: what the log says of them goes, as soon as HQ has acknowledged it.
    "CREATE TABLE IF NOT EXISTS erased (rid TEXT PRIMARY KEY, photos INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID",
    # The earlier lives of this database, with the heads of their chains.
    """CREATE TABLE IF NOT EXISTS epochs (epoch TEXT PRIMARY KEY, ended_at TEXT NOT NULL, why TEXT NOT NULL,
        hq_n INTEGER NOT NULL, hq_h BLOB NOT NULL, store_n INTEGER NOT NULL, store_h BLOB NOT NULL,
        fork INTEGER NOT NULL) STRICT""",
    # Rights to spend (sync.md 2.4). The checks are the last word: no code can spend what is not there.
    """CREATE TABLE IF NOT EXISTS leases (lease TEXT PRIMARY KEY, member TEXT NOT NULL, unit TEXT NOT NULL,
        amount INTEGER NOT NULL, remains INTEGER NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, fence INTEGER NOT NULL,
        why TEXT NOT NULL DEFAULT '', CHECK (remains >= 0 AND remains <= amount), CHECK (state IN ('asked', 'open', 'closed', 'returned', 'refused'))
        ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS leases_member ON leases (member, unit, state)",
    # The calendar in slots: one person, bed or room is in one row a slot, or the write fails (APT-08).
    """CREATE TABLE IF NOT EXISTS slots (resource TEXT NOT NULL, slot INTEGER NOT NULL, rid TEXT NOT NULL,
        PRIMARY KEY (resource, slot)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS slots_rid ON slots (rid)",
)

_FROM_1 = (
    "ALTER TABLE changes ADD COLUMN boot TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE changes ADD COLUMN boottime INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE changes ADD COLUMN restamped TEXT NOT NULL DEFAULT ''",
    "DROP VIEW IF EXISTS outbox",
)


def upgrade(con: Any, version: int) -> None:
    """Bring the tables of an earlier version up to this one, inside a transaction."""
    if version == 1:
        for statement in _FROM_1:
            con.execute(statement)
    for statement in STATEMENTS:
        con.execute(statement)
    if con.execute("SELECT 1 FROM pragma_table_info('leases') WHERE name = 'why'").get is None:
        con.execute("ALTER TABLE leases ADD COLUMN why TEXT NOT NULL DEFAULT ''")


_COLUMNS = "store, epoch, clock_ms, clock_count, hq_n, hq_h, store_n, store_h, acked, cursor"


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
        rows = con.execute(f"SELECT {_COLUMNS} FROM node").fetchall()  # noqa: S608  # the constant above
        if not rows:
            raise LookupError("the store has no identity yet")
        return cls(*rows[0])

    def write(self, con: Any) -> None:
        con.execute(
            "UPDATE node SET clock_ms=?, clock_count=?, hq_n=?, hq_h=?, store_n=?, store_h=?, acked=?, cursor=?",
            tuple(self)[2:],
        )

    def create(self, con: Any) -> None:
        con.execute(
            f"INSERT OR REPLACE INTO node (id, {_COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            tuple(self),
        )

    def after(self, stamp: Stamp) -> None:
        """What is written next comes after this stamp, which HQ gave an earlier write: else the later write would give way to it."""
        self.clock_ms, self.clock_count = max((self.clock_ms, self.clock_count), (stamp.ms, stamp.count))

    def __iter__(self) -> Iterator[Any]:
        return iter((
            self.store, self.epoch, self.clock_ms, self.clock_count, self.hq_n, self.hq_h,
            self.store_n, self.store_h, self.acked, self.cursor,
        ))  # fmt: skip
