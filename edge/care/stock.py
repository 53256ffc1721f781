"""Bottles that are nearly empty, as a task for the desk (MEA-10): once a bottle, closed by itself when it was replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.care.alerts import Cause
from salon.rules import stock
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.care.alerts import Alerts
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Device
    from salon.rules.times import Now

LEFT = "bottle_left"
PREFIX = "stock."
LOOK_BACK = 200
"""Readings: a bottle is emptied in about eighty doses."""


def look(store: Store, alerts: Alerts, policy: Policy, now: Now) -> int:
    """Raise what is low, close what is full again; how many are new."""
    devices = {d.device: d for d in store.devices.select(where("state") == "active")}
    still: set[str] = set()
    new = 0
    for value in store.latest.all():  # also of a scale that is offline now: the bottle does not fill itself
        device = devices.get(value.device)
        if value.measure != LEFT or device is None:
            continue
        explain = stock.low(Said(device.name, device.name_en or device.name), value.value, policy)
        if explain is None:
            continue
        cause = Cause("stock.low", "", _bottle(store, device, policy), device.rid)
        still.add(cause.rid)
        action = Said("换上新瓶，并登记批号", "Put a new bottle on the scale, and write its batch down")
        new += alerts.raise_once(cause, "desk", "warn", explain, now, action=action)
    alerts.settle(PREFIX, still, now)
    return new


def _bottle(store: Store, device: Device, policy: Policy) -> str:
    """Tells one bottle from the next: the first reading that was low since one was not."""
    counted = (where("device") == device.device) & (where("measure") == LEFT)
    first = ""
    for reading in store.readings.select(counted, order_by="at", descending=True, limit=LOOK_BACK):
        if not stock.is_low(reading.value, policy):
            break
        first = reading.rid
    return first
