"""What HQ itself writes: changes of origin `hq`, numbered, chained and delivered like any store's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_sync_server import distribution
from cloud_sync_server.base import Base
from cloud_sync_server.clock import now, now_ms
from cloud_sync_server.ledger import HQ
from cloud_sync_server.schema import changes, identity, origins
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import Vault
from salon.reconcile import CHAIN_START, Change, Clock, Origin, Stamp, chain


@dataclass(frozen=True)
class Draft:
    """One write of HQ: fields as `Change.fields`."""

    kind: str
    rid: str
    fields: dict[str, Any]
    erase: bool = False


def write(
    con: Connection, vault: Vault, settings: Settings, drafts: Sequence[Draft], by: str, *, books: bool = True
) -> None:
    """Write and deliver. With `books` off, the account has these entries already."""
    if not drafts:
        return
    origin = Origin(HQ, con.execute(select(identity.c.epoch)).scalar_one())
    n, h, clock = _lock(con, origin)
    batch: list[Change] = []
    for draft in drafts:
        n += 1
        batch.append(
            Change(
                origin,
                n,
                draft.kind,
                draft.rid,
                draft.fields,
                clock.send(now_ms()),
                {},
                by,
                erase=draft.erase,
            )
        )
    base = Base(con, vault, batch)
    rows, placed = [], []
    for change in batch:
        stamps = base.stamps(change.kind, change.rid)
        based = replace(change, base={name: stamps[name] for name in change.fields if name in stamps})
        taken = base.take(based)
        h = chain(h, based)
        rows.append((taken, h))
    base.save(books=books)
    for taken, link in rows:
        body = base.seal_change(taken)
        con.execute(insert(changes).values(
            store=origin.store, epoch=origin.epoch, n=taken.change.n, member=taken.member, kind=taken.change.kind,
            rid=taken.change.rid, body=body, h=link, at=now(),
        ))  # fmt: skip
        placed.append((taken, body))
    mine = (origins.c.store == origin.store, origins.c.epoch == origin.epoch)
    last = str(Stamp(clock.ms, clock.count, origin.node))
    con.execute(update(origins).where(*mine).values(acked=n, h=h, last_at=now(), last_t=last))
    distribution.deliver(con, settings, origin, placed)
    # A debit in a store's stead may find too little, as one of its own would (`ledger`).
    wrong = [Draft("ledger_entry", one.pop("rid"), one) for one in base.corrections]
    write(con, vault, settings, wrong, by, books=False)


def _lock(con: Connection, origin: Origin) -> tuple[int, bytes, Clock]:
    mine = (origins.c.store == origin.store, origins.c.epoch == origin.epoch)
    row = con.execute(select(origins).where(*mine).with_for_update()).first()
    if row is None:
        con.execute(insert(origins).values(
            store=origin.store, epoch=origin.epoch, h=CHAIN_START, first_at=now(), frozen="", last_t=""
        ))  # fmt: skip
        return 0, CHAIN_START, Clock(origin.node)
    last = Stamp.parse(row.last_t) if row.last_t else Stamp(0, 0, origin.node)
    return row.acked, bytes(row.h), Clock(origin.node, last.ms, last.count)
