"""The lives of a store's database: how a cloned or restored one finds itself out, and goes on without losing anything.

A card that was copied or set back to an earlier day would number its changes as if nothing had happened. HQ sees one number with
two contents (or more of this store than the store has) and takes no more from that life. The store then fetches its own changes
back from HQ, numbers what HQ does not have anew under a new epoch, and goes on (sync.md 2.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge.store import changelog
from edge.store import clock as clocks
from edge.store.clock import now
from edge.store.leases import Leases
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections
from salon.reconcile import CHAIN_START, Origin, Stamp
from salon.records import Lane


@dataclass(frozen=True)
class HqHas:
    """One change of this store as HQ has it: by its number and chain link. Its content comes by `apply`."""

    epoch: str
    n: int
    h: bytes
    stamp: str = ""
    """What HQ has it under; empty when its content is not there any more."""


def known(con: Any) -> dict[str, int]:
    """By epoch of this store: the last number before which nothing is missing here."""
    node = Node.read(con)
    out = {node.epoch: node.acked}
    rows = con.execute(
        "SELECT node, max(n) FROM changes WHERE node LIKE ? AND lane = 'hq' GROUP BY node",
        (f"{node.store}.%",),
    ).fetchall()
    for name, n in rows:
        epoch = Origin.of_node(name).epoch
        if epoch != node.epoch:
            out[epoch] = n
    return out


def begin_anew(connections: Connections, leases: Leases, has: Sequence[HqHas], why: str) -> int:
    """Start a new epoch. Returns how many changes had to be numbered anew.

    Up to the point where HQ's links differ from ours the old life is common. Beyond it our rows move to lane `fork` (they stay for
    the audit), their content is numbered again, and HQ's rows take their numbers.
    """
    with connections.transaction() as con:
        node = Node.read(con)
        own = Origin(node.store, node.epoch).node
        fork = _fork(con, own, node, has)
        rows: list[Any] = con.execute(
            "SELECT body, restamped, boot, boottime FROM changes WHERE node = ? AND lane = 'hq' AND n > ?"  # noqa: S608 - our own words
            f" AND NOT {changelog.OVERRULED} ORDER BY n",
            (own, fork),
        ).fetchall()
        con.execute(
            "INSERT INTO epochs (epoch, ended_at, why, hq_n, hq_h, store_n, store_h, fork) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (node.epoch, now(), why, node.hq_n, node.hq_h, node.store_n, node.store_h, fork),
        )
        con.execute("UPDATE changes SET lane = 'fork' WHERE node = ? AND lane = 'hq' AND n > ?", (own, fork))
        node.epoch = clocks.source.noise(8).hex()
        node.hq_n, node.hq_h, node.store_n, node.store_h, node.acked = 0, CHAIN_START, 0, CHAIN_START, 0
        for body, given, boot, boottime in rows:
            changelog.relog(con, node, changelog.read(own, body, given or ""), (boot, boottime), given or "")
        for stamp in _restamp(con, own, fork, has):
            node.after(stamp)
        leases.void()
        node.create(con)
        return len(rows)


def _fork(con: Any, own: str, node: Node, has: Sequence[HqHas]) -> int:
    """The last number that is the same here and there."""
    fork = node.acked
    for one in sorted((one for one in has if one.epoch == node.epoch), key=lambda one: one.n):
        h = con.execute(
            "SELECT h FROM changes WHERE node = ? AND lane = ? AND n = ?", (own, Lane.HQ.value, one.n)
        ).get
        if one.n != fork + 1 or h != one.h:
            break
        fork = one.n
    return fork


def _restamp(con: Any, own: str, fork: int, has: Sequence[HqHas]) -> list[Stamp]:
    """What HQ had given another stamp before the copy learnt of it. Returns these stamps."""
    learnt = []
    for one in has:
        if one.n > fork or not one.stamp or Origin.of_node(own).epoch != one.epoch:
            continue
        row = con.execute(
            "SELECT body, rid, kind FROM changes WHERE node = ? AND lane = 'hq' AND n = ?", (own, one.n)
        ).fetchone()
        if row is None or not row[0] or str(changelog.read(own, row[0]).stamp) == one.stamp:
            continue
        con.execute(
            "UPDATE changes SET restamped = ? WHERE node = ? AND lane = 'hq' AND n = ?",
            (one.stamp, own, one.n),
        )
        con.execute("INSERT OR IGNORE INTO rebuilds (rid, kind) VALUES (?, ?)", row[1:])
        learnt.append(Stamp.parse(one.stamp))
    return learnt
