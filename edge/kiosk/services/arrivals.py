"""Who came: at an hour of a weekday, on a day, for a kind of care, and who left today with what was paid.

The people behind the manager's counts of visits, looked up when a count is opened: a board that carried them all would be kept for nobody.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import days
from edge.store import now
from salon.rules import kpis, rhythm
from salon.rules.figures import Person
from salon.rules.history import finished
from salon.rules.said import Said
from salon.rules.times import later, local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from edge.store import Store
    from salon.records import Service, Visit


KINDS: dict[str, Said] = {
    key: Said(said.zh, said.en[0].upper() + said.en[1:]) for key, said in rhythm.CATEGORIES.items()
}
"""The kinds of care, as a heading has them."""


def kind_of(visit: Visit, catalogue: dict[str, Service]) -> str:
    """The category of what was done; a visit of two kinds counts for the first."""
    return next((catalogue[rid].category for rid in visit.services if rid in catalogue), "")


def at_hour(store: Store, weekday: int, hour: int) -> list[Person]:
    """Who came at this hour of this weekday in the last quarter: the people behind one cell."""
    zone = days.zone_name(store)
    return _counted(
        visit
        for visit in _of_quarter(store)
        if (at := local(visit.arrived_at, zone)).weekday() == weekday and at.hour == hour
    )


def of_kind(store: Store, category: str) -> list[Person]:
    """Who had care of this kind in the last quarter: the people behind one part of the pie."""
    catalogue = {service.rid: service for service in store.services.select()}
    return _counted(visit for visit in finished(_of_quarter(store)) if kind_of(visit, catalogue) == category)


def on_day(store: Store, day: date) -> list[Person]:
    """Who came on this day, in the order of arrival: the people behind one point of the line."""
    zone = days.zone_name(store)
    came = sorted(_on(store, day), key=lambda visit: visit.arrived_at)
    return [_at(visit, f"{local(visit.arrived_at, zone):%H:%M}") for visit in came]


def left_today(store: Store) -> list[Visit]:
    """Visits of today that are over, the last first."""
    today = days.day_of(now(), days.zone_name(store))
    return sorted(finished(_on(store, today)), key=lambda visit: visit.arrived_at, reverse=True)


def paid_today(store: Store) -> list[Person]:
    """Who left today, and what each paid: the people behind the day's takings."""
    return [_at(visit, f"¥{visit.paid_fen / 100:,.2f}") for visit in left_today(store)]


def _at(visit: Visit, text: str) -> Person:
    return Person(visit.member, Said(text, text), visit.rid)


def _of_quarter(store: Store) -> list[Visit]:
    since = later(now(), days=-kpis.QUARTER)
    return store.visits.select((where("arrived_at") > since) & (where("store") == store.store_id))


def _on(store: Store, day: date) -> list[Visit]:
    start, end = days.bounds(day, days.zone_name(store))
    return store.visits.select(
        (where("arrived_at") >= start) & (where("arrived_at") < end) & (where("store") == store.store_id)
    )


def _counted(visits: Iterable[Visit]) -> list[Person]:
    """Each once, who came most first, with her last visit of these."""
    came = sorted(visits, key=lambda visit: visit.arrived_at)
    counts = Counter(visit.member for visit in came)
    last = {visit.member: visit for visit in came}
    return [
        Person(member, Said(f"{count} 次", f"{count} times" if count > 1 else "once"), last[member].rid)
        for member, count in counts.most_common()
    ]
