"""Erasing a member at HQ: her key is destroyed, and with it every copy in every backup; ledger sums stay (SEC-07).

Each store answers with a receipt (`salon.records.ErasureReceipt`); those that have not are listed until they do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from cloud_sync_server.clock import now
from cloud_sync_server.schema import (
    changes,
    conflicts,
    erasures,
    lookups,
    member_keys,
    owners,
    quarantine,
    records,
    slots,
)
from cloud_sync_server.statements import put
from cloud_sync_server.vault import ASIDE, CHANGE, RECORD, Keyring, Vault, row_name

_SUMS = "ledger_entry"


def member(con: Connection, vault: Vault, ring: Keyring, rid: str, store: str, by: str) -> None:
    """Take away all but the tombstone and the sums; from here on the ring has no key of hers."""
    sums = _sums(con, ring, rid)
    about = list(con.execute(select(owners.c.rid).where(owners.c.member == rid)).scalars())
    con.execute(delete(records).where(records.c.member == rid, records.c.kind.not_in([_SUMS, "member"])))
    con.execute(update(changes).where(changes.c.member == rid, changes.c.kind != _SUMS).values(body=None))
    con.execute(delete(conflicts).where(conflicts.c.member == rid))
    con.execute(delete(slots).where(slots.c.rid.in_(about)))
    con.execute(delete(lookups).where(lookups.c.member == rid))
    nothing = {"body": b"", "state": "erased", "detail": ""}
    con.execute(update(quarantine).where(quarantine.c.rid.in_([rid, *about])).values(nothing))
    for key in _put_aside(con, vault, rid):
        con.execute(update(quarantine).where(key).values(nothing))
    con.execute(update(member_keys).where(member_keys.c.member == rid).values(wrapped=None))
    put(con, erasures, [{"member": rid, "at": now(), "by": by[:80], "store": store}], keep=True)
    ring.add(rid, None)
    for table, key, row, value in sums:
        con.execute(update(table).where(key).values(body=ring.seal(rid, value, row)))


def _put_aside(con: Connection, vault: Vault, rid: str) -> Iterator[ColumnElement[bool]]:
    """What was put aside and never taken in is of nobody's records; it may name her all the same. Entries wait on: they name an account."""
    found = select(quarantine).where(quarantine.c.body != b"", quarantine.c.kind != _SUMS)
    for row in con.execute(found).all():
        wire = vault.take_back(row.body, row_name(ASIDE, row.store, row.epoch, row.n))
        if f'"{rid}"' in json.dumps(wire):
            yield and_(
                quarantine.c.store == row.store, quarantine.c.epoch == row.epoch, quarantine.c.n == row.n
            )


def _sums(con: Connection, ring: Keyring, rid: str) -> list[tuple[Any, Any, str, Any]]:
    """The ledger, opened while its key is there, to be kept in the clear: an account number and amounts."""
    out: list[tuple[Any, Any, str, Any]] = []
    for row in con.execute(select(records).where(records.c.member == rid, records.c.kind == _SUMS)).all():
        name = row_name(RECORD, *row[:3])
        key = and_(records.c.member == rid, records.c.kind == _SUMS, records.c.rid == row.rid)
        out.append((records, key, name, ring.open(rid, row.body, name)))
    mine = select(changes).where(
        changes.c.member == rid, changes.c.kind == _SUMS, changes.c.body.is_not(None)
    )
    for row in con.execute(mine).all():
        name = row_name(CHANGE, *row[:3])
        key = and_(changes.c.store == row.store, changes.c.epoch == row.epoch, changes.c.n == row.n)
        out.append((changes, key, name, ring.open(rid, row.body, name)))
    return out
