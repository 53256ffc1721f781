"""Health data at HQ: held only while the member's consent `share_health` stands, dropped when it is withdrawn (SEC-07)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select, update

from cloud_sync_server.schema import changes, conflicts, records
from cloud_sync_server.vault import CHANGE, NOBODY, RECORD, Keyring, row_name
from salon.reconcile import State, shares
from salon.records import Privacy, kinds

_FIELDS = {
    kind: frozenset(name for name, about in cls.fields().items() if about.privacy is Privacy.HEALTH)
    for kind, cls in kinds().items()
}


def has_any(kind: str, fields: dict[str, Any]) -> bool:
    """Whether health data is among these fields."""
    return not _FIELDS[kind].isdisjoint(fields)


def shared(con: Connection, ring: Keyring, member: str, batch: dict[str, State]) -> bool:
    """Whether the member lets health data leave the store: somewhere granted, and nowhere withdrawn.

    `batch` are consents (by rid) as a batch that is being taken in has them: later than the rows.
    """
    if member == NOBODY or ring.destroyed(member):
        return False
    rows = con.execute(select(records).where(records.c.member == member, records.c.kind == "consent"))
    states = {row.rid: ring.open(member, row.body, row_name(RECORD, *row[:3])) for row in rows}
    return shares(state["v"] for state in (states | batch).values())


def drop(con: Connection, ring: Keyring, member: str) -> None:
    """Forget all health data of a member: in records, in the changes kept for other stores, in values kept for review."""
    touched = [kind for kind, names in _FIELDS.items() if names]
    for row in con.execute(
        select(records).where(records.c.member == member, records.c.kind.in_(touched))
    ).all():
        name = row_name(RECORD, *row[:3])
        state = ring.open(member, row.body, name)
        if not any(_FIELDS[row.kind] & state[part].keys() for part in "vts"):
            continue
        for part in "vts":
            state[part] = {key: value for key, value in state[part].items() if key not in _FIELDS[row.kind]}
        mine = and_(records.c.member == member, records.c.kind == row.kind, records.c.rid == row.rid)
        con.execute(update(records).where(mine).values(body=ring.seal(member, state, name)))
    _drop_from_changes(con, ring, member, touched)
    for kind in touched:
        con.execute(
            conflicts.delete().where(
                conflicts.c.member == member, conflicts.c.kind == kind, conflicts.c.field.in_(_FIELDS[kind])
            )
        )


def _drop_from_changes(con: Connection, ring: Keyring, member: str, touched: list[str]) -> None:
    found = select(changes).where(changes.c.member == member, changes.c.kind.in_(touched))
    for row in con.execute(found).all():
        if row.body is None:
            continue
        name = row_name(CHANGE, *row[:3])
        wire = ring.open(member, row.body, name)
        if not has_any(row.kind, wire.get("f", {})):
            continue
        wire["f"] = {key: value for key, value in wire["f"].items() if key not in _FIELDS[row.kind]}
        mine = and_(changes.c.store == row.store, changes.c.epoch == row.epoch, changes.c.n == row.n)
        con.execute(update(changes).where(mine).values(body=ring.seal(member, wire, name)))
