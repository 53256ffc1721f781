"""What is still to be sent to HQ: the log beyond what HQ has acknowledged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.store import changelog, erasing
from edge.store import clock as clocks
from edge.store.errors import StoreError
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections
from salon.reconcile import CHAIN_START, Change, Origin, Stamp, Told, keeps_state
from salon.reconcile.change import gone
from salon.reconcile.restamp import MAX_SKEW_MS
from salon.records import kinds


class NotWritten(StoreError, ValueError):
    """Raised when HQ acknowledges more than this store has written: its database is older than what HQ has seen."""

    def __init__(self, acked: int, written: int) -> None:
        self.acked = acked
        self.written = written
        super().__init__(f"HQ has {acked} changes of this store, the store itself only {written}")


@dataclass(frozen=True, slots=True)
class Unsent:
    """A change as the log has it: the text that was chained, and that HQ chains."""

    n: int
    text: str

    @property
    def gone(self) -> bool:
        return self.text.startswith('{"gone"')

    def change(self, origin: Origin) -> Change:
        return Change.of_log(origin, json.loads(self.text))

    @property
    def stamp_ms(self) -> int:
        """Of a change's keys the stamp's is the last in canonical order, and no stamp has a quote in it."""
        place = self.text.rindex('"t":"') + len('"t":"')
        return int(self.text[place : place + 12], 16)


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
        """`unsent`, read."""
        origin = self._origin()
        return [one.change(origin) for one in self.unsent(limit, max_bytes, after=after) if not one.gone]

    def unsent(
        self, limit: int = 500, max_bytes: int = 1_000_000, *, after: int | None = None
    ) -> list[Unsent]:
        """The next changes, in order; at least one if there is any, else as many as fit both limits.

        `after` goes back behind what was acknowledged: an HQ restored from a backup gets again what it lost.
        """
        con = self._connections.get()
        node = Node.read(con)
        origin = Origin(node.store, node.epoch)
        out: list[Unsent] = []
        size = 0
        rows: list[Any] = con.execute(
            "SELECT n, body, h FROM changes WHERE node = ? AND lane = 'hq' AND n > ? ORDER BY n LIMIT ?",
            (origin.node, node.acked if after is None else after, limit),
        ).fetchall()
        for n, body, h in rows:
            size += len(body.encode())
            if out and size > max_bytes:
                break
            # Without a content only behind what was acknowledged: its person was erased since. Its link is all that can be said.
            out.append(Unsent(n, body or gone(n, h)))
        return self._without_erased(con, origin, out)

    def _without_erased(self, con: Any, origin: Origin, batch: list[Unsent]) -> list[Unsent]:
        """Later edits of an erased record name nobody: an HQ that was put back to before its first change could not say whose they
        are, and would let them wait for a person.
        """
        if not batch:
            return batch
        rows: list[Any] = con.execute(
            "SELECT n, h FROM changes AS mine WHERE node = ? AND lane = 'hq' AND n BETWEEN ? AND ?"
            " AND rid IN (SELECT rid FROM erased) AND body NOT LIKE '%\"erase\":true%'"
            " AND EXISTS (SELECT 1 FROM changes AS first WHERE first.rid = mine.rid AND first.body = '')",
            (origin.node, batch[0].n, batch[-1].n),
        ).fetchall()
        links = dict(rows)
        return [Unsent(one.n, gone(one.n, links[one.n])) if one.n in links else one for one in batch]

    def _origin(self) -> Origin:
        node = Node.read(self._connections.get())
        return Origin(node.store, node.epoch)

    def told(self, batch: Sequence[Unsent]) -> Told:
        """What HQ needs to judge the stamps of a batch."""
        rows: list[Any] = (
            self._connections.get()
            .execute(
                "SELECT n, boottime FROM changes WHERE node = ? AND lane = 'hq' AND n BETWEEN ? AND ? AND boot = ? ORDER BY n",
                (self._origin().node, batch[0].n, batch[-1].n, clocks.source.boot_id()),
            )
            .fetchall()
        )
        wall, boottime = clocks.wall_ms(), clocks.source.boottime_ms()
        stamps = {one.n: one.stamp_ms for one in batch if not one.gone}
        ages = {n: max(0, boottime - at) for n, at in rows if n in stamps}
        odd = {n: age for n, age in ages.items() if abs(wall - age - stamps[n]) > MAX_SKEW_MS}
        return Told(wall, rows[0][0] if rows else None, odd, self._given(batch))

    def _given(self, batch: Sequence[Unsent]) -> dict[int, Stamp]:
        """The stamps that HQ gave changes which it gets again, and of what others wrote and this store says again: it must not judge anew
        what others have by now.
        """
        rows: list[Any] = (
            self._connections.get()
            .execute(
                "SELECT n, restamped FROM changes WHERE node = ? AND lane = 'hq' AND n BETWEEN ? AND ? AND restamped <> ''",
                (self._origin().node, batch[0].n, batch[-1].n),
            )
            .fetchall()
        )
        return {n: Stamp.parse(stamp) for n, stamp in rows}

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

    def acknowledge(self, n: int, restamped: Mapping[int, Stamp] | None = None) -> None:
        """HQ holds all up to `n`, some under another stamp. Going back is not possible. Raises NotWritten."""
        with self._connections.transaction() as con:
            node = Node.read(con)
            if n > node.hq_n:
                raise NotWritten(n, node.hq_n)
            own = Origin(node.store, node.epoch).node
            for number, stamp in (restamped or {}).items():
                _learn(con, node, own, number, stamp)
            if n > node.acked:
                node.acked = n
                erasing.empty(con, node)
            if restamped and node.acked == node.hq_n:
                _set_back(con, node, own, max(restamped.values()))
            if restamped:
                node.after(max(restamped.values()))
            node.write(con)

    def rebuilds(self, limit: int = 500) -> list[tuple[str, str]]:
        """(kind, rid) of records whose state must be made anew from HQ's."""
        found: list[Any] = (
            self._connections.get().execute("SELECT kind, rid FROM rebuilds LIMIT ?", (limit,)).fetchall()
        )
        if not found:
            return []
        with_state = {kind for kind, cls in kinds().items() if keeps_state(cls)}
        stateless = [(rid,) for kind, rid in found if kind not in with_state]
        if stateless:  # facts, and what is no record (changelog.note), have no stamps of their own to mend
            with self._connections.transaction() as con:
                con.executemany("DELETE FROM rebuilds WHERE rid = ?", stateless)
            return self.rebuilds(limit)
        return [(kind, rid) for kind, rid in found]

    def oldest_at(self) -> str | None:
        """When the oldest unsent change was written."""
        oldest = self._connections.get().execute("SELECT at FROM outbox ORDER BY n LIMIT 1").get
        return None if oldest is None else str(oldest)


