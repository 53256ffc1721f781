"""HQ's copy of the calendars, by minute: one booking a person, bed or room, by a unique key (APT-08).

The store that owns a calendar decides. What it has confirmed takes its slots here; a booking made elsewhere takes what is free, and
is a conflict otherwise: the page at HQ shows it, the store will say the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cloud_sync_server.clock import iso
from cloud_sync_server.schema import records, slots
from cloud_sync_server.vault import RECORD, Vault, row_name
from salon.records import Appointment

SLOT_S = 60
LONGEST_S = 86_400
"""Of a booking; a longer one has no slots."""
_TAKES = frozenset({None, "booked", "arrived"})


def take(con: Connection, rid: str, values: dict[str, Any]) -> bool:
    """Make a booking's slots what its values say. False when it got none because another one is there."""
    store = values.get("store") or ""
    con.execute(delete(slots).where(slots.c.store == store, slots.c.rid == rid))
    wanted = _slots(values)
    if not wanted:
        return True
    others = _held(con, store, wanted)
    confirmed = values.get("booking") in {None, "confirmed"}
    if others and not confirmed:
        return False
    for row in others:
        mine = (slots.c.store == store, slots.c.resource == row.resource, slots.c.slot == row.slot)
        con.execute(delete(slots).where(*mine))
    con.execute(
        insert(slots),
        [
            {"store": store, "resource": resource, "slot": slot, "rid": rid}
            for resource, slot in sorted(wanted)
        ],
    )
    return True


def give_back(con: Connection, vault: Vault, rid: str, values: dict[str, Any]) -> None:
    """A store says no to a booking that had come here as confirmed (by an earlier life of the store, or a witness of it): whose slots that one
    took has them again.
    """
    lost = _slots({**values, "booking": "confirmed"})
    if not lost:
        return
    begin, end = values["starts_at"], values["ends_at"]
    earliest = iso(datetime.fromisoformat(begin) - timedelta(seconds=LONGEST_S))
    rows = con.execute(
        select(records).where(
            records.c.store == values["store"], records.c.kind == Appointment.kind, records.c.at >= earliest,
            records.c.at < iso(datetime.fromisoformat(end)), records.c.rid != rid, records.c.erased.is_(False),
        )
    ).all()  # fmt: skip
    ring = vault.reading(con, {row.member for row in rows})
    for row in rows:
        other = ring.open(row.member, row.body, row_name(RECORD, *row[:3]))["v"]
        wanted = _slots(other)
        if wanted & lost and all(one.rid == row.rid for one in _held(con, values["store"], wanted)):
            take(con, row.rid, other)


def _held(con: Connection, store: str, wanted: set[tuple[str, int]]) -> list[Any]:
    return [row for row in con.execute(_within(store, wanted)) if (row.resource, row.slot) in wanted]


def _within(store: str, wanted: set[tuple[str, int]]) -> Any:
    every = [slot for _, slot in wanted]
    return select(slots).where(
        slots.c.store == store, slots.c.resource.in_(sorted({resource for resource, _ in wanted})),
        slots.c.slot >= min(every), slots.c.slot <= max(every),
    )  # fmt: skip


def _slots(values: dict[str, Any]) -> set[tuple[str, int]]:
    if values.get("status") not in _TAKES or values.get("booking") == "conflict" or not values.get("store"):
        return set()
    try:
        begin = datetime.fromisoformat(values["starts_at"]).timestamp()
        end = datetime.fromisoformat(values["ends_at"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return set()
    if not 0 < end - begin <= LONGEST_S:
        return set()
    named = (("therapist", values.get("therapist")), ("bed", values.get("bed")), ("room", values.get("room")))
    minutes = range(int(begin // SLOT_S), int(-(-end // SLOT_S)))
    return {(f"{what}:{which}", minute) for what, which in named if which for minute in minutes}
