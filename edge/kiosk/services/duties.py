"""Who may serve customers: the training gate (STF-07), asked wherever a colleague is offered, booked, assigned, or begins a treatment.

The gate is the house's policy, before duty or within the first week; nobody opens it for one person. A manager writes down the day on
which the exam was passed; the days of training before it are counted from the day on which her file was made here.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from edge.kiosk.services import days
from edge.store import now, trail
from salon import policies
from salon.rules import staff
from salon.rules.said import Said
from salon.rules.times import full_day

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Employee


class NotOnDuty(PermissionError):
    """Raised when a colleague who may not serve yet is to; `.said` is for the page."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.en)


class TooEarly(ValueError):
    """Raised for an exam within the days of training; `.said` is for the page."""

    def __init__(self, first: date, training_days: int) -> None:
        on = full_day(first)
        self.said = Said(
            f"培训满 {training_days} 天才考试：最早{on.zh}。入职前已通过的，请填当时的日期。",
            f"The exam follows {training_days} days of training: from {on.en} on. For one passed before she came, give its own day.",
        )
        super().__init__(self.said.en)


class NoSuchDay(ValueError):
    """Raised when the day of an exam is none, or lies ahead."""


def of(store: Store, policy: Policy, employee: Employee) -> staff.Duty:
    """Whether she may serve today, and why."""
    zone = days.zone_name(store)
    return staff.duty(employee, _began(store, employee), days.day_of(now(), zone), policy)


def check(store: Store, rid: str) -> None:
    """Nobody is no refusal: who serves may still be open. Raises NotOnDuty."""
    employee = store.employees.find(rid) if rid else None
    if employee is None:
        return
    duty = of(store, policies.active(store.policy_texts.select(), store.store_id).policy, employee)
    if not duty.allowed:
        why = duty.explain.said
        name = Said(employee.name, employee.name_en or employee.name)
        raise NotOnDuty(
            Said(
                f"{name.zh}还不能上岗：{why.zh}",
                f"{name.en} may not serve yet: {why.en[:1].lower()}{why.en[1:]}",
            )
        )


def passed(store: Store, actor: str, rid: str, day: str) -> Employee:
    """The exam was passed on that day; empty takes it back. Raises NoSuchDay, TooEarly, NoSuchRecord."""
    if day:
        try:
            on = date.fromisoformat(day)
        except ValueError as error:
            raise NoSuchDay(day) from error
        if on > days.day_of(now(), days.zone_name(store)):
            raise NoSuchDay(day)
        policy = policies.active(store.policy_texts.select(), store.store_id).policy
        if first := staff.too_early(on, _began(store, store.employees.load(rid)), policy):
            raise TooEarly(first, policy.training_gate.training_days)
    with store.acting(actor), store.transaction():
        return store.employees.edit(rid, exam_at=day)


def _began(store: Store, employee: Employee) -> date:
    """When her file was made here: the first line of the log that names it."""
    lines = trail.read(store.connections.get(), rid=employee.rid, limit=1000)
    return days.day_of(lines[-1].at if lines else now(), days.zone_name(store))
