"""The calendar in slots of a minute: no person, bed or room twice at a time, by a unique key and not by good will (APT-08).

A store owns its calendar. A booking made elsewhere (head office, the web, another store) is provisional until this store has
looked: it becomes confirmed, or a conflict that a person sees. Nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from edge.store.errors import DoubleBooked

SLOT_S = 60
LONGEST_S = 86_400
"""Of a booking."""
_TAKES = frozenset({"booked", "arrived"})


def slots(document: dict[str, Any], store: str) -> list[tuple[str, int]]:
    """The (resource, slot) pairs that a booking takes in this store; none when it is not this store's, or over."""
    if (
        document.get("store") != store
        or document["status"] not in _TAKES
        or document["booking"] != "confirmed"
    ):
        return []
    return [(resource, slot) for resource in resources(document) for slot in span(document)]


def resources(document: dict[str, Any]) -> Iterator[str]:
    if document["therapist"]:
        yield f"therapist:{document['therapist']}"
    if document["bed"]:
        yield f"bed:{document['bed']}"
    if document.get("room"):
        yield f"room:{document['room']}"


def span(document: dict[str, Any]) -> range:
    """None for a booking that ends before it begins or lasts longer than a day, as at HQ: it may come from anywhere, and one of ten
    years would be five million slots.
    """
    if not (document["starts_at"] and document["ends_at"]):
        return range(0)
    begin = datetime.fromisoformat(document["starts_at"]).timestamp()
    end = datetime.fromisoformat(document["ends_at"]).timestamp()
    if not 0 < end - begin <= LONGEST_S:
        return range(0)
    return range(int(begin // SLOT_S), int(-(-end // SLOT_S)))


def take(con: Any, store: str, rid: str, after: dict[str, Any] | None, *, strict: bool) -> None:
    """Make the slots of a booking what its document says. Raises DoubleBooked if `strict`; else it then holds none."""
    con.execute("DELETE FROM slots WHERE rid = ?", (rid,))
    wanted = slots(after, store) if after is not None else []
    other = taken(con, wanted)
    if other is None:
        con.executemany(
            "INSERT INTO slots (resource, slot, rid) VALUES (?, ?, ?)", [(*one, rid) for one in wanted]
        )
    elif strict:
        raise DoubleBooked(*other)


def taken(con: Any, wanted: Iterable[tuple[str, int]]) -> tuple[str, str] | None:
    """(resource, rid of the booking) that stands in the way of the first slot that is not free."""
    for resource, slot in wanted:
        found: str | None = con.execute(
            "SELECT rid FROM slots WHERE resource = ? AND slot = ?", (resource, slot)
        ).get
        if found is not None:
            return resource, found
    return None


def holds(con: Any, rid: str) -> bool:
    return con.execute("SELECT 1 FROM slots WHERE rid = ? LIMIT 1", (rid,)).get is not None
