"""Taking in what other stores and HQ wrote: merged by the function HQ uses, in one transaction with the inbox's cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.store import changelog
from edge.store.clock import now, wall_ms
from edge.store.records import RecordTable
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.reconcile import BadChange, Change, Clock, Loser, Origin, State, document, merge
from salon.records import BadRecord, Lane, UnknownKind, record_class


@dataclass(frozen=True)
class Declined:
    """One thing from HQ that could not be taken in."""

    source: str
    """The store it came from, or `hq`."""
    what: str
    code: str
    detail: str


@dataclass
class Applied:
    """What became of a batch from HQ."""

    applied: int = 0
    duplicates: int = 0
    losers: int = 0
    refused: list[Declined] = field(default_factory=list)
    """What could not be taken in, with a code and what is wrong. It never stops the rest."""


def apply(
    connections: Connections,
    table: Callable[[str], RecordTable[Any]],
    changes: Sequence[Change],
    cursor: str,
) -> Applied:
    """Merge changes and move the cursor, both or neither."""
    result = Applied()
    with connections.transaction() as con:
        node = Node.read(con)
        own = Origin(node.store, node.epoch).node
        clock = Clock(own, node.clock_ms, node.clock_count)
        for change in changes:
            if change.origin.node == own or _known(con, change):
                result.duplicates += 1
                continue
            clock.receive(change.stamp, wall_ms())
            try:
                losers = _take(con, table, change)
            except (UnknownKind, BadChange, BadRecord) as error:
                what = f"{change.kind} {change.rid}"
                result.refused.append(Declined(change.origin.store, what, *why(error)))
                continue
            changelog.insert(con, change, Lane.HQ, None)
            _keep(connections, change, losers)
            result.applied += 1
            result.losers += len(losers)
        node.clock_ms, node.clock_count, node.cursor = clock.ms, clock.count, cursor
        node.write(con)
    return result


def why(error: UnknownKind | BadChange | BadRecord) -> tuple[str, str]:
    """Code and detail of what is wrong with a thing from HQ."""
    if isinstance(error, BadChange):
        return error.reason, error.detail
    return ("bad_record" if isinstance(error, BadRecord) else "unknown_kind"), str(error)


def _known(con: Any, change: Change) -> bool:
    found = con.execute(
        "SELECT 1 FROM changes WHERE node = ? AND lane = 'hq' AND n = ?", (change.origin.node, change.n)
    )
    return found.get is not None


def _take(con: Any, table: Callable[[str], RecordTable[Any]], change: Change) -> list[Loser]:
    cls = record_class(change.kind)
    into = table(change.kind)
    if cls.fact and not changelog.keeps_state(cls) and into.has(change.rid):
        return []
    merged = merge(cls, changelog.load_state(con, change.rid), change)
    if merged.changed:
        place(con, into, change.rid, merged.state)
    return merged.losers


def place(con: Any, into: RecordTable[Any], rid: str, state: State) -> None:
    """Make a record, and what its next merge needs, what a state says."""
    cls = into.record_class
    if "x" in state:
        into.forget(rid)
    else:
        into.put(cls.parse(document(cls, rid, state)).document())
    if changelog.keeps_state(cls):
        changelog.save_state(con, cls.kind, rid, state)


def _keep(connections: Connections, change: Change, losers: list[Loser]) -> None:
    """A value that gave way without its writer knowing is kept for a person to look at."""
    for loser in losers:
        SqliteTable(connections, "conflicts").insert({
            "at": now(), "kind": change.kind, "rid": change.rid, "field": loser.field, "value": loser.value,
            "stamp": loser.stamp, "winner": loser.winner,
        })  # fmt: skip
