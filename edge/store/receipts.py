"""The answer of this store to an erasure: a fact that goes to HQ the way of all changes (SEC-07)."""

from __future__ import annotations

from typing import Any

from edge.store.clock import now
from edge.store.records import RecordTable
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections
from salon.records import ErasureReceipt


def leave(con: Any, connections: Connections, member: str, count: int, photos: int = 0) -> None:
    """Write the receipt, once."""
    store = Node.read(con).store
    rid = f"{member}.{store}.x"[:64]
    table = RecordTable(connections, ErasureReceipt)
    if not table.has(rid):
        table.add(
            ErasureReceipt(rid=rid, subject=member, store=store, at=now(), records=count, photos=photos)
        )
