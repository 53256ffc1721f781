"""Taking in a push: numbering, hash chain, merging, distribution and acknowledgement in one transaction.

What HQ acknowledges is on its disk. A change that can never be taken in is put aside (quarantine) and acknowledged all the same,
so that it holds up nothing; a batch that does not follow on what HQ holds changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, insert, select, update

from cloud_sync_server import distribution, own
from cloud_sync_server.base import Base, Taken
from cloud_sync_server.clock import now, now_ms
from cloud_sync_server.errors import BadRequest, BrokenChain, Forked, Gap
from cloud_sync_server.made import Made, make, owner
from cloud_sync_server.schema import changes, origins, owners, quarantine, stores
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import Prepared, add, by_keys
from cloud_sync_server.vault import ASIDE, CHANGE, NOBODY, Vault, row_name
from salon.reconcile import (
    CHAIN_START,
    MAX_CHANGE_BYTES,
    BadChange,
    BadStamp,
    Change,
    Origin,
    Stamp,
    Told,
    check,
    restamp,
    wire_text,
    with_stamp,
)
from salon.reconcile.change import GONE
from salon.reconcile.protocol import Push, PushAnswer, PushResult
from salon.records import SCHEMA_VERSION, UnknownKind, record_class

SCHEMAS_BACK = 2
"""Versions behind this one whose documents are understood; older stores' ledger entries are taken all the same (sync.md 2.6)."""
KEPT = frozenset({"ledger_entry", "erasure_receipt"})
"""Sums, and the proof that a store has erased: no change takes them away."""
_NAME = re.compile(r"[0-9a-z._-]{1,64}")
"""What a record may be called: no database has to be asked for anything else."""
SUPERSEDED = "another life of this store began"

_of = (origins.c.store == bindparam("of"), origins.c.epoch == bindparam("life"))
_ORIGIN = Prepared(select(origins).where(*_of))
_ORIGIN_LOCKED = Prepared(select(origins).where(*_of).with_for_update())
_ACKNOWLEDGE = Prepared(
    update(origins).where(*_of).values({one: bindparam(one) for one in ("acked", "h", "last_at", "last_t")})
)
_SEEN = Prepared(
    update(stores)
    .where(stores.c.store == bindparam("of"))
    .values({one: bindparam(one) for one in ("seen_at", "pushed_at", "pending", "oldest_at", "skew_ms")})
)


def read(origin: Origin, n: int, wire: Any, size: int) -> Change:
    """A change that HQ can merge. Raises BadChange with why it never can."""
    if size > MAX_CHANGE_BYTES:
        raise BadChange("too_large", f"{size} bytes")
    if _is_gone(wire) and wire["n"] == n:
        raise BadChange("erased", "its content is not there any more")
    change = Change.from_wire(origin, wire)
    if change.n != n:
        raise BadChange("malformed", f"n: {change.n} stands where {n} belongs")
    if Origin.of_node(change.stamp.node).store != origin.store:
        raise BadChange("foreign_stamp", change.stamp.node)
    try:
        cls = record_class(change.kind)
    except UnknownKind as error:
        raise BadChange("unknown_kind", change.kind) from error
    if change.schema < SCHEMA_VERSION - SCHEMAS_BACK and change.kind != "ledger_entry":
        raise BadChange(
            "old_schema", f"{change.schema}; this HQ reads {SCHEMA_VERSION - SCHEMAS_BACK} and later"
        )
    check(cls, change)
    # A fact is its writer's own: else one store could put a debt, a receipt or a rating into another's books.
    if cls.fact and change.fields.get("store", "") not in {"", origin.store}:
        raise BadChange("foreign_fact", str(change.fields["store"]))
    if change.erase and change.kind in KEPT:
        raise BadChange("bad_value", "what stays when a member is erased is not erased by itself")
    return change


def _is_gone(wire: Any) -> bool:
    return isinstance(wire, dict) and "gone" in wire and GONE.fullmatch(wire_text(wire)) is not None


@dataclass(frozen=True)
class Said:
    """One number of a batch: as it came, and what HQ can make of it."""

    n: int
    wire: Any
    text: bytes
    change: Change | BadChange


