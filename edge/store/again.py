"""What a store says once more, so that an HQ that was put back from its backup holds again what it lost.

Its own changes go again as they are (`outbox.unsent`, from where HQ stands). What earlier lives of this database wrote is numbered anew
in this one: nobody else can send it. To the merge all of it is the same write. What another store or head office wrote is said again
only where the night finds that HQ does not have it: as this store's own word, which HQ takes of a document that is not another
store's to keep, and of the facts that are its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edge.store import changelog, erasing, leases, putaside
from edge.store.clock import new_rid
from edge.store.overruled import DISCARDED, FOREIGN, ORPHAN
from edge.store.schema import Node
from salon.reconcile import WITHDRAWN, Origin, Stamp, State, empty, join, keeps_state, live_dots
from salon.reconcile.digest import hidden_fields
from salon.reconcile.merge import SET_RULES, later, required, rule_of
from salon.records import Lane, LedgerEntry, Member, Merge, Record, kinds, record_class

if TYPE_CHECKING:
    from edge.store.store import Store

_REFUSALS = 10_000
TOLD = "earlier_lives_told"
"""Setting: the life of this database in which HQ was asked what it holds of the earlier ones."""
Ref = tuple[str, str]
"""(kind, rid)."""


def earlier_lives_wait(store: Store) -> bool:
    """Whether HQ has still to be asked what it holds of earlier lives. A life knows that HQ went back by what was acknowledged to it; a new
    one, of which HQ had acknowledged nothing, could not see that it went back meanwhile.
    """
    con = store.connections.get()
    if con.execute("SELECT 1 FROM epochs LIMIT 1").get is None:
        return False
    node = Node.read(con)
    return node.acked > 0 and store.settings.get(TOLD, "") != node.epoch


def earlier_lives(store: Store, held: Mapping[str, int]) -> int:
    """Number anew what earlier lives wrote beyond what HQ holds of them (epoch -> number): from here on it is this life's, by which it is
    known that HQ went back. Returns how many changes.
    """
    with store.transaction() as con:
        node = Node.read(con)
        mine = Origin(node.store, node.epoch).node
        rows: list[Any] = con.execute(
            "SELECT node, n, body, restamped, boot, boottime FROM changes"  # noqa: S608 - our own words
            " WHERE node LIKE ? AND node <> ? AND lane = 'hq' AND body <> ''"
            f" AND NOT {changelog.OVERRULED} ORDER BY seq",
            (f"{node.store}.%", mine),
        ).fetchall()
        count = 0
        for origin, n, body, given, boot, boottime in rows:
            if n > held.get(Origin.of_node(origin).epoch, 0):
                change = changelog.read(origin, body, given or "")
                changelog.relog(con, node, change, (boot, boottime), given or "")
                count += 1
        node.write(con)
        store.settings.set(TOLD, node.epoch)
    return count


def erasures(store: Store, risen: Sequence[tuple[str, str, str]]) -> int:
    """HQ has records (kind, rid, member erased with it) of which this store knows that they were erased: say so again, once. Of what went
    with a member only her own erasure is said: HQ keeps no tombstone of what was hers. What it still has after that, it has as
    another's: that is said by itself. Returns how many were said.
    """
    count = 0
    with store.transaction() as con:
        acked = Node.read(con).acked
        for its, one, member in sorted(set(risen)):
            heard = 0 < _erasure_said(con, member) <= acked
            kind, rid = (Member.kind, member) if member and not heard else (its, one)
            if _erasure_said(con, rid) <= acked:
                cls, state = record_class(kind), changelog.load_state(con, rid)
                changelog.append(con, cls, rid, {Lane.HQ: {}}, {}, state, erase=True)
                count += 1
    return count


def _erasure_said(con: Any, rid: str) -> int:
    """Which number says that a record is erased, in this life of the store; 0 where none does."""
    node = Node.read(con)
    n: int | None = con.execute(
        "SELECT max(n) FROM changes WHERE node = ? AND lane = 'hq' AND rid = ? AND body LIKE '%\"erase\":true%'",
        (Origin(node.store, node.epoch).node, rid),
    ).get
    return n or 0


def knows_more(store: Store, kind: str, rid: str, held: State) -> bool:
    """Whether this store's state of a record has stamps or dots that HQ has not: it heard, perhaps in a snapshot and not in its log, what HQ
    lost. What is merely other than HQ's was damaged here.
    """
    cls = record_class(kind)
    mine = changelog.load_state(store.connections.get(), rid) if keeps_state(cls) else None
    if mine is None or "x" in mine or "x" in held:
        return False
    hidden = hidden_fields(cls)
    newer = any(stamp > held["t"].get(name, "") for name, stamp in mine["t"].items() if name not in hidden)
    more = any(
        not _dots(mine["s"][name], sign) <= _dots(held["s"].get(name, {}), sign)
        for name in mine["s"].keys() - hidden
        for sign in "+-"
    )
    return newer or more


def with_what_others_said(con: Any, cls: type[Record], rid: str, state: State) -> State:
    """A state made anew, and what this store's own one has under stamps that are not of this store: HQ changes only those of its writer."""
    mine = changelog.load_state(con, rid)
    if mine is None or "x" in mine:
        return state
    own = f"-{Node.read(con).store}."

    def others(elements: Mapping[str, Any]) -> dict[str, Any]:
        kept = {
            element: {sign: [dot for dot in dots if own not in dot] for sign, dots in signs.items()}
            for element, signs in elements.items()
        }
        return {element: signs for element, signs in kept.items() if any(signs.values())}

    stamps = {name: stamp for name, stamp in mine["t"].items() if own not in stamp}
    sets = {name: kept for name, elements in mine["s"].items() if (kept := others(elements))}
    return join(cls, state, {"v": {name: mine["v"][name] for name in stamps}, "t": stamps, "s": sets})


