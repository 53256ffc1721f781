"""The beds and rooms of this store (APT-08): new ones, another name, and those that are no longer used.

A bed that is given up leaves the store's list and with it every page that offers beds; what was booked on it stays as it is and is
shown to be moved, because only a person can ring the customer. A new name goes to what lies ahead in the same transaction; what is
past keeps the name that it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import bookings
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.records import Appointment

Kind = Literal["bed", "room"]
KINDS: tuple[Kind, ...] = ("bed", "room")
LONGEST = 20
"""Characters of a name: it has to fit the calendar's first column."""
UNDER_WAY = frozenset({"arrived", "treatment"})
"""Steps of a visit in which a bed is in use or about to be."""


class BadPlace(ValueError):
    """Raised when a bed or room cannot be kept so; `.said` is for the page."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.en)


@dataclass(frozen=True)
class Place:
    """One bed or room, and what is booked there from now on."""

    kind: Kind
    name: str
    ahead: tuple[Appointment, ...]


def names(store: Store, kind: Kind) -> list[str]:
    """In use, as the store lists them."""
    own = store.stores.find(store.store_id)
    if own is None:
        return []
    return own.beds if kind == "bed" else own.rooms


def listed(store: Store) -> list[Place]:
    """Beds first, each with its bookings ahead."""
    ahead = bookings.ahead_here(store)
    return [Place(kind, name, _at(ahead, kind, name)) for kind in KINDS for name in names(store, kind)]


def given_up(store: Store) -> list[Place]:
    """Beds and rooms that are no longer used and still have bookings: these have to be moved."""
    ahead = bookings.ahead_here(store)
    found: list[Place] = []
    for kind in KINDS:
        gone = {_of(booking, kind) for booking in ahead} - {"", *names(store, kind)}
        found += [Place(kind, name, _at(ahead, kind, name)) for name in sorted(gone)]
    return found


def add(store: Store, actor: str, kind: Kind, name: str) -> None:
    """A new bed or room. Raises BadPlace."""
    with store.acting(actor), store.transaction():
        _write(store, kind, [*names(store, kind), _new_name(store, name)])


def rename(store: Store, actor: str, kind: Kind, old: str, new: str) -> None:
    """Another name, for all that lies ahead of it too. Raises BadPlace."""
    with store.acting(actor), store.transaction():
        known = names(store, kind)
        if old not in known:
            raise BadPlace(Said("没有这个床位或房间", "There is no such bed or room"))
        if new.strip() == old:
            return
        name = _new_name(store, new)
        _write(store, kind, [name if one == old else one for one in known])
        for booking in _at(bookings.ahead_here(store), kind, old):
            store.appointments.edit(booking.rid, **{kind: name})
        if kind == "bed":
            for visit in store.visits.select((where("store") == store.store_id) & (where("bed") == old)):
                if visit.state in {"booked", *UNDER_WAY, "feedback"}:
                    store.visits.edit(visit.rid, bed=name)
        for device in store.devices.select((where("store") == store.store_id) & (where("place") == old)):
            store.devices.edit(device.rid, place=name)


def give_up(store: Store, actor: str, kind: Kind, name: str) -> None:
    """No longer used: no new booking. What is booked there stays, and is shown. Raises BadPlace."""
    with store.acting(actor), store.transaction():
        if kind == "bed" and _in_use(store, name):
            raise BadPlace(
                Said("现在有顾客在这张床位，请先结束护理或换床", "A customer is at this bed now: finish first, or move her")
            )  # fmt: skip
        _write(store, kind, [one for one in names(store, kind) if one != name])


def _in_use(store: Store, bed: str) -> bool:
    here = store.visits.select((where("store") == store.store_id) & (where("bed") == bed))
    return any(visit.state in UNDER_WAY for visit in here)


def _new_name(store: Store, text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise BadPlace(
            Said(f"请写名称，至多 {LONGEST} 个字", f"Please give a name of at most {LONGEST} characters")
        )
    taken = {one.casefold() for kind in KINDS for one in names(store, kind)}
    if name.casefold() in taken:
        raise BadPlace(Said("已经有这个名称", "There is one of this name already"))
    return name


def _write(store: Store, kind: Kind, wanted: list[str]) -> None:
    store.stores.edit(store.store_id, **{"beds" if kind == "bed" else "rooms": wanted})


def _of(booking: Appointment, kind: Kind) -> str:
    return booking.bed if kind == "bed" else booking.room


def _at(ahead: Sequence[Appointment], kind: Kind, name: str) -> tuple[Appointment, ...]:
    return tuple(booking for booking in ahead if _of(booking, kind) == name)
