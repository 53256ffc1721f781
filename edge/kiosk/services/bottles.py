"""The bottles at a bed that weigh themselves (MEA-10): what is left in each, and how many doses this customer was given from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services.scene import at_bed
from salon.rules import stock

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Device, Visit

LEFT, USES = "bottle_left", "bottle_uses"
LOOK_BACK = 100
"""Readings of the counter: more than the doses of one visit, by far."""


@dataclass(frozen=True)
class Bottle:
    """One bottle on its scale."""

    device: Device
    left: float | None
    """%; None when the scale is away."""
    doses: int
    """Given to this customer, in this visit."""
    low: bool


def at(store: Store, policy: Policy, visit: Visit, bed: str) -> list[Bottle]:
    """The bottles at a bed, for a visit that has begun."""
    said = {(v.device, v.measure): v for v in store.latest.all()}
    found = []
    for device in at_bed(store, bed):
        value = said.get((device.device, LEFT))
        if value is None:
            continue
        counted = (where("device") == device.device) & (where("measure") == USES)
        counter = store.readings.select(counted, order_by="at", descending=True, limit=LOOK_BACK)
        until = visit.feedback_at or visit.aftercare_at or visit.closed_at
        given = stock.doses(counter, visit.treatment_at, until) if visit.treatment_at else 0
        low = stock.is_low(value.value, policy)
        found.append(Bottle(device, None if value.stale else value.value, given, low))
    return found
