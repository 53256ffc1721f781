"""The end of a treatment (SVC-15): what came of it, the follow-ups scheduled (FUP-01..05), the report given its code.

Asked twice, or again after a restart, it does nothing twice: states only go forward, follow-ups have ids made of the visit's,
and a report keeps its code.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import days
from edge.kiosk.services.once import add_once
from edge.store import now
from salon.rules import followups, points
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Appointment, FollowUp, Visit

CODE_BYTES = 16
"""Of a report's code: 128 bits, not to be found by trying."""

RESULTS: dict[str, Said] = {
    "calmer": Said("泛红减轻", "Redness calmer"),
    "softer": Said("触感更柔软", "Feels softer"),
    "brighter": Said("气色更亮", "Looks brighter"),
    "same": Said("变化不明显", "Little change"),
}
"""What is said most after a treatment: one touch instead of typing with gloves."""
HINTS: dict[str, Said] = {
    "lighter": Said("下次力度减轻", "Lighter pressure next time"),
    "moisture": Said("下次加强补水", "More moisture next time"),
    "eyes": Said("避开眼周", "Keep off the eye area"),
    "cooler": Said("面膜温度低一些", "A cooler mask"),
}


@dataclass(frozen=True)
class NextVisit:
    """When to come again, and whether it is booked already (APT-13)."""

    day: date | None
    cycle_days: int
    booked: Appointment | None


def to_feedback(store: Store, actor: str, treatment: Treatment) -> Visit:
    """The hands-on part is over: what follows is measuring and asking. Asked twice, it changes nothing."""
    with store.acting(actor), store.transaction():
        visit = store.visits.load(treatment.visit.rid)
        if visit.state == "treatment":
            visit = store.visits.edit(visit.rid, **steps.advance(visit, "feedback", now()))
        return visit


def finish(
    store: Store, actor: str, policy: Policy, treatment: Treatment, *, result: str, next_hint: str
) -> Visit:
    """The visit goes on to after-sale; the desk takes over. Raises WrongStep for a visit that never began."""
    with store.acting(actor), store.transaction():
        visit = to_feedback(store, actor, treatment)
        if visit.state in {"aftercare", "closed"}:
            return visit
        visit = store.visits.edit(
            visit.rid,
            **steps.advance(visit, "aftercare", now()),
            result=result.strip()[:4000],
            next_hint=next_hint.strip()[:4000],
            report_code=visit.report_code or secrets.token_urlsafe(CODE_BYTES),
        )
        first = is_first(store, visit)
        for task in followups.schedule(visit, treatment.member, first, policy, now()):
            add_once(store.follow_ups, task)
        return visit


def is_first(store: Store, visit: Visit) -> bool:
    """Whether no earlier visit of this customer came to its treatment's end."""
    others = store.visits.select(where("member") == visit.member)
    return not any(other.rid != visit.rid and (other.aftercare_at or other.closed_at) for other in others)


def tasks(store: Store, visit: str) -> list[FollowUp]:
    """The follow-ups of a visit, by time."""
    return store.follow_ups.select(where("visit") == visit, order_by="due_at")


def points_to_come(treatment: Treatment, policy: Policy) -> points.Posting:
    """What checkout will post if the list price is paid; after checkout, what it did post."""
    visit = treatment.visit
    if not visit.paid_fen:
        visit = visit.model_copy(update={"paid_fen": treatment.price_fen})
    return points.earned(visit, policy)


def next_visit(store: Store, treatment: Treatment) -> NextVisit:
    """The shortest cycle of today's services, and a booking that lies ahead."""
    cycles = [service.cycle_days for service in treatment.services if service.cycle_days]
    zone = days.zone_name(store)
    today = days.day_of(now(), zone)
    ahead = store.appointments.select(
        (where("member") == treatment.member.rid) & (where("starts_at") > days.bounds(today, zone)[1]),
        order_by="starts_at",
    )
    booked = next((booking for booking in ahead if booking.status == "booked"), None)
    cycle = min(cycles, default=0)
    return NextVisit(today + timedelta(days=cycle) if cycle else None, cycle, booked)
