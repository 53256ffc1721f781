"""The nightly proof that a store and HQ hold the same, its report, and HQ's signature under each store's chain (sync.md 2.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from cloud_sync_server import cursors, distribution, finding, reviews
from cloud_sync_server.clock import later, now
from cloud_sync_server.ledger import Books, is_entry
from cloud_sync_server.schema import (
    accounts,
    changes,
    heads,
    origins,
    owners,
    records,
    reports,
    subscriptions,
)
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import put
from cloud_sync_server.vault import CHANGE, RECORD, Vault, row_name
from salon.reconcile import Buckets, Change, Origin, State, join, merge
from salon.reconcile.countersigned import head_text
from salon.reconcile.digest import bucket_of, of_state
from salon.reconcile.protocol import BucketsAnswer, DigestAnswer, DigestRequest, SignedHead
from salon.records import record_class

HEADS_TOLD = 40
"""Signed heads that a store gets at night, to keep beside its log."""
HEADS_KEPT = 400
"""Of a store: a year of days and a month more."""
_KEYED_HASH_LETTERS = 64
"""Of the keyed hash that stood in place of a signature at first."""
REPORTS_KEPT = 400
"""Of a store: a year of nights."""


def compare(con: Connection, settings: Settings, store: str, request: DigestRequest) -> DigestAnswer:
    """What HQ holds for the store, beside what the store says it holds. Only at a point that both sides have reached."""
    mine = and_(origins.c.store == store, origins.c.epoch == request.epoch)
    acked = con.execute(select(origins.c.acked).where(mine)).scalar() or 0
    if request.cursor != cursors.of_head(con, store) or request.acked != acked:
        return DigestAnswer(moved=True)
    buckets = Buckets().add_all((kind, rid, digest) for kind, rid, digest in _held(con, settings, store))
    ledger = _ledger(con, settings, store)
    equal = buckets.root == request.root and all(
        request.ledger.get(unit, (0, 0)) == said for unit, said in ledger.items()
    )
    return DigestAnswer(
        equal=equal, root=buckets.root, count=buckets.count, ledger=ledger,
        buckets=buckets.wire() if request.buckets and not equal else [], lapsed=lapsed(con, settings, store),
    )  # fmt: skip


def keep(
    con: Connection, vault: Vault, store: str, request: DigestRequest, answer: DigestAnswer
) -> list[SignedHead]:
    """The report of the night, and HQ's signature under the head of the store's chain."""
    said = {
        **request.report, "count": answer.count, "root": answer.root,
        "ledger": {unit: list(sums) for unit, sums in answer.ledger.items()},
        "ledger_there": {unit: list(sums) for unit, sums in request.ledger.items()},
    }  # fmt: skip
    outcome = "equal" if answer.equal else "different"
    put(con, reports, [{"store": store, "at": now(), "outcome": outcome, "body": json.dumps(said)}])
    old = (
        select(reports.c.at)
        .where(reports.c.store == store)
        .order_by(reports.c.at.desc())
        .offset(REPORTS_KEPT)
    )
    con.execute(delete(reports).where(reports.c.store == store, reports.c.at.in_(old.limit(1_000))))
    reviews.forget_old(con)
    countersign(con, vault, store)
    return signed(con, vault, store)


def countersign(con: Connection, vault: Vault, store: str) -> None:
    """Sign the head of each live chain of a store, once a day (SEC-02, SEC-10)."""
    at = now()
    today = and_(heads.c.store == store, heads.c.day == at[:10])
    done = set(con.execute(select(heads.c.epoch).where(today)).scalars())
    for row in con.execute(select(origins).where(origins.c.store == store, origins.c.frozen == "")).all():
        if row.epoch in done or row.acked == 0:
            continue
        h = bytes(row.h)
        line = {
            "store": store, "epoch": row.epoch, "day": at[:10], "n": row.acked, "h": h, "at": at,
            "signature": vault.sign(head_text(store, row.epoch, row.acked, h.hex(), at)),
        }  # fmt: skip
        put(con, heads, [line], keep=True)
    old = select(heads.c.at).where(heads.c.store == store).order_by(heads.c.at.desc()).offset(HEADS_KEPT)
    con.execute(delete(heads).where(heads.c.store == store, heads.c.at.in_(old.limit(1_000))))


def signed(con: Connection, vault: Vault, store: str) -> list[SignedHead]:
    """The last heads of a store, oldest first. What an earlier version of HQ signed for itself alone is signed anew, if it did."""
    newest = select(heads).where(heads.c.store == store).order_by(heads.c.at.desc()).limit(HEADS_TOLD)
    out = []
    for row in reversed(con.execute(newest).all()):
        h, signature = bytes(row.h).hex(), row.signature
        if len(signature) == _KEYED_HASH_LETTERS:
            if signature != vault.token("chain head", f"{store}.{row.epoch} {row.n} {h} {row.day}"):
                continue
            signature = vault.sign(head_text(store, row.epoch, row.n, h, row.at))
            mine = and_(heads.c.store == store, heads.c.epoch == row.epoch, heads.c.day == row.day)
            con.execute(update(heads).where(mine).values(signature=signature))
        out.append(SignedHead(epoch=row.epoch, n=row.n, h=h, at=row.at, signature=signature))
    return out


def bucket_list(con: Connection, settings: Settings, store: str, wanted: list[int]) -> BucketsAnswer:
    """The hashes of all records in some buckets."""
    asked = set(wanted)
    return BucketsAnswer(
        records=[
            (kind, rid, digest.hex())
            for kind, rid, digest in _held(con, settings, store)
            if bucket_of(kind, rid) in asked
        ]
    )


def mend(con: Connection, vault: Vault, refs: list[tuple[str, str]]) -> int:
    """Make records anew from HQ's own log where that says more than the records do. Returns how many were not right."""
    mended = 0
    for kind, rid in refs:
        member = con.execute(
            select(owners.c.member).where(owners.c.rid == rid, owners.c.kind == kind)
        ).scalar()
        if member is None:
            continue
        ring = vault.keys(con, [member])
        state = _from_log(con, ring, member, kind, rid)
        mine = and_(records.c.member == member, records.c.kind == kind, records.c.rid == rid)
        row = con.execute(select(records).where(mine)).first()
        cls = record_class(kind)
        if row is not None:
            held = ring.open(member, row.body, row_name(RECORD, *row[:3]))
            state = held if state is None else join(cls, held, state)
        if state is None:
            continue
        digest = of_state(cls, rid, state)
        if row is not None and digest == row.digest:
            continue
        mended += 1
        body = ring.seal(member, state, row_name(RECORD, member, kind, rid))
        values = state["v"]
        put(con, records, [{
            "member": member, "kind": kind, "rid": rid, "store": row.store if row else values.get("store") or "",
            "at": row.at if row else values.get("at") or "", "body": body, "erased": "x" in state, "updated_at": now(),
            "digest": digest,
        }])  # fmt: skip
        if kind == "member":
            finding.index(con, vault, {rid: (None, values)})
    return mended


