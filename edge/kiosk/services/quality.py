"""Quality in the store: weekly sheets of ten items (CMP-10), visits that left the manual (CMP-15), ratings by service and person (CMP-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import catalogue_history, days
from edge.kiosk.services.once import add_once, fact_rid
from edge.store import now
from salon.records import QualitySheet
from salon.rules import quality, surveys
from salon.rules.kpis import QUARTER
from salon.rules.times import days_between, later

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Employee, Member, Service, Visit
    from salon.rules.figures import Figure

LOOKED_BACK = 14
"""Days of visits that are held against the manual: what is older is no longer remembered well enough to talk about."""
MOST = 30
"""Visits shown: more are a habit, not a list."""


class Incomplete(ValueError):
    """Raised when a sheet lacks items or has scores that are none; `.missing` are the items."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(", ".join(missing))


@dataclass(frozen=True)
class Standing:
    """How one colleague stands."""

    employee: Employee
    quality: quality.Quality
    scored: bool
    """Whether this week's sheet is there."""


@dataclass(frozen=True)
class Departure:
    """A visit that left the manual, and where."""

    visit: Visit
    member: Member
    found: tuple[quality.Deviation, ...]


def week(store: Store) -> str:
    """The Monday of this week, on the store's clock."""
    today = days.day_of(now(), days.zone_name(store))
    return (today - timedelta(days=today.weekday())).isoformat()


def standings(store: Store, policy: Policy) -> list[Standing]:
    """Everybody who serves, whose sheet is still to be written first."""
    monday = week(store)
    found = []
    for employee in store.employees.select(where("store") == store.store_id, order_by="name"):
        if employee.active and "beautician" in employee.roles:
            sheets = store.quality_sheets.select(where("employee") == employee.rid)
            written = any(sheet.week == monday for sheet in sheets)
            found.append(Standing(employee, quality.standing(sheets, policy), written))
    return sorted(found, key=lambda item: item.scored)


def score(store: Store, actor: str, employee: str, answers: Mapping[str, str], remarks: str) -> QualitySheet:
    """The sheet of a colleague for this week: once, whole. A second one of the same week changes nothing. Raises Incomplete."""
    given = {
        item: int(text)
        for item, text in answers.items()
        if item in quality.ITEMS and text.isascii() and text.isdigit()
    }
    missing = [item for item in quality.ITEMS if not 0 <= given.get(item, -1) <= quality.MOST_AN_ITEM]
    if missing:
        raise Incomplete(missing)
    monday = week(store)
    sheet = QualitySheet(
        rid=fact_rid("quality", store.store_id, employee, monday), store=store.store_id, employee=employee, week=monday,
        scores=given, by=actor, at=now(), remarks=remarks.strip()[:1000],
    )  # fmt: skip
    with store.acting(actor), store.transaction():
        return add_once(store.quality_sheets, sheet)


def departures(store: Store) -> list[Departure]:
    """Finished visits of the last two weeks that left the manual, the newest first."""
    here = where("store") == store.store_id
    visits = store.visits.select(
        here & (where("arrived_at") > later(now(), days=-LOOKED_BACK)), order_by="arrived_at", descending=True
    )
    services = catalogue_history.editions(store, store.services.select())
    found = []
    for visit in visits:
        own = where("visit") == visit.rid
        ticks = store.sop_ticks.select(own)
        if visit.state not in {"aftercare", "closed"} or not ticks:
            continue
        left = quality.deviations(visit, services.at(visit), ticks, store.product_uses.select(own))
        member = store.members.find(visit.member)
        if left and member is not None:
            found.append(Departure(visit, member, left))
    return found[:MOST]


def ratings(
    store: Store, policy: Policy
) -> tuple[list[tuple[Service, Figure]], list[tuple[Employee, Figure]]]:
    """Satisfaction of the last quarter by service and by who served (CMP-13); who rated low stands behind each."""
    moment = now()
    home = {visit.rid for visit in store.visits.select(where("store") == store.store_id)}
    recent = [
        s for s in store.surveys.select() if s.visit in home and 0 <= days_between(s.at, moment) < QUARTER
    ]
    services = store.services.select()
    people = {employee.rid: employee for employee in store.employees.select()}
    by_service = surveys.by_service(recent, services, policy)
    by_person = surveys.by_therapist(recent, policy)
    return (
        [(service, by_service[service.rid]) for service in services if by_service[service.rid].n],
        [(people[rid], figure) for rid, figure in by_person.items() if rid in people],
    )
