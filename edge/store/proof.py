"""What this store holds, in sums that HQ can compare with its own (salon.reconcile.digest). Always read from the stored bytes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from edge.store.changelog import unpack
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.reconcile import Buckets, keeps_state
from salon.reconcile.digest import of_fact, of_state
from salon.records import Lane, UnknownKind, kinds, record_class


@dataclass(frozen=True)
class Proof:
    """All that is held, at one point of the exchange."""

    epoch: str
    acked: int
    pending: int
    cursor: str
    buckets: Buckets
    ledger: dict[str, tuple[int, int]]
    """unit -> (entries, sum)."""


def take(connections: Connections, lapsed: Collection[str] = ()) -> Proof:
    """The proof of this moment, without the members whose changes do not come here any more."""
    with connections.transaction() as con:  # one moment for all tables
        node = Node.read(con)
        buckets = Buckets().add_all(records(con, connections, lapsed))
        rows: list[Any] = con.execute(
            "SELECT json_extract(body, '$.unit'), count(*), sum(json_extract(body, '$.amount')) FROM ledger"
            " WHERE json_extract(body, '$.member') NOT IN (SELECT value FROM json_each(?)) GROUP BY 1",
            (json.dumps(sorted(lapsed)),),
        ).fetchall()
    ledger = {unit: (count, total) for unit, count, total in rows}
    return Proof(node.epoch, node.acked, node.hq_n - node.acked, node.cursor, buckets, ledger)


def records(
    con: Any, connections: Connections, lapsed: Collection[str] = ()
) -> Iterator[tuple[str, str, bytes]]:
    """(kind, rid, hash) of each record that HQ holds too."""
    gone = frozenset(lapsed)
    for rid, kind, body in con.execute("SELECT rid, kind, body FROM states"):
        try:
            cls = record_class(kind)
        except UnknownKind:
            continue
        state = unpack(body)
        if gone and (rid if kind == "member" else state["v"].get("member")) in gone:
            continue
        yield kind, rid, of_state(cls, rid, state)
    for kind, cls in kinds().items():
        if keeps_state(cls):
            continue
        for found in SqliteTable(connections, cls.table):
            if cls.lane(dict(found)) is Lane.HQ and found.get("member") not in gone:
                yield kind, found["rid"], of_fact(cls, found["rid"], dict(found))
