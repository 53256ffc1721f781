"""What is still to be sent to HQ: the log beyond what HQ has acknowledged."""

from __future__ import annotations

import json

from edge.store.errors import StoreError
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections
from salon.reconcile import CHAIN_START, Change, Origin


class NotWritten(StoreError, ValueError):
    """Raised when HQ acknowledges more than this store has written: its database is older than what HQ has seen."""

    def __init__(self, acked: int, written: int) -> None:
        self.acked = acked
        self.written = written
        super().__init__(f"HQ has {acked} changes of this store, the store itself only {written}")


class Outbox:
    """Changes of lane HQ in their order. Nothing leaves it before HQ has said that it holds it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def count(self) -> int:
        node = Node.read(self._connections.get())
        return node.hq_n - node.acked

    @property
    def acked(self) -> int:
        return Node.read(self._connections.get()).acked

    def batch(
        self, limit: int = 500, max_bytes: int = 1_000_000, *, after: int | None = None
    ) -> list[Change]:
        """The next changes, in order; at least one if there is any, else as many as fit both limits.

        `after` goes back behind what was acknowledged: an HQ restored from a backup gets again what it lost.
        """
        con = self._connections.get()
        node = Node.read(con)
        origin = Origin(node.store, node.epoch)
        out: list[Change] = []
        size = 0
        rows = con.execute(
            "SELECT body FROM changes WHERE node = ? AND lane = 'hq' AND n > ? ORDER BY n LIMIT ?",
            (origin.node, node.acked if after is None else after, limit),
        ).fetchall()
        for row in rows:
            body = str(row[0])
            size += len(body.encode())
            if out and size > max_bytes:
                break
            out.append(Change.from_wire(origin, json.loads(body)))
        return out

    def head(self, n: int) -> bytes:
        """The chain hash after change `n`. Raises LookupError when there is no such change."""
        if n == 0:
            return CHAIN_START
        con = self._connections.get()
        h = con.execute(
            "SELECT h FROM changes, node WHERE changes.node = node.store || '.' || node.epoch AND lane = 'hq' AND n = ?",
            (n,),
        ).get
        if h is None:
            raise LookupError(n)
        assert isinstance(h, bytes)
        return h

    def acknowledge(self, n: int) -> None:
        """HQ holds all up to `n`. Going back is not possible. Raises NotWritten."""
        with self._connections.transaction() as con:
            node = Node.read(con)
            if n > node.hq_n:
                raise NotWritten(n, node.hq_n)
            if n > node.acked:
                node.acked = n
                node.write(con)

    def oldest_at(self) -> str | None:
        """When the oldest unsent change was written."""
        oldest = self._connections.get().execute("SELECT at FROM outbox ORDER BY n LIMIT 1").get
        return None if oldest is None else str(oldest)
