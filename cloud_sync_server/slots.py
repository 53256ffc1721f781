"""HQ's copy of the calendars, by minute: one booking a person, bed or room, by a unique key (APT-08).

The store that owns a calendar decides. What it has confirmed takes its slots here; a booking made elsewhere takes what is free, and
is a conflict otherwise: the page at HQ shows it, the store will say the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cloud_sync_server.schema import slots

SLOT_S = 60
_TAKES = frozenset({None, "booked", "arrived"})


def take(con: Connection, rid: str, values: dict[str, Any]) -> bool:
    """Make a booking's slots what its values say. False when it got none because another one is there."""
    store = values.get("store") or ""
    con.execute(delete(slots).where(slots.c.store == store, slots.c.rid == rid))
    wanted = _slots(values)
    if not wanted:
        return True
    others = [row for row in con.execute(_within(store, wanted)) if (row.resource, row.slot) in wanted]
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


def free(con: Connection, values: dict[str, Any]) -> bool:
    """Whether nobody has these slots."""
    wanted = _slots(values)
    if not wanted:
        return True
    return not any(
        (row.resource, row.slot) in wanted for row in con.execute(_within(values["store"], wanted))
    )


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
    if not 0 < end - begin <= 86_400:
        return set()
    named = (("therapist", values.get("therapist")), ("bed", values.get("bed")), ("room", values.get("room")))
    minutes = range(int(begin // SLOT_S), int(-(-end // SLOT_S)))
    return {(f"{what}:{which}", minute) for what, which in named if which for minute in minutes}