def _dots(elements: Mapping[str, Any], sign: str) -> set[str]:
    return {dot for signs in elements.values() for dot in signs[sign]}


def documents(store: Store, theirs: Mapping[Ref, State], refs: Sequence[Ref]) -> int:
    """Of these records, which differ: say what HQ does not have of their values; where the values are the same, take the stamps and
    dots as HQ has them now. Not of those of which HQ has refused a change, that is a person's to decide. Returns how many were said.
    """
    count = 0
    waiting = {aside.rid for aside in _undecided(store)}
    for kind, rid in refs:
        cls = record_class(kind)
        with store.transaction() as con:
            mine = changelog.load_state(con, rid) if keeps_state(cls) and rid not in waiting else None
            held = theirs.get((kind, rid), empty())
            if mine is not None and "x" in mine and "x" in held:
                _take(con, kind, rid, held)  # erased on both sides, by two changes
            if mine is None or "x" in mine or "x" in held or not store.table(kind).has(rid):
                continue
            hidden = hidden_fields(cls)
            shown = mine["v"].keys() - hidden
            unsaid = [
                name
                for name in shown
                if mine["v"][name] != held["v"].get(name) or _said_later(con, cls, name, mine, held)
            ]
            if unsaid:
                fields = {name: _said(cls, name, mine, held) for name in sorted(unsaid)}
                base = {name: held["t"][name] for name in fields if name in held["t"]}
                times, new = _first_times(con, cls, fields, mine, held)
                for first, part in times:
                    mine = changelog.say_again(con, cls, rid, part, first, base, mine)
                if new:
                    changelog.append(con, cls, rid, {Lane.HQ: new}, base, mine)
                count += 1
            elif (kind, rid) in theirs:
                _take_stamps(con, kind, rid, mine, held, hidden)
    return count


def _undecided(store: Store) -> list[putaside.Aside]:
    """What this store said and HQ did not take in: HQ has not decided, whatever a technician did here. Then it is not said anew each night."""
    return [
        aside
        for one in store.refusals(_REFUSALS)
        if one.code != ORPHAN  # there is nothing for a person to decide, it has to be said again
        and one.state in {"", putaside.PUT_AWAY}
        and (aside := putaside.read(store, one, decided=True)) is not None
        and aside.own
    ]


def _said_later(con: Any, cls: type[Record], name: str, mine: State, held: State) -> bool:
    """Whether somebody said the same once more, and HQ lost that: against a third word it is its time that counts. A word of this life of the
    store is not lost: HQ knows it under another time.
    """
    ours, theirs = mine["t"].get(name, ""), held["t"].get(name, "")
    if not ours or not theirs or Stamp.parse(ours).time == Stamp.parse(theirs).time:
        return False
    node = Node.read(con)
    if ours.endswith(f"-{node.store}.{node.epoch}"):
        return False
    value = mine["v"][name]
    return later(rule_of(cls, name), (ours, value), (theirs, value))


