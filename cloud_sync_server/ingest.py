"""Taking in a push: numbering, hash chain, merging, distribution and acknowledgement in one transaction.

What HQ acknowledges is on its disk. A change that can never be taken in is put aside (quarantine) and acknowledged all the same,
so that it holds up nothing; a batch that does not follow on what HQ holds changes nothing.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_sync_server import distribution
from cloud_sync_server.base import Base, Taken
from cloud_sync_server.clock import now, now_ms
from cloud_sync_server.errors import BrokenChain, Forked, Gap
from cloud_sync_server.schema import changes, origins, quarantine, stores
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import ASIDE, Vault, row_name
from salon.reconcile import (
    CHAIN_START,
    MAX_CHANGE_BYTES,
    BadChange,
    Change,
    Origin,
    chain_wire,
    check,
)
from salon.reconcile.protocol import MAX_AHEAD_MS, Push, PushAnswer, PushResult
from salon.records import UnknownKind, record_class

CLOCK_AHEAD = "clock_ahead"
"""Put aside until HQ's clock has reached the stamp; taken in by itself then."""


def read(origin: Origin, n: int, wire: Any, server_ms: int) -> Change:
    """A change that HQ can merge. Raises BadChange with why it never, or not yet, can."""
    change = Change.from_wire(origin, wire)
    if change.n != n:
        raise BadChange("malformed", f"n: {change.n} stands where {n} belongs")
    if Origin.of_node(change.stamp.node).store != origin.store:
        raise BadChange("foreign_stamp", change.stamp.node)
    try:
        cls = record_class(change.kind)
    except UnknownKind as error:
        raise BadChange("unknown_kind", change.kind) from error
    check(cls, change)
    if change.stamp.ms > server_ms + MAX_AHEAD_MS:
        raise BadChange(CLOCK_AHEAD, f"{(change.stamp.ms - server_ms) // 1000} s")
    return change


def push(con: Connection, vault: Vault, settings: Settings, message: Push) -> PushAnswer:
    """Take in one batch. Raises Gap, Forked, BrokenChain."""
    origin = Origin(message.origin.store, message.origin.epoch)
    acked, head = _lock(con, origin)
    links = _links(con, origin, message, acked, head)
    fresh = max(0, acked + 1 - message.n)
    wires = list(enumerate(message.ops, message.n))[fresh:]
    taken, refused = _sort(con, vault, origin, wires)
    rows = [_row(origin, n, links[n], taken.get(n)) for n, _ in wires]
    if rows:
        con.execute(insert(changes), rows)
        _put_aside(con, vault, origin, refused)
    acked = max(acked, message.n + len(message.ops) - 1)
    con.execute(
        update(origins)
        .where(origins.c.store == origin.store, origins.c.epoch == origin.epoch)
        .values(acked=acked, h=links.get(acked, head), last_at=now())
    )
    con.execute(update(stores).where(stores.c.store == origin.store).values(_seen(message)))
    inbox_head = distribution.deliver(con, settings, origin, list(taken.values()))
    results = [PushResult(n=n, code=error.reason, detail=error.detail) for n, (_, error) in refused.items()]
    results += [
        PushResult(n=n, code="dropped", detail=", ".join(one.dropped))
        for n, (one, _) in taken.items()
        if one.dropped
    ]
    return PushAnswer(acked=acked, results=results, inbox_head=inbox_head, server_now=now_ms())


def freeze(con: Connection, store: str, epoch: str, why: str) -> None:
    """Take nothing more from an origin that has two histories."""
    con.execute(
        update(origins)
        .where(origins.c.store == store, origins.c.epoch == epoch, origins.c.frozen == "")
        .values(frozen=why)
    )


def _lock(con: Connection, origin: Origin) -> tuple[int, bytes]:
    mine = (origins.c.store == origin.store, origins.c.epoch == origin.epoch)
    row = con.execute(select(origins).where(*mine).with_for_update()).first()
    if row is None:
        con.execute(
            insert(origins).values(
                store=origin.store, epoch=origin.epoch, h=CHAIN_START, first_at=now(), frozen=""
            )
        )
        return 0, CHAIN_START
    if row.frozen:
        raise Forked(row.frozen, acked=row.acked)
    return row.acked, bytes(row.h)


