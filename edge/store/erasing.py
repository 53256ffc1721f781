"""Erasing a member for good: documents, states, photos, and what the log says; ledger sums and the chain stay (SEC-07).

The log keeps its rows with their hashes, so that the chain stays whole; their contents go. Bytes are overwritten in the file
(`secure_delete`), and the write-ahead log is emptied after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinydb.queries import where

from edge.store import holdings
from edge.store.schema import Node
from edge.store.side import Refusals
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.records import kinds

KEPT = frozenset({"ledger_entry", "erasure_receipt"})
"""Sums must stay right for ever; an entry names an account and no person."""


def member(con: Any, connections: Connections, rid: str) -> list[str]:
    """Take away all that is held of a member but the tombstone. Returns the rids of what went, hers included."""
    held = holdings.of(connections, rid, without=KEPT)
    gone = {kind: [document["rid"] for document in documents] for kind, documents in held.items()}
    for kind, rids in gone.items():
        table = SqliteTable(connections, kinds()[kind].table)
        for one in rids:
            table.remove(where("rid") == one)
    every = sorted({rid, *(one for rids in gone.values() for one in rids)})
    for one in every:
        if one != rid:
            con.execute("DELETE FROM states WHERE rid = ?", (one,))
        con.execute("DELETE FROM slots WHERE rid = ?", (one,))
    con.executemany("INSERT OR IGNORE INTO erased (rid) VALUES (?)", [(one,) for one in every])
    empty(con, Node.read(con), every)
    SqliteTable(connections, "conflicts").remove(where("rid").one_of(every))
    Refusals(connections).forget(every)
    # A wish stays until HQ has answered it: it may have set something aside already, which only its id gives back.
    con.execute("DELETE FROM leases WHERE member = ? AND state = 'refused'", (rid,))
    return every


def record(con: Any, connections: Connections, rid: str) -> None:
    """A single record that was erased: its contents leave the log too."""
    con.execute("INSERT OR IGNORE INTO erased (rid) VALUES (?)", (rid,))
    empty(con, Node.read(con), [rid])
    SqliteTable(connections, "conflicts").remove(where("rid") == rid)


def gone(con: Any, kind: str, rid: str, values: dict[str, Any]) -> bool:
    """Whether a record is of somebody erased here. It may come back by no way: not with the next pull, not among the changes that a
    restored store fetches back, of which the copy knew nothing when she was erased in it.
    """
    if kind in KEPT:
        return False
    asked = [one for one in (rid, values.get("member")) if isinstance(one, str) and one]
    return any(con.execute("SELECT 1 FROM erased WHERE rid = ?", (one,)).get is not None for one in asked)


def empty(con: Any, node: Node, rids: Sequence[str] | None = None) -> None:
    """Take the contents of erased records out of the log. Own changes that HQ does not hold yet keep theirs until it does:
    it checks the chain by them.
    """
    if rids is None:
        rids = [rid for (rid,) in con.execute("SELECT rid FROM erased").fetchall()]
    con.executemany(
        "UPDATE changes SET body = '' WHERE rid = ? AND body NOT LIKE '%\"erase\":true%'"
        " AND NOT (node = ? AND lane = 'hq' AND n > ?)",
        [(rid, f"{node.store}.{node.epoch}", node.acked) for rid in rids],
    )


def scrub(connections: Connections) -> None:
    """Empty the write-ahead log, which still has the pages as they were. Another reader may stop this; the next one does it then."""
    connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
