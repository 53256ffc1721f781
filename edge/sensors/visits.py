"""Whose skin it is: the visit in treatment at a device's place, and whether the care has begun to work.

The rule is the simplest honest one: `before` until the first step that treats the skin is ticked off, `after` from then on. What comes
before a service's own first measuring step (make-up off, cleansed) is how it wants the skin to be measured, and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinydb.queries import where

from edge.store import Store
from salon.records import Service, Step, Visit

_WORKS_ON_SKIN = frozenset({"treat", "product"})


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a reading is of, and when in her care."""

    visit: str
    member: str
    phase: Literal["before", "after"]


def whose(store: Store, place: str) -> Whose | None:
    """Whose skin is measured at a place now; None when nobody is cared for there."""
    visit = in_treatment(store, place)
    return None if visit is None else Whose(visit.rid, visit.member, phase(store, visit))


def in_treatment(store: Store, place: str) -> Visit | None:
    """The visit at a place; if an older one was left open there, the one that began last."""
    if not place:
        return None
    cared_for = ((where("state") == "treatment") | (where("state") == "feedback")) & (
        where("store") == store.store_id
    )
    found = store.visits.select(
        cared_for & (where("bed") == place), order_by="treatment_at", descending=True, limit=1
    )
    return found[0] if found else None


def phase(store: Store, visit: Visit) -> Literal["before", "after"]:
    """Whether a reading taken now is one before the care or after it."""
    if visit.state == "feedback":
        return "after"
    last: dict[tuple[str, str], bool] = {}
    for tick in store.sop_ticks.select(where("visit") == visit.rid, order_by="at"):
        last[tick.service, tick.step] = not tick.undone
    done = {key for key, stands in last.items() if stands}
    for service_rid in {service for service, _ in done}:
        service = store.services.find(service_rid)
        if service and any((service_rid, step.key) in done for step in _working(service)):
            return "after"
    return "before"


def _working(service: Service) -> list[Step]:
    """The steps after which the skin is no longer as it came: those after the first measuring step, or all if there is none."""
    first = next((place for place, step in enumerate(service.steps) if step.kind == "measure"), 0)
    return [step for step in service.steps[first:] if step.kind in _WORKS_ON_SKIN]
