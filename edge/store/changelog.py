"""The change log: every write of this store with its stamp, its writer and its place in the hash chain.

Called inside the transaction that writes the document, so that there is no document without its change and no change without
its document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from edge.store import clock as clocks
from edge.store.clock import now, wall_ms
from edge.store.schema import Node
from salon.reconcile import (
    Change,
    Clock,
    Origin,
    Stamp,
    State,
    canonical,
    chain_text,
    keeps_state,
    merge,
    without_health,
)
from salon.records import Lane, Record

OVERRULED = "EXISTS (SELECT 1 FROM overruled WHERE overruled.node = changes.node AND overruled.n = changes.n)"
"""Of a row of the log on lane `hq`: head office will not have it, and it is passed over (edge/store/overruled.py)."""

_actor: ContextVar[str] = ContextVar("parlour_actor", default="system")


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Whose writes these are: an employee's rid, `kiosk`, `device:<id>`, `system`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def load_state(con: Any, rid: str) -> State | None:
    body: str | None = con.execute("SELECT body FROM states WHERE rid = ?", (rid,)).get
    return None if body is None else unpack(body)


def save_state(con: Any, kind: str, rid: str, state: State) -> None:
    con.execute(
        "INSERT INTO states (rid, kind, body) VALUES (?, ?, ?) ON CONFLICT (rid) DO UPDATE SET body = excluded.body",
        (rid, kind, pack(state)),
    )


def pack(state: State) -> str:
    """A state as it is kept: the stamp that most fields bear stands once (`m`), beside those of the others. It is half as long, and
    a new member's stays in one page of the database.
    """
    stamps = state["t"]
    if len(stamps) > 1 and stamps.keys() == state["v"].keys() - state["s"].keys():
        most, count = Counter(stamps.values()).most_common(1)[0]
        rest = {} if count == len(stamps) else {name: one for name, one in stamps.items() if one != most}
        return canonical({**state, "t": rest, "m": most}).decode()
    return canonical(state).decode()


def unpack(body: str) -> State:
    """What `pack` was given; also what earlier versions kept, which is the state itself."""
    state: State = json.loads(body)
    most = state.pop("m", None)
    if most is not None:
        rest, dotted = state["t"], state["s"]
        state["t"] = {name: rest.get(name, most) for name in state["v"] if name not in dotted}
    return state


def append(
    con: Any,
    cls: type[Record],
    rid: str,
    lanes: dict[Lane, dict[str, Any]],
    base: dict[str, str],
    state: State | None,
    *,
    erase: bool = False,
) -> None:
    """Log one write, a change a lane that it touches, and merge it into the record's state, which the caller has read."""
    node = Node.read(con)
    origin = Origin(node.store, node.epoch)
    stamp = _stamp(node, origin)
    for lane, fields in lanes.items():
        if not fields and not (erase and lane is Lane.HQ):
            continue
        change = _log(con, node, lane, origin, cls.kind, rid, fields, stamp, base, erase=erase)
        if keeps_state(cls):
            state = merge(cls, state, change).state
    if state is not None:
        save_state(con, cls.kind, rid, state)
    node.write(con)


def say_again(
    con: Any,
    cls: type[Record],
    rid: str,
    fields: dict[str, Any],
    first: Stamp,
    base: dict[str, str],
    state: State,
) -> State:
    """Log what another wrote, under the time at which it was written first: head office lost it, and had judged that time. Said as new it
    would win over what was written after it.
    """
    node = Node.read(con)
    origin = Origin(node.store, node.epoch)
    seen = {name: base[name] for name in fields if name in base}
    change = Change(origin, node.hq_n + 1, cls.kind, rid, fields, first, seen, _actor.get())
    text = canonical(change.wire())
    node.hq_n, node.hq_h = change.n, chain_text(node.hq_h, text)
    insert(con, change, Lane.HQ, node.hq_h, ("", 0), text=text, given=str(first))
    state = merge(cls, state, change).state
    state = {**state, "t": state["t"] | dict.fromkeys(fields, str(first))}  # as HQ has them now
    save_state(con, cls.kind, rid, state)
    node.write(con)
    return state


def note(con: Any, kind: str, rid: str, about: dict[str, Any]) -> None:
    """Log that something which is no record was written: what stays in this store, by its digest (edge/store/telemetry.py)."""
    node = Node.read(con)
    origin = Origin(node.store, node.epoch)
    stamp = _stamp(node, origin)
    _log(con, node, Lane.STORE, origin, kind, rid, about, stamp, {}, erase=False)
    node.write(con)


