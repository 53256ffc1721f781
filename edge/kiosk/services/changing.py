"""Adding a service during the visit, or leaving one out (SVC-09): with its price, its time, and the checks it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import products, sop
from edge.store import now, told
from salon.rules import screening
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Service, Visit


class CannotChange(ValueError):
    """Raised when a service cannot be added or left out; `.said` is for the page."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.en)


@dataclass(frozen=True)
class Option:
    """A service that could be added, and what speaks against it for this customer."""

    service: Service
    clashes: tuple[Said, ...]
    """Conditions of hers: with one of them it cannot be added."""
    barred: tuple[str, ...]
    """Products for such a service that hold an allergen of hers: stopped at the bed, said beforehand."""


def options(store: Store, treatment: Treatment) -> list[Option]:
    """What is on offer and not yet part of this visit: what she may have first, in the categories of today first."""
    today = {service.category for service in treatment.services}
    own = set(treatment.visit.services)
    offered = [s for s in store.services.select(where("active") == True) if s.rid not in own]  # noqa: E712 - a query
    found = [_option(store, treatment, service) for service in offered]
    return sorted(
        found, key=lambda o: (bool(o.clashes), o.service.category not in today, o.service.price_fen)
    )


def _option(store: Store, treatment: Treatment, service: Service) -> Option:
    has = {*told.of(store, treatment.member).conditions, *treatment.visit.contraindications_found}
    clashes = sorted(has & set(service.contraindications))
    barred = [
        choice.product.rid
        for choice in products.choices(store, treatment.member, [service])
        if choice.conflicts and set(choice.product.uses) & set(service.uses)
    ]
    return Option(
        service, tuple(screening.CONDITIONS.get(key, Said(key, key)) for key in clashes), tuple(barred)
    )


def add(store: Store, actor: str, treatment: Treatment, service_rid: str) -> Visit:
    """The service belongs to this visit from now on. Asked twice, it changes nothing. Raises CannotChange, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        visit = store.visits.load(treatment.visit.rid)
        service = store.services.load(service_rid)
        if service.rid in visit.services:
            return visit
        if visit.state not in {"treatment", "feedback"}:
            raise CannotChange(Said("这次护理已经结束", "This visit is over"))
        clashes = _option(store, treatment, service).clashes
        if clashes:
            zh, en = "、".join(c.zh for c in clashes), ", ".join(c.en for c in clashes)
            raise CannotChange(Said(f"不适合今天做：{zh}", f"Not today: {en}"))
        back = steps.advance(visit, "treatment", now()) if visit.state == "feedback" else {}
        return store.visits.edit(visit.rid, services=[*visit.services, service.rid], **back)


def leave_out(store: Store, actor: str, treatment: Treatment, service_rid: str) -> Visit:
    """The service is not done after all. What was begun stays. Raises CannotChange."""
    with store.acting(actor), store.transaction():
        visit = store.visits.load(treatment.visit.rid)
        if service_rid not in visit.services:
            return visit
        if len(visit.services) == 1:
            raise CannotChange(Said("至少保留一个项目", "One service has to stay"))
        if any(state.done for state in sop.steps(store, treatment) if state.service.rid == service_rid):
            raise CannotChange(Said("这个项目已经开始，不能删除", "It has begun: it cannot be left out"))
        return store.visits.edit(visit.rid, services=[rid for rid in visit.services if rid != service_rid])
