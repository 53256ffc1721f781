"""Taking in records as HQ has them, not change by change: a new store's snapshot, a member looked up by phone, a repair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edge.store import changelog, erasing
from edge.store.clock import wall_ms
from edge.store.records import RecordTable
from edge.store.remote import Applied, Declined, Table, place, spent, why
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections
from salon.reconcile import (
    BadChange,
    BadStamp,
    Clock,
    Origin,
    Stamp,
    State,
    document,
    join,
    keeps_state,
    orphaned,
)
from salon.reconcile.protocol import RecordState
from salon.records import BadRecord, Member, UnknownKind, record_class


def adopt(
    connections: Connections,
    table: Table,
    states: Sequence[RecordState],
    cursor: str | None,
) -> Applied:
    """Join states with what is here and, if given, move the cursor: all or nothing."""
    result = Applied()
    with connections.transaction() as con:
        node = Node.read(con)
        clock = Clock(Origin(node.store, node.epoch).node, node.clock_ms, node.clock_count)
        for record in states:
            try:
                joined = _take(con, connections, table, record, clock, result)
            except (UnknownKind, BadChange, BadRecord) as error:
                result.refused.append(Declined("hq", f"{record.kind} {record.rid}", *why(error)))
                continue
            result.applied += joined
            result.duplicates += not joined
        node.clock_ms, node.clock_count = clock.ms, clock.count
        if cursor is not None:
            node.cursor = cursor
        node.write(con)
    return result


def _take(
    con: Any, connections: Connections, table: Table, record: RecordState, clock: Clock, result: Applied
) -> bool:
    """Whether the record said anything new."""
    cls = record_class(record.kind)
    into: RecordTable[Any] = table(record.kind)
    latest = max(_stamps(record.state), default=None)
    if "x" not in record.state and erasing.gone(con, record.kind, record.rid, record.state["v"]):
        if erasing.gone(con, record.kind, record.rid, {}):
            owner = record.state["v"].get("member", "")
            with_her = erasing.gone(con, Member.kind, "", {"member": owner})
            result.risen.append((record.kind, record.rid, owner if with_her else ""))
        return False
    if not keeps_state(cls):
        known = into.find(record.rid)
        # A fact is never edited: what is not as HQ has it was damaged here, or is not whole there.
        wanted = cls.parse(document(cls, record.rid, record.state))
        if known == wanted:
            return False
        into.put(wanted.document())
        spent(con, known, wanted, result)
    else:
        mine = changelog.load_state(con, record.rid)
        if mine is None:
            mine = changelog.rebuild(con, cls, record.rid, None, health=True)
        joined = join(cls, mine, record.state)
        if joined == mine and into.has(record.rid) != ("x" in joined):
            return False
        if orphaned(cls, joined):
            raise BadChange("orphan", "its first change is missing")
        place(con, connections, into, record.rid, joined, result)
    if latest is not None:
        clock.receive(latest, wall_ms())
    return True


def _stamps(state: State) -> Iterator[Stamp]:
    """All stamps in a state. Raises BadChange when it is not the shape of one."""
    try:
        texts = [*state["t"].values(), *([state["x"]] if "x" in state else [])]
        dots = [dot for elements in state["s"].values() for signs in elements.values() for dot in signs["+"]]
        shaped = isinstance(state["v"], dict) and state["t"].keys() <= state["v"].keys()
        yield from (Stamp.parse(text) for text in (*texts, *dots))
    except (KeyError, TypeError, AttributeError, BadStamp) as error:
        raise BadChange("malformed", f"state: {error!r}") from error
    if not shaped:
        raise BadChange("malformed", "state: values and stamps do not belong together")