def _first_times(
    con: Any, cls: type[Record], fields: Mapping[str, Any], mine: State, held: State
) -> tuple[list[tuple[Stamp, dict[str, Any]]], dict[str, Any]]:
    """Which of these fields were written when, where HQ can have them under that time: another store may say tonight what was written after
    them. A store signs no other's stamps, so the time stands under its own name, in a life that is not this one. Then those that can be
    said as new only.
    """
    node = Node.read(con)
    times: dict[Stamp, dict[str, Any]] = {}
    new: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in mine["t"]:
            new[name] = value
            continue
        said = Stamp.parse(mine["t"][name])
        first = replace(said, node=Origin(node.store, Origin.of_node(said.node).epoch).node)
        there = (held["t"].get(name, ""), held["v"].get(name))
        wins = name not in held["t"] or later(rule_of(cls, name), (str(first), mine["v"][name]), there)
        if wins and first.node != Origin(node.store, node.epoch).node:
            times.setdefault(first, {})[name] = value
        else:
            new[name] = value
    out = sorted(times.items(), key=lambda one: one[0])
    if out and not held["v"]:
        # HQ takes a record's first change only with all that it cannot be without; what of that is younger is said once more after it.
        out[0][1].update({name: fields[name] for name in required(cls) if name in fields})
    return out, new


def witnessed(store: Store, theirs: Collection[Ref], refs: Sequence[Ref]) -> int:
    """Another store's facts that HQ does not have: its card and HQ's disk were both put back to before them, and this store's copy is the
    last. HQ takes no store's word for another's money: it puts aside what is said here, for a person to decide. Once each, until HQ has
    taken it in: what it lacks after that, it lost once more. Returns how many were said.
    """
    asked = {aside.rid for aside in _said_as_witness(store)}
    return _say(store, [ref for ref in refs if ref not in theirs and ref[1] not in asked], own=False)


def discarded(store: Store, theirs: Collection[Ref], refs: Sequence[Ref]) -> int:
    """Facts that HQ did not take in, and against which a person at HQ decided: another store's, of which this store's copy was the last, and
    this store's own that HQ refused for its content. Then they are nowhere, or the two sides would differ for ever. What the copy said
    stays in the log, and on the technician's page with who decided. Returns how many went.
    """
    lacking = {ref for ref in refs if ref not in theirs}
    count = 0
    for aside in [*_said_as_witness(store), *_own_facts_aside(store)]:
        if aside.refusal.by != putaside.HEAD_OFFICE or (aside.kind, aside.rid) not in lacking:
            continue
        with store.acting(putaside.HEAD_OFFICE), store.transaction() as con:
            if _waits(con, aside.rid):
                continue
            held = store.table(aside.kind).find(aside.rid)
            if held is not None:
                store.table(aside.kind).forget(aside.rid)
                if isinstance(held, LedgerEntry):
                    leases.judged(con, held, None)
                changelog.unread(con, aside.rid)
                con.execute("DELETE FROM states WHERE rid = ?", (aside.rid,))
                changelog.note(con, DISCARDED, new_rid(), {"kind": aside.kind, "rid": aside.rid})
                count += 1
            store.settle_refusal(aside.refusal.number, putaside.TAKEN_OUT, putaside.HEAD_OFFICE)
    return count


def _own_facts_aside(store: Store) -> list[putaside.Aside]:
    """Facts that this store wrote, and of which HQ did not take the last that was said: put away, and nothing more to decide. What only adds
    to a fact that HQ had is not the fact.
    """
    asides = (putaside.read(store, one, decided=True) for one in store.refusals(_REFUSALS))
    own = [aside for aside in asides if aside is not None and aside.own and aside.refusal.code != FOREIGN]
    return [
        aside
        for aside in own
        if aside.refusal.state == putaside.PUT_AWAY
        and aside.kind in kinds()
        and not keeps_state(record_class(aside.kind))
        and (aside.origin.epoch, aside.op.get("n")) == _last_said(store, aside.kind, aside.rid)
    ]


def _last_said(store: Store, kind: str, rid: str) -> tuple[str, int] | None:
    """(epoch, number) of the last change by which this store said the whole of a fact."""
    names = set(required(record_class(kind)))
    rows: list[Any] = store.connections.get().execute(
        "SELECT node, n, body FROM changes WHERE rid = ? AND lane = 'hq' AND body <> '' AND node LIKE ? ORDER BY seq DESC",
        (rid, f"{store.store_id}.%"),
    ).fetchall()  # fmt: skip
    for node, n, body in rows:
        if names <= json.loads(body).get("f", {}).keys():
            return Origin.of_node(node).epoch, n
    return None


def _said_as_witness(store: Store) -> list[putaside.Aside]:
    """What this store said of others' facts, and HQ did not take in: still open, or decided against."""
    return [aside for aside in _undecided(store) if aside.refusal.code == FOREIGN]


