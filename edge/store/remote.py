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
from salon.reconcile import BadChange, Change, Clock, Loser, Origin, document, merge
from salon.records import BadRecord, Lane, UnknownKind, record_class


@dataclass
class Applied:
    """What became of a batch from HQ."""

    applied: int = 0
    duplicates: int = 0
    losers: int = 0
    refused: list[tuple[Change, str, str]] = field(default_factory=list)
    """Changes that could not be taken in, with a code and what is wrong. They never stop the rest."""


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
            except UnknownKind:
                result.refused.append((change, "unknown_kind", change.kind))
                continue
            except BadChange as error:
                result.refused.append((change, error.reason, error.detail))
                continue
            except BadRecord as error:
                result.refused.append((change, "bad_record", str(error)))
                continue
            changelog.insert(con, change, Lane.HQ, None)
            _keep(connections, change, losers)
            result.applied += 1
            result.losers += len(losers)
        node.clock_ms, node.clock_count, node.cursor = clock.ms, clock.count, cursor
        node.write(con)
    return result


def _known(con: Any, change: Change) -> bool:
    found = con.execute(
        "SELECT 1 FROM changes WHERE node = ? AND lane = 'hq' AND n = ?", (change.origin.node, change.n)
    )
    return next(iter(found), None) is not None


def _take(con: Any, table: Callable[[str], RecordTable[Any]], change: Change) -> list[Loser]:
    cls = record_class(change.kind)
    into = table(change.kind)
    if cls.fact and not changelog.keeps_state(cls) and into.has(change.rid):
        return []
    merged = merge(cls, changelog.load_state(con, change.rid), change)
    if not merged.changed:
        return merged.losers
    if merged.erased:
        into.forget(change.rid)
    else:
        into.put(cls.parse(document(cls, change.rid, merged.state)).document())
    if changelog.keeps_state(cls):
        changelog.save_state(con, cls.kind, change.rid, merged.state)
    return merged.losers


def _keep(connections: Connections, change: Change, losers: list[Loser]) -> None:
    """A value that gave way without its writer knowing is kept for a person to look at."""
    for loser in losers:
        SqliteTable(connections, "conflicts").insert({
            "at": now(), "kind": change.kind, "rid": change.rid, "field": loser.field, "value": loser.value,
            "stamp": loser.stamp, "winner": loser.winner,
        })  # fmt: skip