def _learn(con: Any, node: Node, own: str, n: int, given: Stamp) -> None:
    """HQ gave this change another stamp. A write of an earlier life, numbered anew or said again, has several rows in the log: each of them
    would go on to say the time that HQ did not believe.
    """
    row = con.execute(
        "SELECT kind, rid, body, restamped FROM changes WHERE node = ? AND lane = 'hq' AND n = ?", (own, n)
    ).fetchone()
    if row is None:
        return
    kind, rid, body, before = row
    con.execute(
        "UPDATE changes SET restamped = ? WHERE node = ? AND lane = 'hq' AND n = ?", (str(given), own, n)
    )
    con.execute("INSERT OR IGNORE INTO rebuilds (rid, kind) VALUES (?, ?)", (rid, kind))
    written = changelog.read(own, body, before).stamp if body else None
    if written is None or written.node == own:
        return
    rows: list[Any] = con.execute(
        "SELECT seq, node, body, restamped FROM changes WHERE rid = ? AND node LIKE ? AND lane = 'hq' AND body <> ''",
        (rid, f"{node.store}.%"),
    ).fetchall()
    same = [(str(given), seq) for seq, *one in rows if changelog.read(*one).stamp == written]
    con.executemany("UPDATE changes SET restamped = ? WHERE seq = ?", same)


def _set_back(con: Any, node: Node, own: str, last: Stamp) -> None:
    """The clock follows HQ's judgement; what stays in this store and was stamped later than that follows it too."""
    ms = max(clocks.wall_ms(), last.ms) if abs(clocks.wall_ms() - last.ms) < MAX_SKEW_MS else last.ms
    if node.clock_ms <= ms:
        return
    ms += 1  # in a millisecond of its own, whatever the counters were
    count = 0
    rows = con.execute(
        "SELECT seq, body, restamped, rid, kind FROM changes WHERE node = ? AND lane = 'store' AND body <> '' ORDER BY seq",
        (own,),
    ).fetchall()
    for seq, body, restamped, rid, kind in rows:
        stamp = Stamp.parse(restamped) if restamped else Stamp.parse(f"{json.loads(body)['t'][:16]}-{own}")
        if stamp.ms >= ms:
            count += 1
            stamp = replace(stamp, ms=ms + count // 0xFFFF, count=count % 0xFFFF)
            con.execute("UPDATE changes SET restamped = ? WHERE seq = ?", (str(stamp), seq))
            con.execute("INSERT OR IGNORE INTO rebuilds (rid, kind) VALUES (?, ?)", (rid, kind))
    node.clock_ms, node.clock_count = ms + count // 0xFFFF, count % 0xFFFF
