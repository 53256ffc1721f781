"""What a colleague aims at, has done and may do (STF-02, STF-07, STF-11), and how she recommends (SVC-13): counted, written by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import days, duties
from edge.store import now, trail
from salon.rules import recommend, staff
from salon.rules.times import later

if TYPE_CHECKING:
    from datetime import date

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Employee
    from salon.rules.figures import Figure

WEEK = 7
"""Days of the work log that are shown."""
OFFERED_DAYS = 91
"""Days of recommendations that are looked at: a quarter."""
PREFERENCES = frozenset(
    {
        "tags", "drink", "music", "pressure", "scent", "warmth", "time_of_day", "odour_sensitive", "in_a_hurry", "colours_liked",
        "colours_refused", "nail_shape", "nail_style", "hobbies",
    }
)  # fmt: skip
"""Fields of a file whose writing counts as a preference brought up to date (STF-02)."""


@dataclass(frozen=True)
class Colleague:
    """One person of the team, for the manager's page."""

    employee: Employee
    targets: tuple[Figure, Figure, Figure]
    duty: staff.Duty
    log: list[tuple[date, staff.Day]]
    upsell: recommend.Upsell | None
    """None for who recommended nothing."""


def of(store: Store, policy: Policy, employee: Employee) -> Colleague:
    """From the records of the store and its log."""
    moment, zone = now(), days.zone_name(store)
    today = days.day_of(moment, zone)
    visits = store.visits.select(where("therapist") == employee.rid)
    own = {visit.rid for visit in visits}
    ticks = store.sop_ticks.select(where("by") == employee.rid)
    tasks = store.follow_ups.select(where("owner") == employee.rid)
    offers = store.offers.select(
        (where("by") == employee.rid) & (where("at") > later(moment, days=-OFFERED_DAYS))
    )
    audits = recommend.audit(offers)
    return Colleague(
        employee=employee,
        targets=staff.targets(
            employee,
            visits,
            [survey for survey in store.surveys.select() if survey.visit in own],
            store.members.select(where("therapist") == employee.rid),
            preferences_written(store, employee.rid),
            policy,
            moment,
        ),
        duty=duties.of(store, policy, employee),
        log=[
            (day, staff.work_log(employee.rid, day, visits, ticks, tasks, zone))
            for day in (today - timedelta(days=back) for back in range(WEEK))
        ],
        upsell=next(iter(audits), None),
    )


def preferences_written(store: Store, employee: str) -> int:
    """Files whose preferences she brought up to date in the last seven days, by the log."""
    since = later(now(), days=-WEEK)
    lines = trail.read(store.connections.get(), actor=employee, kind="member", since=since, limit=1000)
    return len({line.rid for line in lines if PREFERENCES & set(line.fields)})
