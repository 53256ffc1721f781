"""Records as pages show them: opened, named, ready to print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from cloud_sync_server.schema import records, stores
from cloud_sync_server.vault import RECORD, Vault, row_name


@dataclass(frozen=True)
class Seen:
    """One record, opened. Fields nobody has written are None."""

    kind: str
    rid: str
    member: str
    store: str
    at: str
    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.values.get(name)


def find(con: Connection, vault: Vault, *which: ColumnElement[bool], limit: int = 5_000) -> list[Seen]:
    """Records that are not erased, newest first."""
    wanted = (
        select(records).where(records.c.erased.is_(False), *which).order_by(records.c.at.desc()).limit(limit)
    )
    rows = con.execute(wanted).all()
    ring = vault.reading(con, {row.member for row in rows})
    return [
        Seen(
            row.kind, row.rid, row.member, row.store, row.at,
            ring.open(row.member, row.body, row_name(RECORD, *row[:3]))["v"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Named:
    zh: str
    en: str


def names(con: Connection, vault: Vault, kinds: Iterable[str]) -> dict[str, Named]:
    """What services, employees and stores are called, by rid."""
    found = find(con, vault, records.c.kind.in_(list(kinds)))
    out = {seen.rid: Named(seen.name or seen.rid, seen.name_en or seen.name or seen.rid) for seen in found}
    for row in con.execute(select(stores.c.store, stores.c.name, stores.c.name_en)):
        out.setdefault(row.store, Named(row.name or row.store, row.name_en or row.name or row.store))
    return out
