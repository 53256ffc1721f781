"""`parlour audit verify`: is the log of this store whole, and is it what HQ signed? (SEC-02, SEC-10)

Each life of the database numbers and chains its changes on two lanes. A line that was altered, taken out or put in breaks the chain
from there on; a tail that was cut off is shorter than the head that the store, and HQ's daily signature, remember. Whoever writes all of it
anew, the heads too, has no key to sign them by: only HQ has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edge.store import Store, countersigned, now, opened
from edge.store.clock import parse
from edge.store.schema import Node
from edge.sync.nightly import SETTING, UNSIGNED_HEADS
from salon.reconcile import CHAIN_START, Origin, chain_wire
from salon.reconcile.countersigned import fingerprint
from salon.rules.said import Said

_REFUSED = {
    countersigned.OTHER_KEY: Said(
        "总部换了签名公钥，未接受：请向总部核实；属实则重新登记本店",
        "head office signs by another key, which was not taken: ask there, and enrol this store again if it is so",
    ),
    countersigned.FORGED: Said(
        "总部送来的签名不对，未接受", "what came as head office's signature is not its own: not taken"
    ),
}


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
    """HQ's heads, as the night brought them here: are they HQ's, and is the log what it signed?"""
    refused = store.settings.get(countersigned.REFUSED, None)
    if refused:
        why = _REFUSED[refused["why"]]
        yield Fault(
            refused["detail"],
            Said(f"自 {refused['at'][:10]} 起：{why.zh}", f"since {refused['at'][:10]}: {why.en}"),
        )
    by, signed = countersigned.keys(store), countersigned.held(store)
    night = store.settings.get(SETTING, None) or {}
    if night.get("countersigned", 0) > len(signed):
        many = night["countersigned"]
        yield Fault(
            "countersigned",
            Said(
                f"上次对账后有总部签名 {many} 条，现在只有 {len(signed)} 条",
                f"the last night left {many} signed heads here, and there are {len(signed)}",
            ),
        )
    lives = _lives(con)
    for head in signed:
        if not countersigned.is_signed(store.store_id, head, by):
            yield Fault(
                f"{head.epoch} {head.n}", Said("签名不是总部的", "the signature is not head office's")
            )
        elif head.epoch in lives:
            yield from _as_said(store, con, head.epoch, head.n, head.h, head.at[:10])
    for epoch, n, h, day in _unsigned(store):
        if n and epoch in lives:
            yield from _as_said(store, con, epoch, n, h, day)


def _as_said(store: Store, con: Any, epoch: str, n: int, h: str, day: str) -> Iterator[Fault]:
    node = Origin(store.store_id, epoch).node
    held = con.execute(
        "SELECT h FROM changes WHERE node = ? AND lane = 'hq' AND n = ? AND h IS NOT NULL", (node, n)
    ).get
    if held is None or bytes(held).hex() != h:
        yield Fault(f"{node} {n}", Said(f"与总部 {day} 的签名不符", f"not what head office signed on {day}"))


def _unsigned(store: Store) -> list[tuple[str, int, str, str]]:
    return [(epoch, n, h, day) for epoch, n, h, day in store.settings.get(UNSIGNED_HEADS, []) or []]


def _lives(con: Any) -> set[str]:
    """Of this database: of a card before it, head office may have signed what is not here."""
    node = Node.read(con)
    rows = con.execute("SELECT DISTINCT node FROM changes WHERE node LIKE ?", (f"{node.store}.%",)).fetchall()
    ended = con.execute("SELECT epoch FROM epochs").fetchall()
    return {node.epoch, *(epoch for (epoch,) in ended), *(Origin.of_node(name).epoch for (name,) in rows)}


def standing(store: Store) -> Iterator[Said]:
    """How far HQ stands for the log: what no fault is, and a person should know."""
    by, signed = countersigned.keys(store), countersigned.held(store)
    lives = _lives(store.connections.get())
    unsigned = len(_unsigned(store))
    if signed:
        newest = signed[-1]
        days = max(0, (parse(now()) - parse(newest.at)).days)
        yield Said(
            f"总部最近一次签名：{newest.at[:10]}（{days} 天前），到第 {newest.n} 条；共 {len(signed)} 条签名",
            f"head office last signed on {newest.at[:10]} ({days} days ago), up to number {newest.n}; {len(signed)} signed heads",
        )
    elif unsigned:
        yield Said(
            f"总部版本较旧：{unsigned} 条记录没有签名，只能比对",
            f"head office is of an earlier version: its {unsigned} heads are not signed, and were only compared",
        )
    else:
        yield Said(
            "总部还没有签名：夜间对账时会签",
            "head office has signed nothing yet: it does so at the nightly check",
        )
    elsewhere = sum(head.epoch not in lives for head in signed)
    if elsewhere:
        yield Said(
            f"其中 {elsewhere} 条属于以前的存储卡，本机没有那段日志，未比对",
            f"{elsewhere} of them are of an earlier card, whose log is not on this one: not compared",
        )
    if by:
        yield Said(
            f"签名公钥：{fingerprint(by[0])}（应与总部“夜间对账”页上的一致）",
            f"signed by: {fingerprint(by[0])} (the same must stand at head office under Nightly check)",
        )


def verify_command() -> int:
    """Print each fault, and how far HQ stands for the log. Exit status 1 if there is any fault."""
    from parlour.doctor import language

    with opened() as store:
        faults = list(verify(store))
        notes = list(standing(store))
        count = store.connections.get().execute("SELECT count(*) FROM changes WHERE h IS NOT NULL").get
    for fault in faults:
        print(f"{fault.where}: {fault.said.in_(language())}")
    if not faults:
        print(Said(f"日志完整：{count} 条", f"The log is whole: {count} lines").in_(language()))
    for note in notes:
        print(note.in_(language()))
    return 1 if faults else 0