def facts(store: Store, theirs: Collection[Ref], refs: Sequence[Ref]) -> int:
    """Facts of this store itself that HQ does not have, though it acknowledged them to a life of which it knows no more, or wrote them in
    this store's stead. Not those of which HQ has refused a change, and not taken it in since. Returns how many were said.
    """
    taken_in = ("again", putaside.MENDED)
    every = (one for one in store.refusals(_REFUSALS) if one.state not in taken_in)
    asides = (putaside.read(store, one, decided=True) for one in every)
    refused = {aside.rid for aside in asides if aside is not None and aside.own}
    return _say(store, [ref for ref in refs if ref not in theirs and ref[1] not in refused], own=True)


def _say(store: Store, refs: Sequence[Ref], *, own: bool) -> int:
    """Say those facts again that are this store's own, or another store's; not one that waits to be said anyway. Returns how many."""
    count = 0
    for kind, rid in refs:
        cls = record_class(kind)
        if keeps_state(cls):
            continue
        with store.transaction() as con:
            held = store.table(kind).find(rid)
            whose = getattr(held, "store", "")
            if held is None or not whose or (whose == store.store_id) != own or _waits(con, rid):
                continue
            changelog.append(con, cls, rid, {Lane.HQ: _fact(cls, held)}, {}, None)
            count += 1
    return count


def _fact(cls: type[Record], held: Record) -> dict[str, Any]:
    """All that a fact says, as its change names it."""
    defaults, hidden = cls.defaults(), hidden_fields(cls)
    return {
        name: value
        for name, value in held.document().items()
        if name != "rid" and name not in hidden and (name not in defaults or defaults[name] != value)
    }


def _waits(con: Any, rid: str) -> bool:
    """Whether this store has something to say of a record that HQ has not heard yet."""
    return con.execute("SELECT 1 FROM outbox WHERE rid = ?", (rid,)).get is not None


def withdrawn(store: Store, theirs: Collection[Ref], refs: Sequence[Ref]) -> int:
    """Entries by which head office corrected a debit in the life that it lost: put back, it judged the debit anew, and its word on its own
    entries goes. Returns how many went.
    """
    count = 0
    for kind, rid in refs:
        if kind != LedgerEntry.kind or (kind, rid) in theirs:
            continue
        with store.transaction() as con:
            entry = store.ledger.find(rid)
            if entry is None or entry.reason != "correction" or not entry.corrects or not rid.endswith(".hq"):
                continue
            store.ledger.forget(rid)
            con.execute(
                "UPDATE OR REPLACE changes SET lane = 'fork' WHERE rid = ? AND lane = 'hq' AND node LIKE 'hq.%'",
                (rid,),
            )
            count += 1
    return count


def tombstones(store: Store, theirs: Collection[Ref], refs: Sequence[Ref]) -> int:
    """Tombstones of which HQ has nothing: their member was erased, and HQ keeps none of what was hers. They go here, too; the list of what
    was erased keeps the records from coming back. A member's own stays. Returns how many went.
    """
    count = 0
    for kind, rid in refs:
        if kind == Member.kind or (kind, rid) in theirs:
            continue
        with store.transaction() as con:
            if "x" in (changelog.load_state(con, rid) or {}) and erasing.gone(con, kind, rid, {}):
                con.execute("DELETE FROM states WHERE rid = ?", (rid,))
                count += 1
    return count


def _said(cls: type[Record], name: str, mine: State, held: State) -> Any:
    """A field as a change says it that makes HQ's value ours."""
    rule, value = rule_of(cls, name), mine["v"][name]
    if rule not in SET_RULES:
        return value
    dots = held["s"].get(name, {})
    if rule is Merge.CONSENT:
        return {"grant": live_dots(dots, WITHDRAWN)} if value else {"withdraw": True}
    there = held["v"].get(name, [])
    out: dict[str, Any] = {}
    if more := sorted(set(value) - set(there)):
        out["add"] = more
    if less := sorted(set(there) - set(value)):
        out["rm"] = {element: live_dots(dots, element) for element in less}
    return out


def _take_stamps(con: Any, kind: str, rid: str, mine: State, held: State, hidden: frozenset[str]) -> None:
    """Another store's change may have come here under the stamp that HQ gave it in the life that it lost."""
    _take(con, kind, rid, {
        part: {name: one for name, one in held[part].items() if name not in hidden}
        | {name: one for name, one in mine[part].items() if name in hidden}
        for part in "vts"
    })  # fmt: skip


def _take(con: Any, kind: str, rid: str, state: State) -> None:
    """The log's rows of others are of HQ's lost life, too."""
    changelog.save_state(con, kind, rid, state)
    changelog.unread(con, rid)
