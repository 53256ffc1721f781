"""The one calendar (APT-01): book, change, cancel; no therapist, no bed and no room twice at a time (APT-08).

The store's own slots are the last word: a clash comes back as words about who is there until when. A booking for another store
is provisional until that store has answered.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from tinydb import where

from edge.kiosk.services import days, duties, people
from edge.store import DoubleBooked, iso, new_rid, now
from salon.records import Appointment
from salon.rules import booking as rules
from salon.rules import names, times
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Service

Channel = Literal["desk", "phone", "web"]
CHANNELS: Mapping[Channel, Said] = {
    "desk": Said("到店", "At the desk"),
    "phone": Said("电话", "By phone"),
    "web": Said("网上或微信", "Online or by message"),
}
"""How a booking came in (APT-01): all of them stand in this one calendar."""
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
    services: list[str], therapist: str, bed: str, needs: str, key: str = "", at_store: str = "", express: bool = False,
    touch_up: bool = False, policy: Policy | None = None, room: str = "", channel: Channel = "desk",
) -> Appointment:  # fmt: skip
    """A new booking; with the key of its form, sent twice it is one. Raises BadBooking, NoSuchRecord."""
    rid = f"booking-{key}" if key else new_rid()
    elsewhere = bool(at_store) and at_store != store.store_id
    with store.acting(actor), store.transaction(), _said(store):
        known = store.appointments.find(rid)
        if known is not None:
            return known
        ends_at = _end(store, starts_at, services, policy if express else None)
        wanted = Appointment(
            rid=rid,
            member=people.shown_as(store, store.members.load(member)).rid,
            store=store.stores.load(at_store).rid if elsewhere else store.store_id,
            services=services,
            starts_at=starts_at,
            ends_at=ends_at,
            therapist="" if elsewhere else therapist,
            bed="" if elsewhere else bed,
            room="" if elsewhere else room,
            booking="provisional" if elsewhere else "confirmed",
            channel=channel,
            needs=needs[:1000],
            express=express,
            touch_up=touch_up,
        )
        _not_herself_twice(store, wanted)
        _places_in_use(store, wanted)
        _on_duty(store, wanted)
        return store.appointments.add(wanted)


def within_touch_up(store: Store, policy: Policy, returns: str, starts_at: str) -> None:
    """A touch-up slot is kept from the day that she is back, for so many days (APT-14). Raises BadBooking."""
    try:
        kept = rules.touch_up(date.fromisoformat(returns), policy)
    except (ValueError, OverflowError) as error:  # the last: there is no day after the year 9999
        raise BadBooking(touch_up=Said("请填写她回来的日期", "Please say when she is back")) from error
    if not kept.first <= days.day_of(starts_at, days.zone_name(store)) <= kept.last:
        said = kept.explain.said
        raise BadBooking(
            touch_up=Said(
                f"{said.zh}：{times.day(kept.first).zh}至{times.day(kept.last).zh}",
                f"{said.en}: {times.day(kept.first).en} to {times.day(kept.last).en}",
            )
        )


def change(
    store: Store, actor: str, booking: str, starts_at: str, *, therapist: str | None = None, bed: str | None = None,
    room: str | None = None, services: list[str] | None = None, policy: Policy | None = None,
) -> Appointment:  # fmt: skip
    """The same booking at another time, with another person, bed or room, or with other services: they stay together (APT-06), and it lasts
    as long as they do. What was in conflict is then confirmed. `policy`: of an express booking.

    Raises BadBooking, NoSuchRecord.
    """
    with store.acting(actor), store.transaction(), _said(store):
        known = _open(store, booking)
        fields: dict[str, Any] = {
            "starts_at": starts_at,
            "ends_at": _same_length(known, starts_at)
            if services is None or set(services) == set(known.services)
            else _end(store, starts_at, services, policy if known.express else None),
            "booking": "confirmed" if known.store == store.store_id else "provisional",
        }
        if services is not None:
            fields["services"] = sorted(services)
        if therapist is not None:
            fields["therapist"] = therapist
        if bed is not None:
            fields["bed"] = bed
        if room is not None:
            fields["room"] = room
        wanted = known.model_copy(update=fields)
        _not_herself_twice(store, wanted)
        _places_in_use(store, wanted)
        _on_duty(store, wanted)
        return store.appointments.edit(booking, **fields)


def end(store: Store, actor: str, booking: str, how: Literal["cancelled", "no_show"]) -> Appointment:
    """She will not come, or did not (APT-09 counts both). Raises BadBooking, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        _open(store, booking)
        when = {"cancelled_at": now()} if how == "cancelled" else {}
        return store.appointments.edit(booking, status=how, **when)


def conflicts(store: Store) -> list[Appointment]:
    """Bookings in this store's calendar that clash with another one and still lie ahead: a person decides (APT-08).

    Confirm one by `change` with another time, person, bed or room; `in_the_way` says what holds it up. Nothing else drops it.
    """
    wanted = (store.store_id, "conflict", "booked")
    return [b for b in _ahead(store) if (b.store, b.booking, b.status) == wanted]


