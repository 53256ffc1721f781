"""Who may open whose whole file here (SEC-01): a customer of the store, who was here or is booked; a beautician whom she serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.store import now
from salon.rules import rights

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Employee, Member


def of(store: Store, employee: Employee, member: Member) -> rights.Allowed:
    """Whether, and why."""
    own = where("member") == member.rid
    return rights.may_see(employee, member, store.visits.select(own), store.appointments.select(own), now())