@dataclass(frozen=True)
class Looked:
    """A batch as far as it can be read without the database: so this waits for nobody, and is done once however often a transaction
    runs.
    """

    message: Push
    said: list[Said]
    chain: list[bytes]
    made: Mapping[int, Made]

    @property
    def origin(self) -> Origin:
        return Origin(self.message.origin.store, self.message.origin.epoch)


def look(vault: Vault, message: Push) -> Looked:
    """Read a batch, and make of it what can be made."""
    origin = Origin(message.origin.store, message.origin.epoch)
    texts, chain = message.links()
    said = [
        Said(n, wire, text, _look(origin, n, wire, len(text)))
        for n, (wire, text) in enumerate(zip(message.ops, texts, strict=True), message.n)
    ]
    good = [(one.change, one.text) for one in said if isinstance(one.change, Change)]
    return Looked(message, said, chain, make(vault, good))


def _look(origin: Origin, n: int, wire: Any, size: int) -> Change | BadChange:
    try:
        return read(origin, n, wire, size)
    except BadChange as error:
        return error


def push(con: Connection, vault: Vault, settings: Settings, looked: Looked) -> PushAnswer:
    """Take in one batch. Raises Gap, Forked, BrokenChain."""
    message, origin = looked.message, looked.origin
    acked, head, last = _lock(con, origin)
    links = _links(con, origin, message, looked.chain, acked, head)
    known = max(0, acked + 1 - message.n)
    fresh = looked.said[known:]
    restamped = _restamped_before(con, vault, origin, message, acked) if known else {}
    refused_before = _refused_before(con, origin, message, acked) if known else []
    sorted_ = _sort(con, vault, looked, fresh, last)
    placed, refused = sorted_.placed, sorted_.refused
    at = now()
    rows = [_row(origin, one.n, links[one.n], placed.get(one.n), at) for one in fresh]
    if rows:
        add(con, changes, rows)
        _put_aside(con, vault, origin, refused)
    acked = max(acked, message.n + len(message.ops) - 1)
    _ACKNOWLEDGE.run(
        con, of=origin.store, life=origin.epoch, acked=acked, h=links.get(acked, head), last_at=at, last_t=sorted_.last,
    )  # fmt: skip
    _SEEN.run(
        con, of=origin.store, seen_at=at, pushed_at=at, pending=message.pending, oldest_at=message.oldest_at,
        skew_ms=message.client_now - now_ms(),
    )  # fmt: skip
    inbox_head = distribution.deliver(con, settings, origin, list(placed.values()), sorted_.erased)
    wrong = {one["corrects"] for one in sorted_.corrections}
    drafts = [own.Draft("ledger_entry", one.pop("rid"), one) for one in sorted_.corrections]
    own.write(con, vault, settings, drafts, "hq", books=False)
    results = refused_before + [
        PushResult(n=n, code=error.reason, detail=error.detail) for n, (_, error) in refused.items()
    ]
    results += [
        PushResult(n=n, code="dropped", detail=", ".join(one.dropped))
        for n, (one, _) in placed.items()
        if one.dropped
    ]
    results += [
        PushResult(n=n, code="overdrawn", detail=one.change.rid)
        for n, (one, _) in placed.items()
        if one.change.rid in wrong
    ]
    return PushAnswer(
        acked=acked, results=results, restamped=restamped | {n: str(t) for n, t in sorted_.restamped.items()},
        inbox_head=inbox_head, server_now=now_ms(),
    )  # fmt: skip


def acked(con: Connection, origin: Origin) -> int:
    """Up to which number HQ holds an origin's changes."""
    row = _ORIGIN.run(con, of=origin.store, life=origin.epoch).first()
    return 0 if row is None else int(row.acked)


def freeze(con: Connection, store: str, epoch: str, why: str) -> None:
    """Take nothing more from an origin that has two histories."""
    con.execute(
        update(origins)
        .where(origins.c.store == store, origins.c.epoch == epoch, origins.c.frozen == "")
        .values(frozen=why)
    )


def meet(con: Connection, origin: Origin, written: int, said: int) -> None:
    """A store shows itself: is it the life of the store that HQ goes on with, and does HQ hold what it `said` it holds? Raises Forked,
    Gap.
    """
    row = _ORIGIN.run(con, of=origin.store, life=origin.epoch).first()
    if row is None:
        if said > 0:
            raise Gap("this life is not known here", acked=0)
        return  # a new life, which begins with its first push
    if row.frozen:
        raise Forked(row.frozen, acked=row.acked)
    if row.acked > written:
        raise Forked(f"{written} written, {row.acked} held here", acked=row.acked)
    if row.acked < said:
        raise Gap(f"{said} acknowledged, {row.acked} held here", acked=row.acked)


