"""The customers of the demo chain with their past visits, accounts and bookings for today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from salon import policies
from salon.demo import _catalogue, _regulars
from salon.demo._data import toml
from salon.records import (
    Appointment,
    Complaint,
    Consent,
    LedgerEntry,
    Member,
    Record,
    Screening,
    Survey,
    Visit,
)
from salon.rules import points, screening, times
from salon.rules.kpis import QUARTER
from salon.rules.times import Now

_TEXT_VERSION = "2026-1"
_OUR_KEYS = {
    "visits",
    "today",
    "sensitivity",
    "conditions",
    "points_before",
    "stored_yuan",
    "complaint",
}
"""Keys of members.toml that are not fields of the customer file."""


def members(store_id: str, now: Now) -> list[Member]:
    """The customers at home in a store."""
    return [_member(rid, body, now) for rid, body in _at_home(store_id)]


def build(store_id: str, now: Now, *, regulars: bool = False) -> list[Record]:
    """All records of a store's demo, in an order in which each refers to earlier ones only.

    With `regulars` the store has many more customers with two quarters of visits, as a house in business has.
    """
    records: list[Record] = [
        *(store for store in _catalogue.stores() if store.rid == store_id),
        *_catalogue.employees(store_id),
        *_catalogue.services(),
        *_catalogue.products(),
    ]
    for rid, body in _at_home(store_id):
        member = _member(rid, body, now)
        records.append(member)
        records.extend(_file(member, body, now))
        for number, row in enumerate(body.get("visits", ()), 1):
            records.extend(_visit(member, number, row, now))
        if "today" in body:
            records.append(_appointment(member, body["today"], now))
    if regulars:
        records.extend(_regulars_of(store_id, now))
    return records


def _regulars_of(store_id: str, now: Now) -> Iterator[Record]:
    for rid, body in _regulars.at_home(store_id):
        member = _member(rid, body, now)
        yield member
        yield from _file(member, body, now)
        for number, row in enumerate(body["visits"], 1):
            for record in _visit(member, number, row, now):
                yield record
                if isinstance(record, Visit):
                    yield from _regulars.ticks(record, QUARTER, row[0])


def _at_home(store_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [(rid, body) for rid, body in toml("members").items() if body["home_store"] == store_id]


def _at(now: Now, days_ago: int, hour: int, minute: int = 0) -> datetime:
    """An hour of the store's clock, so many days ago."""
    zone = ZoneInfo("Asia/Shanghai")
    day = times.instant(now).astimezone(zone).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(hour, minute), zone)


def _joined(body: dict[str, Any], now: Now) -> datetime:
    first = max((row[0] for row in body.get("visits", ())), default=1)
    return _at(now, first, 13, 30)


def _member(rid: str, body: dict[str, Any], now: Now) -> Member:
    fields = {key: value for key, value in body.items() if key not in _OUR_KEYS}
    code = f"P{body['phone'][-8:]}"  # printed as a QR code on the member card
    joined = times.text(_joined(body, now))
    return Member(rid=rid, card_code=code, joined_at=joined, source="desk", **fields)


def _file(member: Member, body: dict[str, Any], now: Now) -> Iterator[Record]:
    """What the first visit left in the file; a customer yet to come has none of it."""
    if not body.get("visits"):
        return
    joined = times.text(_joined(body, now))
    yield Screening(
        rid=f"q-{member.rid}",
        member=member.rid,
        taken_at=joined,
        form=screening.FORM_VERSION,
        allergens=member.allergens,
        conditions=body.get("conditions", []),
        sensitivity=body.get("sensitivity", "none"),
    )
    for purpose in ("service", "photos", "marketing", *(["share_health"] if "stored_yuan" in body else [])):
        yield Consent(
            rid=f"k-{member.rid}-{purpose}",
            member=member.rid,
            purpose=purpose,
            granted=True,
            decided_at=joined,
            text_version=_TEXT_VERSION,
            channel="kiosk",
        )
    if "points_before" in body:
        yield _entry(member, "points", body["points_before"], "import", joined)
    if "stored_yuan" in body:
        yield _entry(member, "fen", body["stored_yuan"] * 100, "top_up", joined)
    if "complaint" in body:
        topic, story, days_ago = body["complaint"]
        yield Complaint(
            store=member.home_store,
            rid=f"c-{member.rid}",
            member=member.rid,
            opened_at=times.text(_at(now, days_ago, 18)),
            topic=topic,
            story=story,
            state="responded",
            responded_at=times.text(_at(now, days_ago, 18, 20)),
        )


def _entry(member: Member, unit: str, amount: int, reason: str, at: str) -> LedgerEntry:
    rid = f"l-{member.rid}-{reason}"
    return LedgerEntry.parse(
        {"rid": rid, "member": member.rid, "store": member.home_store, "at": at}
        | {"unit": unit, "amount": amount, "reason": reason}
    )


def _visit(member: Member, number: int, row: list[Any], now: Now) -> Iterator[Record]:
    days_ago, service, therapist, yuan, payment, rating, hint, *hour = row
    arrived = _at(now, days_ago, hour[0] if hour else 13 + number % 5, 10)
    steps = {
        "arrived_at": arrived,
        "contraindications_at": arrived + timedelta(minutes=8),
        "treatment_at": arrived + timedelta(minutes=12),
        "feedback_at": arrived + timedelta(minutes=85),
        "aftercare_at": arrived + timedelta(minutes=92),
        "closed_at": arrived + timedelta(minutes=97),
    }
    visit = Visit(
        rid=f"v-{member.rid}-{number}",
        member=member.rid,
        store=member.home_store,
        state="closed",
        services=[service],
        therapist=therapist,
        contraindications_by=therapist,
        identified_by="phone",
        identify_ms=9000 + 1700 * (number % 4),
        drink=member.drink,
        paid_fen=yuan * 100,
        payment=payment,
        next_hint=hint,
        **{field: times.text(moment) for field, moment in steps.items()},
    )
    yield visit
    posting = points.earned(visit, policies.default())
    if posting.amount:
        yield posting.entry(visit, visit.closed_at)
    if payment == "stored_value":
        yield LedgerEntry(
            rid=f"spend-{visit.rid}",
            member=member.rid,
            unit="fen",
            amount=-visit.paid_fen,
            reason="spend",
            at=visit.closed_at,
            store=visit.store,
            visit=visit.rid,
        )
    yield Survey(
        rid=f"s-{visit.rid}",
        member=member.rid,
        visit=visit.rid,
        at=times.text(arrived + timedelta(hours=26)),
        satisfaction=rating,
        nps=rating // 10,
        service=service,
        therapist=therapist,
    )


def _appointment(member: Member, row: list[str], now: Now) -> Appointment:
    clock, service, therapist, bed = row
    hour, minute = map(int, clock.split(":"))
    starts = _at(now, 0, hour, minute)
    minutes = next(s.minutes for s in _catalogue.services() if s.rid == service)
    return Appointment(
        rid=f"a-{member.rid}-{starts:%Y%m%d}",
        member=member.rid,
        store=member.home_store,
        services=[service],
        therapist=therapist,
        bed=bed,
        starts_at=times.text(starts),
        ends_at=times.text(starts + timedelta(minutes=minutes)),
    )
