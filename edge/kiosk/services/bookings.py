"""The one calendar (APT-01): book, move, cancel; no therapist and no bed twice at a time (APT-08)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from tinydb import where

from edge.kiosk.services import days
from edge.store import iso, new_rid, now
from salon.records import Appointment
from salon.rules.said import Said

if TYPE_CHECKING:
    from datetime import date

    from edge.store import Store

LONGEST = timedelta(hours=12)
"""No booking is longer, so that only bookings begun that long before can still be running."""
SHORTEST = timedelta(minutes=30)
"""What a booking without a chosen service takes: a talk and a look at the skin."""

FARTHEST = timedelta(days=731)
"""Ahead: a year typed wrong is no booking."""
LATE = timedelta(hours=12)
"""Back: who came without a booking may still be written down on the same day."""
SHOWN_BACK = timedelta(days=20 * 366)
"""How far back the calendar can be leafed."""


class BadBooking(ValueError):
    """Raised when a booking cannot stand; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


def instant(store: Store, day: str, clock: str) -> str:
    """A day and a time as typed at the desk, as an instant. Raises BadBooking."""
    try:
        local = datetime.fromisoformat(f"{day}T{clock}")
    except ValueError as error:
        raise BadBooking(starts=Said("请选择日期和时间", "Please choose a day and a time")) from error
    wanted = local.replace(tzinfo=ZoneInfo(days.zone_name(store)))
    if not LATE > datetime.fromisoformat(now()) - wanted > -FARTHEST:
        raise BadBooking(starts=Said("这个时间已过或太远", "This time is over, or too far ahead"))
    return iso(wanted)


def of_day(store: Store, day: date) -> list[Appointment]:
    start, end = days.bounds(day, days.zone_name(store))
    today = (where("starts_at") >= start) & (where("starts_at") < end)
    return store.appointments.select(today & (where("store") == store.store_id), order_by="starts_at")


def book(
    store: Store, actor: str, member: str, starts_at: str, *,
    services: list[str], therapist: str, bed: str, needs: str,
) -> Appointment:  # fmt: skip
    """A new booking. Raises BadBooking, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        ends_at = _end(store, starts_at, services)
        _check(store, starts_at, ends_at, therapist, bed, but="")
        return store.appointments.add(
            Appointment(
                rid=new_rid(),
                member=store.members.load(member).rid,
                store=store.store_id,
                services=services,
                starts_at=starts_at,
                ends_at=ends_at,
                therapist=therapist,
                bed=bed,
                channel="desk",
                needs=needs[:1000],
            )
        )


def move(store: Store, actor: str, booking: str, starts_at: str) -> Appointment:
    """The same booking at another time. Raises BadBooking, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        known = _open(store, booking)
        ends_at = _end(store, starts_at, known.services)
        _check(store, starts_at, ends_at, known.therapist, known.bed, but=booking)
        return store.appointments.edit(booking, starts_at=starts_at, ends_at=ends_at)


def end(store: Store, actor: str, booking: str, how: Literal["cancelled", "no_show"]) -> Appointment:
    """She will not come, or did not (APT-09 counts both). Raises BadBooking, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        _open(store, booking)
        return store.appointments.edit(booking, status=how)


def _open(store: Store, booking: str) -> Appointment:
    known = store.appointments.load(booking)
    if known.status != "booked":
        raise BadBooking(booking=Said("这个预约已经不能更改", "This booking can no longer be changed"))
    return known


def _end(store: Store, starts_at: str, services: list[str]) -> str:
    minutes = sum(store.services.load(rid).minutes for rid in services)
    length = min(timedelta(minutes=minutes) or SHORTEST, LONGEST)
    return iso(datetime.fromisoformat(starts_at) + length)


def _check(store: Store, starts_at: str, ends_at: str, therapist: str, bed: str, *, but: str) -> None:
    earliest = iso(datetime.fromisoformat(starts_at) - LONGEST)
    # Beds are named alike in every store, and a therapist may help out elsewhere: only our own calendar counts here.
    span = (where("starts_at") > earliest) & (where("starts_at") < ends_at)
    near = store.appointments.select(span & (where("store") == store.store_id))
    running = [
        b for b in near if b.status in {"booked", "arrived"} and b.ends_at > starts_at and b.rid != but
    ]
    if therapist and any(b.therapist == therapist for b in running):
        raise BadBooking(therapist=Said("这位美容师此时已有预约", "This therapist is booked at that time"))
    if bed and any(b.bed == bed for b in running):
        raise BadBooking(bed=Said("这张床位此时已有预约", "This bed is booked at that time"))
