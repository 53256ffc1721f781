"""A colleague leaves (SEC-09, PRF-22): access ends at once, and customers, bookings and tasks go to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk import signin
from edge.store import now
from salon.rules import rights

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Employee


class WrongPin(PermissionError):
    """Raised when the manager's own PIN does not fit, or she would end her own access."""


def team(store: Store) -> list[Employee]:
    """Who works here, by name; who left last."""
    here = store.employees.select(where("store") == store.store_id, order_by="name")
    return sorted(here, key=lambda e: not e.active)


def plan(store: Store, leaver: Employee) -> rights.Leaving:
    """What would change."""
    return rights.leave(
        leaver,
        store.employees.select(where("active") == True),  # noqa: E712 - a query
        store.members.select(where("therapist") == leaver.rid),
        store.appointments.select(where("therapist") == leaver.rid),
        store.follow_ups.select((where("owner") == leaver.rid) & (where("state") == "open")),
        now(),
    )


def leave(store: Store, manager: Employee, leaver_rid: str, pin: str, source: str) -> rights.Leaving:
    """Do it, all or nothing. The manager's PIN says that it is she. Raises WrongPin, SignInRefused, NoSuchRecord."""
    leaver = store.employees.load(leaver_rid)
    if leaver.rid == manager.rid or leaver.store != store.store_id:
        raise WrongPin(leaver_rid)
    if signin.with_pin(store, manager.login, pin, source).rid != manager.rid:
        raise WrongPin(manager.rid)
    with store.acting(manager.rid), store.transaction():
        leaving = plan(store, store.employees.load(leaver_rid))
        store.employees.edit(leaver_rid, **leaving.employee)
        for move in leaving.moves:
            store.table(move.kind).edit(move.rid, **move.changes)
        return leaving