def _links(con: Connection, origin: Origin, message: Push, acked: int, head: bytes) -> dict[int, bytes]:
    """Hash of each number of the batch. Raises unless the batch follows on, and agrees with, what HQ holds."""
    if message.n > acked + 1:
        raise Gap(f"expected {acked + 1}", acked=acked)
    last = message.n + len(message.ops) - 1
    held = {0: CHAIN_START, acked: head}
    if message.n <= acked:
        found = select(changes.c.n, changes.c.h).where(
            changes.c.store == origin.store, changes.c.epoch == origin.epoch, changes.c.n >= message.n - 1,
            changes.c.n <= last,
        )  # fmt: skip
        held |= {n: bytes(h) for n, h in con.execute(found)}
    h = bytes.fromhex(message.prev_h)
    links: dict[int, bytes] = {message.n - 1: h}
    for n, wire in enumerate(message.ops, message.n):
        h = links[n] = chain_wire(h, wire)
    if h.hex() != message.h:
        raise BrokenChain(f"{message.n} to {last}", acked=acked)
    for n, link in links.items():
        if n in held and held[n] != link:
            raise Forked(f"number {n} has two contents", acked=acked)
    return links


Placed = tuple[Taken, bytes]
"""A change taken in, and its body as it is kept."""
Refusals = dict[int, tuple[Any, BadChange]]


def _sort(
    con: Connection, vault: Vault, origin: Origin, wires: list[tuple[int, Any]]
) -> tuple[dict[int, Placed], Refusals]:
    """Merge what can be merged; say why not for the rest."""
    server_ms = now_ms()
    good: list[Change] = []
    refused: Refusals = {}
    for n, wire in wires:
        try:
            good.append(_read_small(origin, n, wire, server_ms))
        except BadChange as error:
            refused[n] = (wire, error)
    base = Base(con, vault, good)
    merged: list[Taken] = []
    for change in good:
        try:
            merged.append(base.take(change))
        except BadChange as error:
            refused[change.n] = (change.wire(), error)
    base.save()
    return {one.change.n: (one, base.seal_change(one)) for one in merged}, refused


def _read_small(origin: Origin, n: int, wire: Any, server_ms: int) -> Change:
    size = len(json.dumps(wire, ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_CHANGE_BYTES:
        raise BadChange("too_large", f"{size} bytes")
    return read(origin, n, wire, server_ms)


def _row(origin: Origin, n: int, h: bytes, placed: Placed | None) -> dict[str, Any]:
    row = {"store": origin.store, "epoch": origin.epoch, "n": n, "h": h, "at": now()}
    if placed is None:
        return {**row, "member": "", "kind": "", "rid": "", "body": None}
    taken, body = placed
    return {**row, "member": taken.member, "kind": taken.change.kind, "rid": taken.change.rid, "body": body}


def _put_aside(con: Connection, vault: Vault, origin: Origin, refused: Refusals) -> None:
    rows = []
    for n, (wire, error) in refused.items():
        named = wire if isinstance(wire, dict) else {}
        body = vault.put_aside(wire, row_name(ASIDE, origin.store, origin.epoch, n))
        rows.append({
            "store": origin.store, "epoch": origin.epoch, "n": n, "at": now(), "kind": _label(named.get("kind")),
            "rid": _label(named.get("rid")), "reason": error.reason, "detail": _label(error.detail), "body": body,
            "state": "open",
        })  # fmt: skip
    if rows:
        con.execute(insert(quarantine), rows)


def _label(value: Any) -> str:
    """A short text that any database can hold, of whatever stood there."""
    return (
        str(value if value is not None else "")
        .encode("ascii", "backslashreplace")
        .decode()[:200]
        .replace("\0", "")
    )


def _seen(message: Push) -> dict[str, Any]:
    at = now()
    return {
        "seen_at": at, "pushed_at": at, "pending": message.pending, "oldest_at": message.oldest_at,
        "skew_ms": message.client_now - now_ms(),
    }  # fmt: skip
