"""A day's calendar by person, bed and room (APT-08): who is where when, and which half hours are free.

Who does not serve and what is no longer used keeps a row on the days on which something is still booked there, and offers nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from edge.kiosk.services import bookings, days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from edge.store import Store
    from salon.records import Appointment

STEP = timedelta(minutes=30)
"""One cell of the table."""


@dataclass(frozen=True)
class Cell:
    """A stretch of a row: free, or one booking."""

    at: datetime
    span: int
    """Columns that it takes."""
    booking: Appointment | None


@dataclass(frozen=True)
class Row:
    """One person, bed or room through the day."""

    kind: Literal["therapist", "bed", "room"]
    key: str
    """Rid of the person, name of the bed or room."""
    cells: tuple[Cell, ...]
    in_use: bool = True


@dataclass(frozen=True)
class Calendar:
    """A day of the store."""

    hours: tuple[datetime, ...]
    rows: tuple[Row, ...]


def of(store: Store, day: date, therapists: list[str], beds: list[str], rooms: list[str]) -> Calendar:
    """The calendar of a day; longer than the opening hours if a booking is."""
    kept = [
        b
        for b in bookings.of_day(store, day)
        if b.status in {"booked", "arrived", "done"} and b.booking != "conflict"
    ]
    begin, end = _hours(store, day, kept)
    rows: list[Row] = []
    for key in _with_given_up(therapists, [b.therapist for b in kept]):
        cells = tuple(_cells([b for b in kept if b.therapist == key], begin, end))
        rows.append(Row("therapist", key, cells, in_use=key in therapists))
    for key in _with_given_up(beds, [b.bed for b in kept]):
        cells = tuple(_cells([b for b in kept if b.bed == key], begin, end))
        rows.append(Row("bed", key, cells, in_use=key in beds))
    for key in _with_given_up(rooms, [b.room for b in kept]):
        cells = tuple(_cells([b for b in kept if b.room == key], begin, end))
        rows.append(Row("room", key, cells, in_use=key in rooms))
    hours = [begin + STEP * n for n in range(0, int((end - begin) / STEP), 2)]
    return Calendar(tuple(hours), tuple(rows))


def _with_given_up(in_use: list[str], booked: list[str]) -> list[str]:
    return [*in_use, *sorted(set(booked) - {"", *in_use})]


def _hours(store: Store, day: date, kept: list[Appointment]) -> tuple[datetime, datetime]:
    """From opening to closing in whole hours, and as far as the bookings go."""
    zone = ZoneInfo(days.zone_name(store))
    own = store.stores.find(store.store_id)
    opens, closes = (own.opens, own.closes) if own else ("10:00", "21:00")
    begin = datetime.combine(day, time.fromisoformat(opens), zone)
    end = datetime.combine(day, time.fromisoformat(closes), zone)
    begin = min([begin, *(_local(b.starts_at, zone) for b in kept)])
    end = max([end, *(_local(b.ends_at, zone) for b in kept)])
    last = datetime.combine(day + timedelta(days=1), time(0), zone)
    begin = max(begin.replace(minute=0, second=0, microsecond=0), datetime.combine(day, time(0), zone))
    whole = end.replace(minute=0, second=0, microsecond=0)
    return begin, min(whole if whole >= end else whole + timedelta(hours=1), last)


def _cells(kept: list[Appointment], begin: datetime, end: datetime) -> Iterator[Cell]:
    """Free half hours and bookings in turn; two that touch one half hour share it: the later one begins where the first ends."""
    at, zone = begin, begin.tzinfo
    for booking in sorted(kept, key=lambda b: b.starts_at):
        starts, ends = _local(booking.starts_at, zone), _local(booking.ends_at, zone)
        first = max(begin + STEP * int((starts - begin) / STEP), at)
        last = min(max(begin - STEP * int((begin - ends) // STEP), first + STEP), end)
        if first >= end:
            continue
        while at < first:
            yield Cell(at, 1, None)
            at += STEP
        yield Cell(first, max(1, int((last - first) / STEP)), booking)
        at = last
    while at < end:
        yield Cell(at, 1, None)
        at += STEP


def _local(when: str, zone: tzinfo | None) -> datetime:
    return datetime.fromisoformat(when).astimezone(zone)
