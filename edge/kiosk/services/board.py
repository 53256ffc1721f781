"""The day at the front desk: who is booked, who has arrived, who is being treated, who is leaving (PRF-20, SVC-04, KPI-17)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import checkin, days, people
from edge.store import allowed, now, told
from salon.records import Visit
from salon.rules import allergens, drinks, names, screening, staffcard
from salon.rules.greeting import service_names, therapist_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Appointment, Employee, Member, Service

Column = Literal["booked", "arrived", "treatment", "leaving", "done"]
_COLUMN: dict[str, Column] = {
    "arrived": "arrived",
    "treatment": "treatment",
    "feedback": "leaving",
    "aftercare": "leaving",
    "closed": "done",
}


@dataclass(frozen=True)
class Row:
    """One customer on the board, in the language of the page."""

    rid: str
    """Of the visit; of the appointment in the first column."""
    at: str
    address: str
    services: str
    therapist: str
    bed: str
    drink: str
    allergens: tuple[str, ...]
    waiting: int
    """Minutes since arrival, while she waits."""
    questionnaire_due: bool
    identify_s: float
    member: str


@dataclass
class Board:
    """The rows of each column."""

    booked: list[Row] = field(default_factory=list)
    arrived: list[Row] = field(default_factory=list)
    treatment: list[Row] = field(default_factory=list)
    leaving: list[Row] = field(default_factory=list)
    done: list[Row] = field(default_factory=list)

    def column(self, name: Column) -> list[Row]:
        rows: list[Row] = getattr(self, name)
        return rows


class _Names:
    """The catalogues that rows are written with, read once a board."""

    def __init__(self, store: Store, language: str) -> None:
        self.language = language
        self.services: dict[str, Service] = {s.rid: s for s in store.services.select()}
        self.employees: dict[str, Employee] = {e.rid: e for e in store.employees.select()}

    def of_services(self, rids: Sequence[str]) -> str:
        return service_names(rids, self.services).in_(self.language)

    def of_therapist(self, rid: str) -> str:
        return therapist_name(self.employees.get(rid), self.language)


def board(store: Store, policy: Policy, language: str) -> Board:
    """Today's board."""
    moment, zone = now(), days.zone_name(store)
    start, end = days.bounds(days.day_of(moment, zone), zone)
    words = _Names(store, language)
    made = Board()
    ours = where("store") == store.store_id
    bookings = store.appointments.select(
        (where("starts_at") >= start) & (where("starts_at") < end) & ours, order_by="starts_at"
    )
    for booking in bookings:
        member = store.members.find(booking.member) if booking.status == "booked" else None
        if member is not None:
            made.booked.append(_row(store, policy, words, member, booking, moment))
    for visit in _visits(store, start, end):
        member = store.members.find(visit.member)
        if member is not None:
            made.column(_COLUMN[visit.state]).append(_row(store, policy, words, member, visit, moment))
    return made


def _visits(store: Store, start: str, end: str) -> list[Visit]:
    """Those in the house, whenever they came, and those closed today; by arrival."""
    ours = where("store") == store.store_id
    here = [
        v for state in checkin.IN_THE_HOUSE for v in store.visits.select((where("state") == state) & ours)
    ]
    today = (where("arrived_at") >= start) & (where("arrived_at") < end) & ours
    gone = [v for v in store.visits.select(today) if v.state == "closed"]
    return sorted([*here, *gone], key=lambda v: v.arrived_at)


def _row(
    store: Store, policy: Policy, words: _Names, member: Member, entry: Visit | Appointment, moment: str
) -> Row:
    visit = entry if isinstance(entry, Visit) else None
    health = told.of(store, member)
    gate = screening.gate(member, told.screenings(store, member.rid), None, policy, moment)
    return Row(
        rid=entry.rid,
        at=entry.arrived_at if isinstance(entry, Visit) else entry.starts_at,
        address=names.address(member, words.language),
        services=words.of_services(entry.services),
        therapist=words.of_therapist(entry.therapist),
        bed=entry.bed,
        drink=drinks.label((visit.drink if visit else "") or member.drink, words.language),
        allergens=tuple(allergens.label(key).in_(words.language) for key in health.allergens),
        waiting=checkin.waiting_minutes(visit, moment) if visit and visit.state == "arrived" else 0,
        questionnaire_due=bool({"screening", "screening_expired"} & set(gate.needs)),
        identify_s=visit.identify_ms / 1000 if visit else 0,
        member=member.rid,
    )


def card(store: Store, member: Member, language: str) -> staffcard.StaffCard:
    """The staff card (PRF-20) from this member's own records alone."""
    files = people.files(store, member)
    return staffcard.card(
        told.whole(store, member),
        people.records(store.visits, files),
        store.services.select(),
        store.employees.select(),
        people.records(store.ledger, files),
        people.records(store.complaints, files),
        allowed.last_words(store, member.rid),
        now(),
        language,
        timezone=days.zone_name(store),
    )