def _lock(con: Connection, origin: Origin) -> tuple[int, bytes, Stamp | None]:
    row = _ORIGIN_LOCKED.run(con, of=origin.store, life=origin.epoch).first()
    if row is None:
        others = (origins.c.store == origin.store, origins.c.epoch != origin.epoch, origins.c.frozen == "")
        con.execute(update(origins).where(*others).values(frozen=SUPERSEDED))
        con.execute(
            insert(origins).values(
                store=origin.store, epoch=origin.epoch, h=CHAIN_START, first_at=now(), frozen="", last_t=""
            )
        )
        return 0, CHAIN_START, None
    if row.frozen:
        raise Forked(row.frozen, acked=row.acked)
    return row.acked, bytes(row.h), Stamp.parse(row.last_t) if row.last_t else None


def _links(
    con: Connection, origin: Origin, message: Push, chain: list[bytes], acked: int, head: bytes
) -> dict[int, bytes]:
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
    links = dict(enumerate([bytes.fromhex(message.prev_h), *chain], message.n - 1))
    if links[last].hex() != message.h:
        raise BrokenChain(f"{message.n} to {last}", acked=acked)
    for n, link in links.items():
        if n in held and held[n] != link:
            raise Forked(f"number {n} has two contents", acked=acked)
    return links


Placed = tuple[Taken, bytes | None]
"""A change taken in, and its body as it is kept."""
Refusals = dict[int, tuple[Any, BadChange]]


@dataclass(frozen=True)
class _Sorted:
    """What became of the new changes of a batch."""

    placed: dict[int, Placed]
    refused: Refusals
    restamped: dict[int, Stamp]
    corrections: list[dict[str, Any]]
    erased: set[str]
    """Members of whom something was refused, as they are erased."""
    last: str
    """The origin's last accepted stamp."""


def _sort(
    con: Connection,
    vault: Vault,
    looked: Looked,
    fresh: list[Said],
    last: Stamp | None,
) -> _Sorted:
    """Merge what can be merged; say why not for the rest."""
    good = [one.change for one in fresh if isinstance(one.change, Change)]
    refused: Refusals = {one.n: (one.wire, one.change) for one in fresh if isinstance(one.change, BadChange)}
    message = looked.message
    told = Told(message.client_now, message.boot_n, message.ages, _given(message))
    stamps = restamp(good, told, now_ms(), last)
    good = [with_stamp(change, stamps[change.n]) if change.n in stamps else change for change in good]
    base = Base(con, vault, good, looked.made)
    merged: list[Taken] = []
    for change in good:
        try:
            merged.append(base.take(change))
        except BadChange as error:
            refused[change.n] = (change.wire(), error)
    base.save()
    refused = _of_nobody_erased(con, vault, refused)
    # What is said again stands where it was written: what this life writes is measured by its own.
    own_ = [one.stamp for one in good if one.n in stamps or one.stamp.node == one.origin.node]
    latest = str(own_[-1] if own_ else last or "")
    plain = {one.n: one.text for one in fresh if one.n not in stamps}
    placed = {
        one.change.n: (one, base.seal_change(one, None if one.dropped else plain.get(one.change.n)))
        for one in merged
    }
    return _Sorted(placed, refused, stamps, base.corrections, base.erased, latest)


def _of_nobody_erased(con: Connection, vault: Vault, refused: Refusals) -> Refusals:
    """What does not fit, of a member who was erased, is refused as hers: nothing of it may be kept. Amounts without a person are a person's to
    decide.
    """
    whose: dict[int, str] = {}
    named: dict[int, tuple[str, str]] = {}
    for n, (wire, _) in refused.items():
        said = wire if isinstance(wire, dict) else {}
        kind, rid, fields = said.get("kind"), said.get("rid"), said.get("f")
        if isinstance(kind, str) and isinstance(rid, str) and kind not in KEPT:
            member = owner(kind, rid, fields if isinstance(fields, dict) else {})
            if _NAME.fullmatch(member):
                whose[n] = member
            elif _NAME.fullmatch(kind) and _NAME.fullmatch(rid):
                named[n] = (rid, kind)
    homes = {(row.rid, row.kind): row.member for row in by_keys(con, owners, sorted(set(named.values())))}
    whose |= {n: homes[key] for n, key in named.items() if key in homes}
    ring = vault.reading(con, whose.values())
    gone = BadChange("erased", "the member was erased")
    return {
        n: (wire, gone if ring.destroyed(whose.get(n, NOBODY)) else error)
        for n, (wire, error) in refused.items()
    }