def backfill(con: Connection, vault: Vault, limit: int = 500) -> int:
    """Digests and books of what an earlier version wrote. Returns how many records were done: a member's ledger at once."""
    nothing = records.c.digest.is_(None)
    some = select(records.c.member).where(nothing).order_by(records.c.member).limit(limit).subquery()
    rows = con.execute(select(records).where(nothing, records.c.member.in_(select(some.c.member)))).all()
    ring = vault.keys(con, {row.member for row in rows}) if rows else vault.reading(con, [])
    entries: list[tuple[str, dict[str, Any], str]] = []
    for row in rows:
        state = ring.open(row.member, row.body, row_name(RECORD, *row[:3]))
        mine = and_(records.c.member == row.member, records.c.kind == row.kind, records.c.rid == row.rid)
        con.execute(
            update(records).where(mine).values(digest=of_state(record_class(row.kind), row.rid, state))
        )
        if row.kind == "ledger_entry" and is_entry(row.member, state["v"]):
            entries.append((row.rid, state["v"], row.store))
    books = Books(con, [values for _, values, _ in entries])
    for rid, values, store in sorted(entries, key=lambda one: one[1]["amount"] < 0):
        books.post(rid, values, store)
    books.save()
    return len(rows)


def _from_log(con: Connection, ring: Any, member: str, kind: str, rid: str) -> State | None:
    """What all changes of a record make. They are found by its member: the log has no other index."""
    state: State | None = None
    found = select(changes).where(
        changes.c.member == member, changes.c.kind == kind, changes.c.rid == rid, changes.c.body.is_not(None)
    )
    for row in con.execute(found):
        wire = ring.open(row.member, row.body, row_name(CHANGE, *row[:3]))
        change = Change.from_wire(Origin(row.store, row.epoch), wire)
        state = merge(record_class(kind), state, change).state
    return state


def _held(con: Connection, settings: Settings, store: str) -> Iterator[tuple[str, str, bytes]]:
    """(kind, rid, digest) of what the store may read."""
    mine = select(records.c.kind, records.c.rid, records.c.digest)
    mine = mine.where(records.c.digest.is_not(None), distribution.told(store))
    for kind, rid, digest in con.execute(distribution.of_known(con, settings, store, mine, records.c.member)):
        yield kind, rid, bytes(digest)


def _ledger(con: Connection, settings: Settings, store: str) -> dict[str, tuple[int, int]]:
    """Entries and sums by unit, of the accounts that the store may know."""
    mine = select(accounts.c.unit, accounts.c.entries, accounts.c.balance)
    every = distribution.of_known(con, settings, store, mine, accounts.c.member).subquery()
    sums = select(every.c.unit, func.sum(every.c.entries), func.sum(every.c.balance)).group_by(every.c.unit)
    return {unit: (int(entries), int(total)) for unit, entries, total in con.execute(sums)}


def lapsed(con: Connection, settings: Settings, store: str) -> list[str]:
    """The members whom a store knew, and who have not come for a year: their changes do not go there any more."""
    if settings.distribution == "all":
        return []
    old = select(subscriptions.c.member).where(
        subscriptions.c.store == store, subscriptions.c.since < later(-distribution.SUBSCRIBED_FOR_S)
    )
    return list(con.execute(old).scalars())
