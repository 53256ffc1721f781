"""Whom a therapist serves (SEC-01), and a visit's way from the waiting list into the treatment (SVC-01, SAF-01..03).

Every page of the bed station loads its visit here, so that no page can forget to ask whether it may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import checkin, days, duties
from edge.kiosk.services.once import add_once, fact_rid
from edge.store import now, told
from salon.records import SopTick
from salon.rules import screening
from salon.rules import visit as steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Employee, Member, Service, Visit

SEES_ALL = frozenset({"manager", "owner"})
AT_THE_BED = ("arrived", "treatment", "feedback")
"""States in which a visit is the bed station's work."""


class NotYours(PermissionError):
    """Raised when an employee asks for a visit that is somebody else's."""


class NotStarted(Exception):
    """Raised when the treatment has not begun: the safety page comes first; `.treatment` is the visit's bundle."""

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment
        super().__init__(treatment.visit.rid)


@dataclass(frozen=True)
class Treatment:
    """A visit with what the bed station needs around it."""

    visit: Visit
    member: Member
    services: tuple[Service, ...]
    therapist: Employee | None
    last: Visit | None
    """Her last visit that came to its end."""

    @property
    def minutes(self) -> int:
        return sum(service.minutes for service in self.services)

    @property
    def price_fen(self) -> int:
        return sum(service.price_fen for service in self.services)


def may_serve(store: Store, employee: Employee, visit: Visit, bed: str) -> bool:
    """A therapist's own visits, and those of today that nobody has yet at this bed or at none; a manager's all."""
    if SEES_ALL & set(employee.roles) or visit.therapist == employee.rid:
        return True
    if visit.therapist or visit.state not in AT_THE_BED or not visit.arrived_at:
        return False
    zone = days.zone_name(store)
    return days.day_of(visit.arrived_at, zone) == days.day_of(now(), zone) and visit.bed in {"", bed}


def waiting(store: Store, employee: Employee, bed: str) -> list[Treatment]:
    """The visits that this employee may take up at this bed: her own first, then by arrival."""
    here = where("store") == store.store_id
    found = store.visits.select(where("state").one_of(list(AT_THE_BED)) & here)
    own = [visit for visit in found if may_serve(store, employee, visit, bed)]
    own.sort(key=lambda v: (v.state == "arrived", v.therapist != employee.rid, v.arrived_at))
    return [bundle(store, visit) for visit in own]


def load(store: Store, employee: Employee, visit_rid: str, bed: str) -> Treatment:
    """A visit with its bundle. Raises NoSuchRecord, NotYours."""
    visit = store.visits.load(visit_rid)
    if not may_serve(store, employee, visit, bed):
        raise NotYours(visit_rid)
    return bundle(store, visit)


def load_started(store: Store, employee: Employee, visit_rid: str, bed: str) -> Treatment:
    """The same, for pages that belong to a treatment under way. Raises NotStarted besides."""
    treatment = load(store, employee, visit_rid, bed)
    if treatment.visit.state not in {"treatment", "feedback"}:
        raise NotStarted(treatment)
    return treatment


def bundle(store: Store, visit: Visit) -> Treatment:
    """A visit with what stands around it. Asks nobody whether they may: `load` does."""
    found = (store.services.find(rid) for rid in visit.services)
    return Treatment(
        visit=visit,
        member=store.members.load(visit.member),
        services=tuple(service for service in found if service is not None),
        therapist=store.employees.find(visit.therapist) if visit.therapist else None,
        last=checkin.last_visit(store, visit.member),
    )


# --- safety before the treatment


def gate(store: Store, policy: Policy, treatment: Treatment) -> screening.Gate:
    """What stands between the customer and the treatment."""
    return screening.gate(
        told.whole(store, treatment.member),
        told.screenings(store, treatment.member.rid),
        treatment.visit,
        policy,
        now(),
        services=treatment.services,
        ticks=_patch_tests(store, treatment.member.rid),
    )


def _patch_tests(store: Store, member: str) -> list[SopTick]:
    return store.sop_ticks.select((where("step") == screening.PATCH_TEST) & (where("member") == member))


def confirm(store: Store, actor: str, treatment: Treatment, found: Sequence[str]) -> Treatment:
    """The contraindications were asked about in this visit, and these were found (SAF-02)."""
    known = sorted(set(found) & set(screening.CONDITIONS))
    with store.acting(actor), store.transaction():
        visit = store.visits.edit(
            treatment.visit.rid,
            contraindications_at=now(),
            contraindications_by=actor,
            contraindications_found=known,
        )
    return bundle(store, visit)


def record_patch_test(
    store: Store, actor: str, treatment: Treatment, result: Literal["good", "painful"]
) -> SopTick:
    """The result of a local patch test (SAF-03). The same result twice in one visit is one fact."""
    visit = treatment.visit
    tick = SopTick(
        rid=fact_rid("patch-test", visit.rid, result),
        visit=visit.rid,
        member=visit.member,
        service=visit.services[0] if visit.services else "",
        step=screening.PATCH_TEST,
        at=now(),
        by=actor,
        comfort=result,
    )
    with store.acting(actor), store.transaction():
        return add_once(store.sop_ticks, tick)


def begin(store: Store, actor: str, policy: Policy, treatment: Treatment, bed: str) -> Treatment:
    """Into the treatment, at this bed, by whoever begins it. Does nothing while the gate is closed.

    Asked twice, it changes nothing. Raises WrongStep for a visit that is already over, NotOnDuty where she who would treat may not
    serve yet (STF-07).
    """
    with store.acting(actor), store.transaction():
        current = bundle(store, store.visits.load(treatment.visit.rid))
        if gate(store, policy, current).blocked:
            return current
        changes = steps.advance(current.visit, "treatment", now()) if current.visit.state == "arrived" else {}
        if changes:
            duties.check(store, current.visit.therapist or actor)
            changes |= {"therapist": current.visit.therapist or actor, "bed": current.visit.bed or bed}
            store.visits.edit(current.visit.rid, **changes)
        return bundle(store, store.visits.load(current.visit.rid))