def _given(message: Push) -> dict[int, Stamp]:
    try:
        return {n: Stamp.parse(text) for n, text in message.given.items()}
    except BadStamp as error:
        raise BadRequest(f"given: {error}") from error


def _restamped_before(
    con: Connection, vault: Vault, origin: Origin, message: Push, acked: int
) -> dict[int, str]:
    """The answer was lost and the batch came again: the stamps that were given the first time, also to what was put aside and may have been
    taken in since.
    """
    last = min(acked, message.n + len(message.ops) - 1)

    def of_batch(table: Table) -> ColumnElement[bool]:
        return and_(
            table.c.store == origin.store, table.c.epoch == origin.epoch, table.c.n.between(message.n, last)
        )

    found = con.execute(select(changes).where(of_batch(changes), changes.c.body.is_not(None))).all()
    aside = con.execute(select(quarantine).where(of_batch(quarantine), quarantine.c.body != b"")).all()
    ring = vault.reading(con, {row.member for row in found})
    kept = {row.n: vault.take_back(row.body, row_name(ASIDE, *row[:3])) for row in aside}
    kept |= {row.n: ring.open(row.member, row.body, row_name(CHANGE, *row[:3])) for row in found}
    out: dict[int, str] = {}
    for n, wire in kept.items():
        said = message.ops[n - message.n]
        if _time(wire) and _time(said) and _time(wire) != _time(said):
            out[n] = str(Change.from_wire(origin, wire).stamp)
    return out


def _refused_before(con: Connection, origin: Origin, message: Push, acked: int) -> list[PushResult]:
    """The answer was lost and the batch came again: what of it was put aside. Else its store would never hear of it, nor of the decision."""
    mine = (quarantine.c.store == origin.store, quarantine.c.epoch == origin.epoch)
    last = min(acked, message.n + len(message.ops) - 1)
    found = select(quarantine.c.n, quarantine.c.reason, quarantine.c.detail).where(
        *mine, quarantine.c.n.between(message.n, last)
    )
    return [
        PushResult(n=n, code=reason, detail=detail)
        for n, reason, detail in con.execute(found.order_by(quarantine.c.n))
    ]


def _time(wire: Any) -> str | None:
    """The stamp as a change says it; None of what is not there any more, and of what is no change."""
    said = wire.get("t") if isinstance(wire, dict) else None
    return said if isinstance(said, str) else None


def _row(origin: Origin, n: int, h: bytes, placed: Placed | None, at: str) -> dict[str, Any]:
    row = {"store": origin.store, "epoch": origin.epoch, "n": n, "h": h, "at": at}
    if placed is None:
        return {**row, "member": "", "kind": "", "rid": "", "body": None}
    taken, body = placed
    return {**row, "member": taken.member, "kind": taken.change.kind, "rid": taken.change.rid, "body": body}


def _put_aside(con: Connection, vault: Vault, origin: Origin, refused: Refusals) -> None:
    rows = []
    for n, (wire, error) in refused.items():
        named = wire if isinstance(wire, dict) else {}
        erased = error.reason == "erased"  # nothing of it may be kept
        body = b"" if erased else vault.put_aside(wire, row_name(ASIDE, origin.store, origin.epoch, n))
        rows.append({
            "store": origin.store, "epoch": origin.epoch, "n": n, "at": now(), "kind": _label(named.get("kind")),
            "rid": _label(named.get("rid")), "reason": error.reason, "detail": _label(error.detail), "body": body,
            "state": "erased" if erased else "open",
        })  # fmt: skip
    add(con, quarantine, rows)


def _label(value: Any) -> str:
    """A short text that any database can hold, of whatever stood there."""
    return (
        str(value if value is not None else "")
        .encode("ascii", "backslashreplace")
        .decode()[:200]
        .replace("\0", "")
    )