def relog(con: Any, node: Node, change: Change, written: tuple[str, int], given: str) -> None:
    """Number a change of an earlier life of this database anew. Its stamp, and when it was `written`, stay: to the merge it is
    the same write. So does a stamp that HQ has `given` or knows already: it is not judged once more by this machine's clock.
    """
    origin = Origin(node.store, node.epoch)
    again = replace(change, origin=origin, n=node.hq_n + 1)
    text = canonical(again.wire())
    node.hq_n, node.hq_h = again.n, chain_text(node.hq_h, text)
    insert(con, again, Lane.HQ, node.hq_h, written, text=text, given=given)


def _stamp(node: Node, origin: Origin) -> Stamp:
    clock = Clock(origin.node, node.clock_ms, node.clock_count)
    stamp = clock.send(wall_ms())
    node.clock_ms, node.clock_count = clock.ms, clock.count
    return stamp


def insert(
    con: Any,
    change: Change,
    lane: Lane,
    h: bytes | None,
    written: tuple[str, int] | None = None,
    *,
    emptied: bool = False,
    text: bytes | None = None,
    given: str = "",
) -> None:
    """One row of the log. Foreign changes have no `h`: their chain is their origin's. `written`: (start of the machine, ms since).
    `emptied`: the number is noted, not what it says, as that is of somebody erased. `text`: its canonical form, if it is at hand.
    `given`: a stamp that HQ has judged before.
    """
    now_here = ("", 0) if h is None else (clocks.source.boot_id(), clocks.source.boottime_ms())
    boot, boottime = written or now_here
    con.execute(
        "INSERT INTO changes (node, lane, n, at, kind, rid, actor, body, h, boot, boottime, restamped)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            change.origin.node, lane.value, change.n, now(), change.kind, change.rid, change.actor,
            "" if emptied else (text or canonical(change.wire())).decode(), h, boot, boottime, given,
        ),
    )  # fmt: skip


def read(node: str, body: str, restamped: str = "") -> Change:
    """A row of the log as a change, under the stamp that HQ gave it if it gave one."""
    change = Change.of_log(Origin.of_node(node), json.loads(body))
    return replace(change, stamp=Stamp.parse(restamped)) if restamped else change


def of_record(con: Any, rid: str) -> list[Change]:
    """All that the log says of a record, own and foreign, and that counts. What was erased or written over by a restore is not there any more;
    what head office will not have is passed over.
    """
    rows = con.execute(
        "SELECT node, body, restamped FROM changes WHERE rid = ?1 AND lane <> 'fork' AND body <> ''"  # noqa: S608 - our own words
        f" AND NOT (lane = 'hq' AND {OVERRULED}) ORDER BY seq",
        (rid,),
    ).fetchall()
    return [read(*row) for row in rows]


def unread(con: Any, rid: str) -> None:
    """What others' rows of the log say of a record is not read any more, and comes again if it is delivered again."""
    con.execute(
        "UPDATE OR REPLACE changes SET lane = 'fork' WHERE rid = ? AND lane = 'hq' AND node NOT LIKE ?",
        (rid, f"{Node.read(con).store}.%"),
    )


def rebuild(con: Any, cls: type[Record], rid: str, known: State | None, *, health: bool) -> State | None:
    """The state of a record from what HQ has of it and all that the log says."""
    state = known
    for change in of_record(con, rid):
        state = merge(cls, state, change).state
    return state if health or state is None else without_health(cls, state)


def _log(
    con: Any,
    node: Node,
    lane: Lane,
    origin: Origin,
    kind: str,
    rid: str,
    fields: dict[str, Any],
    stamp: Stamp,
    base: dict[str, str],
    *,
    erase: bool,
) -> Change:
    """Number a change, chain it and write its row."""
    n = (node.hq_n if lane is Lane.HQ else node.store_n) + 1
    seen = {name: base[name] for name in fields if name in base}
    change = Change(origin, n, kind, rid, fields, stamp, seen, _actor.get(), erase=erase)
    text = canonical(change.wire())
    h = chain_text(node.hq_h if lane is Lane.HQ else node.store_h, text)
    if lane is Lane.HQ:
        node.hq_n, node.hq_h = n, h
    else:
        node.store_n, node.store_h = n, h
    insert(con, change, lane, h, text=text)
    return change