def elsewhere(store: Store) -> list[Appointment]:
    """Bookings of this store's customers in other stores that are not answered yet, or could not be kept there."""
    there = [b for b in _ahead(store) if b.store != store.store_id and b.booking != "confirmed"]
    return [
        b
        for b in there
        if b.status == "booked"
        and (member := store.members.find(b.member))
        and member.home_store in {store.store_id, ""}
    ]


def ahead_here(store: Store) -> list[Appointment]:
    """Bookings of this store's calendar that are not over, the next first; those of a clash too."""
    return [b for b in _ahead(store) if b.store == store.store_id and b.status == "booked"]


def _ahead(store: Store) -> list[Appointment]:
    """Bookings that are not over, found by the index over their begin."""
    moment = now()
    earliest = iso(datetime.fromisoformat(moment) - LONGEST)
    near = store.appointments.select(where("starts_at") > earliest, order_by="starts_at")
    return [b for b in near if b.ends_at > moment]


def in_the_way(store: Store, booking: Appointment) -> list[Appointment]:
    """What a booking clashes with."""
    earliest = iso(datetime.fromisoformat(booking.starts_at) - LONGEST)
    span = (where("starts_at") > earliest) & (where("starts_at") < booking.ends_at)
    return [b for b in rules.clashes(booking, store.appointments.select(span)) if b.booking == "confirmed"]


@contextmanager
def _said(store: Store) -> Iterator[None]:
    """The store's refusal in words: who or what is taken, by whom, until when."""
    try:
        yield
    except DoubleBooked as clash:
        kind = clash.resource.split(":", 1)[0]
        other = store.appointments.find(clash.other)
        raise BadBooking(**{kind: _taken(store, kind, other)}) from clash


def _taken(store: Store, kind: str, other: Appointment | None) -> Said:
    what = {
        "therapist": Said("这位美容师此时已有预约", "This therapist is booked at that time"),
        "bed": Said("这张床位此时已有预约", "This bed is booked at that time"),
        "room": Said("这个房间此时已有预约", "This room is booked at that time"),
    }[kind]
    member = store.members.find(other.member) if other else None
    if other is None or member is None:
        return what
    zone = ZoneInfo(days.zone_name(store))
    begin, over = (datetime.fromisoformat(at).astimezone(zone) for at in (other.starts_at, other.ends_at))
    return Said(
        f"{what.zh}：{names.address(member, 'zh')}，{begin:%H:%M}–{over:%H:%M}",
        f"{what.en}: {names.address(member, 'en')}, {begin:%H:%M}–{over:%H:%M}",
    )


def _not_herself_twice(store: Store, wanted: Appointment) -> None:
    """She cannot be in two bookings at a time: several services belong into one (APT-06)."""
    for other in in_the_way(store, wanted.model_copy(update={"therapist": "", "bed": "", "room": ""})):
        zone = ZoneInfo(days.zone_name(store))
        begin = datetime.fromisoformat(other.starts_at).astimezone(zone)
        raise BadBooking(
            starts=Said(
                f"她在 {begin:%H:%M} 已有预约：请把项目加进去，或换个时间",
                f"She has a booking at {begin:%H:%M} already: add to it, or take another time",
            )
        )


def _places_in_use(store: Store, wanted: Appointment) -> None:
    """No booking on a bed or in a room that the store has given up (APT-08)."""
    own = store.stores.find(store.store_id)
    if own is None or wanted.store != store.store_id:
        return
    if wanted.bed and wanted.bed not in own.beds:
        raise BadBooking(
            bed=Said(
                f"{wanted.bed}已停用，请换一张床位", f"{wanted.bed} is no longer used: choose another bed"
            )
        )
    if wanted.room and wanted.room not in own.rooms:
        raise BadBooking(
            room=Said(
                f"{wanted.room}已停用，请换一个房间", f"{wanted.room} is no longer used: choose another room"
            )
        )


def _on_duty(store: Store, wanted: Appointment) -> None:
    """No booking with a colleague who may not serve yet (STF-07)."""
    try:
        duties.check(store, wanted.therapist)
    except duties.NotOnDuty as refused:
        raise BadBooking(therapist=refused.said) from refused


def _open(store: Store, booking: str) -> Appointment:
    known = store.appointments.load(booking)
    if known.status != "booked":
        raise BadBooking(booking=Said("这个预约已经不能更改", "This booking can no longer be changed"))
    return known


def _end(store: Store, starts_at: str, services: list[str], express: Policy | None) -> str:
    had = [store.services.load(rid) for rid in services]
    minutes = sum(_minutes(service, express) for service in had)
    length = min(timedelta(minutes=minutes) or SHORTEST, LONGEST)
    return iso(datetime.fromisoformat(starts_at) + length)


def _minutes(service: Service, express: Policy | None) -> int:
    """Its full time, or the time of its core (APT-12)."""
    if express is None:
        return service.minutes
    short = rules.express(service, express)
    if short is None:
        raise BadBooking(
            express=Said(
                f"{service.name}没有快速版",
                f"{service.name_en or service.name} is not offered as an express service",
            )
        )
    return short.minutes


def _same_length(known: Appointment, starts_at: str) -> str:
    length = datetime.fromisoformat(known.ends_at) - datetime.fromisoformat(known.starts_at)
    return iso(datetime.fromisoformat(starts_at) + length)
