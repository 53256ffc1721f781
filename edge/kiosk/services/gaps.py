"""Times to offer first: those that leave no gap in the day of the person who treats her (APT-08)."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tinydb import where

from edge.kiosk.services import bookings
from edge.store import now
from salon.rules import booking as rules

if TYPE_CHECKING:
    from datetime import date

    from edge.store import Store
    from salon.records import Member

OFFERED = 4


def snug(store: Store, day: date, member: Member, therapist: str, services: list[str]) -> list[datetime]:
    """Begins on a day for what she books, else for what she had last; empty while nobody is chosen or the day is empty still."""
    own = store.stores.find(store.store_id)
    who = therapist or member.therapist
    if own is None or not who:
        return []
    zone = ZoneInfo(own.timezone)
    opens, closes = (
        datetime.combine(day, time.fromisoformat(clock), zone) for clock in (own.opens, own.closes)
    )
    busy = [
        (booking.starts_at, booking.ends_at)
        for booking in bookings.of_day(store, day)
        if booking.therapist == who and booking.status in {"booked", "arrived", "done"}
    ]
    found = rules.snug(busy, opens, closes, _minutes(store, member, services))
    return [at for at in found if at > datetime.fromisoformat(now())][:OFFERED]


def _minutes(store: Store, member: Member, services: list[str]) -> int:
    """How long it takes: what is chosen, else as last time, else a talk."""
    if not services:
        past = store.visits.select(
            where("member") == member.rid, order_by="arrived_at", descending=True, limit=1
        )
        services = past[0].services if past else []
    chosen = [found for rid in services if (found := store.services.find(rid)) is not None]
    return sum(service.minutes for service in chosen) or int(bookings.SHORTEST.total_seconds() // 60)
