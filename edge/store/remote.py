"""Taking in what other stores and HQ wrote: merged by the function HQ uses, in one transaction with the inbox's cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinydb.queries import where

from edge.store import changelog, erasing, leases, putaside
from edge.store.clock import now, wall_ms
from edge.store.records import RecordTable
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.reconcile import (
    BadChange,
    Change,
    Clock,
    Loser,
    Origin,
    State,
    check,
    document,
    keeps_state,
    merge,
    orphaned,
)
from salon.records import BadRecord, Lane, LedgerEntry, Record, UnknownKind, record_class

HQ = "hq"
Table = Callable[[str], RecordTable[Any]]


@dataclass(frozen=True)
class Declined:
    """One thing from HQ that could not be taken in."""

    source: str
    """The store it came from, or `hq`."""
    what: str
    code: str
    detail: str
    raw: str = ""
    """The change itself, if it was one, to be tried again (edge/store/putaside.py)."""


@dataclass
class Applied:
    """What became of a batch from HQ."""

    applied: int = 0
    duplicates: int = 0
    losers: int = 0
    refused: list[Declined] = field(default_factory=list)
    """What could not be taken in, with a code and what is wrong. It never stops the rest."""
    erased: dict[str, int] = field(default_factory=dict)
    """Members erased -> how many records of theirs went."""
    consents: set[str] = field(default_factory=set)
    """Members whose consents changed."""
    bookings: set[str] = field(default_factory=set)
    """Appointments that changed."""
    risen: list[tuple[str, str, str]] = field(default_factory=list)
    """(kind, rid, member erased with it or nothing) of what was erased here and stands at HQ again."""
    leases: set[str] = field(default_factory=set)
    """Open leases under which entries were posted that are new here: HQ's may be less than this store's."""


def apply(connections: Connections, table: Table, changes: Sequence[Change], cursor: str) -> Applied:
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
            if not change.erase and erasing.gone(con, change.kind, change.rid, change.fields):
                erasing.record(con, connections, change.rid)
                changelog.insert(con, change, Lane.HQ, None, emptied=True)
                result.duplicates += 1
                continue
            try:
                losers = _take(con, connections, table, change, result)
            except (UnknownKind, BadChange, BadRecord) as error:
                what = f"{change.kind} {change.rid}"
                raw = putaside.envelope(change.origin.node, change.wire())
                result.refused.append(Declined(change.origin.store, what, *why(error), raw))
                continue
            changelog.insert(con, change, Lane.HQ, None)
            _keep(connections, change, losers)
            result.applied += 1
            result.losers += len(losers)
        node.clock_ms, node.clock_count, node.cursor = clock.ms, clock.count, cursor or node.cursor
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


def _take(con: Any, connections: Connections, table: Table, change: Change, result: Applied) -> list[Loser]:
    cls = record_class(change.kind)
    check(cls, change)
    into = table(change.kind)
    if not keeps_state(cls):
        # HQ's word on its own entry goes: put back from a backup it may have judged a debit anew.
        if not into.has(change.rid) or change.origin.store == HQ:
            fact = cls.parse(document(cls, change.rid, merge(cls, None, change).state))
            before = into.find(change.rid)
            into.put(fact.document())
            spent(con, before, fact, result)
        return []
    state = changelog.load_state(con, change.rid)
    if state is None:  # what came before its first change was kept in the log, and is taken in with it
        state = changelog.rebuild(con, cls, change.rid, None, health=True)
    merged = merge(cls, state, change)
    if orphaned(cls, merged.state):
        return []
    if merged.changed or state is None:
        place(con, connections, into, change.rid, merged.state, result)
    return merged.losers


def spent(con: Any, before: Record | None, fact: Record, result: Applied) -> None:
    """A debit that this store did not write so in this life, under a lease that it holds: a life that is lost spent of it, and HQ has it from
    a witness; or HQ wrote another amount, where it did not take in this store's.
    """
    if isinstance(fact, LedgerEntry) and fact.lease:
        if isinstance(before, LedgerEntry):
            leases.judged(con, before, fact)
        held = con.execute("SELECT 1 FROM leases WHERE lease = ? AND state = 'open'", (fact.lease,)).get
        if held is not None:
            result.leases.add(fact.lease)


def place(
    con: Any, connections: Connections, into: RecordTable[Any], rid: str, state: State, result: Applied
) -> None:
    """Make a record, and what its next merge needs, what a state says."""
    cls: type[Record] = into.record_class
    if "x" in state:
        if cls.kind == "member":
            into.forget(rid)
            result.erased[rid] = len(erasing.member(con, connections, rid))
        else:
            into.forget(rid)
            erasing.record(con, connections, rid)
    elif erasing.gone(con, cls.kind, rid, state["v"]):
        into.forget(rid)
        erasing.record(con, connections, rid)
        con.execute("DELETE FROM states WHERE rid = ?", (rid,))
        return
    else:
        wanted = cls.parse(document(cls, rid, state)).document()
        into.put(wanted)
        if cls.kind == "consent":
            result.consents.add(wanted["member"])
        elif cls.kind == "appointment":
            result.bookings.add(rid)
    if keeps_state(cls):
        changelog.save_state(con, cls.kind, rid, state)


def _keep(connections: Connections, change: Change, losers: list[Loser]) -> None:
    """A value that gave way without its writer knowing is kept for a person to look at."""
    table = SqliteTable(connections, "conflicts")
    for loser in losers:
        same = (
            (where("rid") == change.rid) & (where("field") == loser.field) & (where("stamp") == loser.stamp)
        )
        if not table.contains(same):
            table.insert({
                "at": now(), "kind": change.kind, "rid": change.rid, "field": loser.field, "value": loser.value,
                "stamp": loser.stamp, "winner": loser.winner,
            })  # fmt: skip
