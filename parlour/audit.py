"""`parlour audit verify`: is the log of this store whole, and is it what HQ signed? (SEC-02, SEC-10)

Each life of the database numbers and chains its changes on two lanes. A line that was altered, taken out or put in breaks the chain
from there on; a tail that was cut off is shorter than the head that the store, and HQ's daily signature, remember.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edge.store import Store, opened
from edge.store.schema import Node
from salon.reconcile import CHAIN_START, Origin, chain_wire
from salon.rules.said import Said


@dataclass(frozen=True)
class Fault:
    """One place where the log is not what was written."""

    where: str
    said: Said


def verify(store: Store) -> Iterator[Fault]:
    """All faults; none when the log is whole."""
    con = store.connections.get()
    node = Node.read(con)
    lives: list[Any] = con.execute("SELECT epoch, hq_n, hq_h, store_n, store_h, fork FROM epochs").fetchall()
    for epoch, hq_n, hq_h, store_n, store_h, fork in lives:
        yield from _chain(con, node.store, epoch, ("hq", "fork"), hq_n, hq_h, fork)
        yield from _chain(con, node.store, epoch, ("store",), store_n, store_h, store_n)
    yield from _chain(con, node.store, node.epoch, ("hq",), node.hq_n, node.hq_h, node.hq_n)
    yield from _chain(con, node.store, node.epoch, ("store",), node.store_n, node.store_h, node.store_n)
    yield from _signed(store, con)


def _chain(
    con: Any, store: str, epoch: str, lanes: tuple[str, ...], last: int, head: bytes, fork: int
) -> Iterator[Fault]:
    """One lane of one life. Beyond the fork of a life that was given up its own rows stand in lane `fork`."""
    name = Origin(store, epoch).node
    h, expected = CHAIN_START, 1
    marks = ", ".join("?" * len(lanes))
    rows = con.execute(
        f"SELECT lane, n, rid, body, h FROM changes WHERE node = ? AND lane IN ({marks}) AND h IS NOT NULL ORDER BY n",  # noqa: S608
        (name, *lanes),
    )
    erased = {one for (one,) in con.execute("SELECT rid FROM erased").fetchall()}
    for lane, n, rid, body, link in rows:
        where = f"{name} {lane} {n}"
        if n != expected or (lane == "fork") != (n > fork and "fork" in lanes):
            yield Fault(where, Said(f"缺少第 {expected} 条", f"number {expected} is missing"))
            return
        # What was erased has lost its content, not its link: the chain goes on from the hash that stands there.
        if not body and rid not in erased:
            yield Fault(
                where,
                Said("内容被清空，而该记录并未删除", "its content was taken out, and nothing was erased"),
            )
            return
        if body and chain_wire(h, json.loads(body)) != link:
            yield Fault(where, Said("内容被改动", "its content was altered"))
            return
        h, expected = link, n + 1
    if expected != last + 1 or h != head:
        yield Fault(
            f"{name} {lanes[0]}",
            Said(f"末尾缺失：应到第 {last} 条", f"the end is missing: {last} were written"),
        )


def _signed(store: Store, con: Any) -> Iterator[Fault]:
    """HQ's signed heads, as the night brought them here."""
    for epoch, n, h, day in store.settings.get("signed_heads", []) or []:
        if n == 0:
            continue
        node = Origin(store.store_id, epoch).node
        held = con.execute(
            "SELECT h FROM changes WHERE node = ? AND lane = 'hq' AND n = ? AND h IS NOT NULL", (node, n)
        ).get
        if held is None or bytes(held).hex() != h:
            yield Fault(
                f"{node} {n}", Said(f"与总部 {day} 的签名不符", f"not what head office signed on {day}")
            )


def verify_command() -> int:
    """Print each fault. Exit status 1 if there is any."""
    from parlour.doctor import language

    with opened() as store:
        faults = list(verify(store))
        count = store.connections.get().execute("SELECT count(*) FROM changes WHERE h IS NOT NULL").get
    for fault in faults:
        print(f"{fault.where}: {fault.said.in_(language())}")
    if not faults:
        print(Said(f"日志完整：{count} 条", f"The log is whole: {count} lines").in_(language()))
    return 1 if faults else 0
