"""Bringing a customer in: her visit begins (SVC-01), the time it took is kept (SVC-02), the desk sees it at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import days, people, planning
from edge.store import new_rid, now, told
from salon.records import Member, Visit
from salon.rules import careplan, greeting, points, screening
from salon.rules import visit as steps

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Appointment

How = Literal["phone", "qr", "card", "desk", "form"]
IN_THE_HOUSE = ("arrived", "treatment", "feedback", "aftercare")


def arrive(store: Store, actor: str, member: str, how: How, identify_ms: int = 0) -> Visit:
    """The member has come: her booked visit goes on, or a new one begins. Asked twice, it is the same visit."""
    with store.acting(actor), store.transaction():
        open_visit = current_visit(store, member)
        if open_visit is not None and open_visit.state in IN_THE_HOUSE:
            return open_visit
        person = people.shown_as(store, store.members.load(member))
        booking = booking_of_today(store, member)
        visit = open_visit or _new_visit(store, person, booking)
        visit = store.visits.edit(
            visit.rid,
            **steps.advance(visit, "arrived", now()),
            identified_by=how,
            identify_ms=max(0, identify_ms),
            drink=visit.drink or person.drink,
        )
        if booking is not None:
            store.appointments.edit(booking.rid, status="arrived", visit=visit.rid)
        return visit


def current_visit(store: Store, member: str) -> Visit | None:
    """The member's visit that is booked for today or under way."""
    visits = store.visits.select(where("member").one_of(store.files(member)))
    under_way = [v for v in visits if v.state in IN_THE_HOUSE]
    if under_way:
        return max(under_way, key=lambda v: v.arrived_at)
    booking = booking_of_today(store, member)
    return next((v for v in visits if booking and v.rid == booking.visit and v.state == "booked"), None)


def booking_of_today(store: Store, member: str) -> Appointment | None:
    """The member's next booking of today that has not begun."""
    zone = days.zone_name(store)
    start, end = days.bounds(days.day_of(now(), zone), zone)
    booked = store.appointments.select(
        where("member").one_of(store.files(member))
        & (where("starts_at") >= start)
        & (where("starts_at") < end)
        & (where("store") == store.store_id),
        order_by="starts_at",
    )
    return next((b for b in booked if b.status == "booked"), None)


def _new_visit(store: Store, member: Member, booking: Appointment | None) -> Visit:
    visit = Visit(
        rid=new_rid(),
        member=member.rid,
        store=store.store_id,
        state="booked",
        appointment=booking.rid if booking else "",
        services=booking.services if booking else [],
        therapist=(booking.therapist if booking else "") or member.therapist,
        bed=booking.bed if booking else "",
        express=booking.express if booking else False,
    )
    return store.visits.add(visit)


def last_visit(store: Store, member: str) -> Visit | None:
    """The member's last visit that came to its end."""
    done = store.visits.select(where("member").one_of(store.files(member)) & (where("state") == "closed"))
    return max(done, key=lambda v: v.arrived_at, default=None)


def greet(store: Store, policy: Policy, visit: Visit, language: str) -> greeting.Greeting:
    """What the customer is greeted with."""
    member, last = store.members.load(visit.member), last_visit(store, visit.member)
    entries = store.ledger.select(
        where("member").one_of(store.files(member.rid)) & (where("unit") == "points")
    )
    own = planning.active(store, member.rid)
    wanted = {*visit.services, *(last.services if last else ())}
    # The whole catalogue only for a plan's words: she waits for this page.
    named = [found for rid in sorted(wanted) if (found := store.services.find(rid))]
    return greeting.greet(
        member,
        last,
        visit,
        store.employees.find(visit.therapist) if visit.therapist else None,
        named,
        points.balance(entries, "points"),
        policy,
        now(),
        language,
        timezone=days.zone_name(store),
        plan=careplan.words(own, store.services.select()) if own else None,
    )


def choose_drink(store: Store, actor: str, visit: str, drink: str) -> None:
    """Today's drink; remembered as her favourite if she had none (SVC-04)."""
    with store.acting(actor), store.transaction():
        chosen = store.visits.edit(visit, drink=drink)
        if not store.members.load(chosen.member).drink:
            store.members.edit(chosen.member, drink=drink)


def questionnaire_due(store: Store, policy: Policy, member: str) -> bool:
    """Whether the skin and allergy questionnaire stands between her and a treatment (SAF-01)."""
    answers = told.screenings(store, member)
    gate = screening.gate(store.members.load(member), answers, None, policy, now())
    return bool({"screening", "screening_expired"} & set(gate.needs))


def milliseconds_since(started: float, moment: float) -> int:
    """How long identifying took; a clock that was set back meanwhile counts as nothing."""
    return max(0, round((moment - started) * 1000))


def waiting_minutes(visit: Visit, moment: str) -> int:
    """Minutes since arrival (KPI-17)."""
    passed = datetime.fromisoformat(moment) - datetime.fromisoformat(visit.arrived_at)
    return max(0, int(passed.total_seconds() // 60))
