"""Before she arrives: whom a beautician expects at a bed today, and "all is ready" (APT-04, SVC-12)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from edge.kiosk.services import bookings, days, tasks, treatment
from edge.kiosk.services.treatment import SEES_ALL, NotYours
from edge.store import NoSuchRecord, now
from salon.records import Visit

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Appointment, Employee


def coming(store: Store, employee: Employee, bed: str) -> list[tuple[Appointment, Treatment]]:
    """Today's bookings to come that this employee may prepare, the next first."""
    today = days.day_of(now(), days.zone_name(store))
    moment = datetime.fromisoformat(now())
    ahead = [
        b
        for b in bookings.of_day(store, today)
        if b.status == "booked" and datetime.fromisoformat(b.ends_at) > moment and _hers(employee, b, bed)
    ]
    return [(b, _expected(store, b)) for b in ahead]


def load(store: Store, employee: Employee, booking: str, bed: str) -> tuple[Appointment, Treatment]:
    """A booking and who comes. Raises NoSuchRecord, NotYours."""
    found = store.appointments.load(booking)
    if found.store != store.store_id or found.status != "booked":
        raise NoSuchRecord("appointment", booking)
    if not _hers(employee, found, bed):
        raise NotYours(booking)
    return found, _expected(store, found)


def _hers(employee: Employee, booking: Appointment, bed: str) -> bool:
    """Her own, and those of nobody yet at this bed or at none; a manager's all (SEC-01)."""
    if SEES_ALL & set(employee.roles) or booking.therapist == employee.rid:
        return True
    return not booking.therapist and booking.bed in {"", bed}


def _expected(store: Store, booking: Appointment) -> Treatment:
    """What a visit of this booking will be; it is kept nowhere before she comes."""
    return treatment.bundle(
        store,
        Visit(
            rid=booking.rid,
            member=store.files(booking.member)[0],
            store=booking.store,
            state="booked",
            appointment=booking.rid,
            services=booking.services,
            therapist=booking.therapist,
            bed=booking.bed,
            express=booking.express,
        ),
    )


def ready(store: Store, actor: str, booking: Appointment) -> None:
    """Bed, products and preferences are ready: the booking says so, and the task is done. Asked twice, it changes nothing."""
    task = f"prep-{booking.rid}"[:64]
    with store.acting(actor), store.transaction():
        if store.follow_ups.find(task) is not None:
            tasks.close(store, actor, task, "done", "")
        if not store.appointments.load(booking.rid).prepared_at:
            store.appointments.edit(booking.rid, prepared_at=now(), prepared_by=actor)
