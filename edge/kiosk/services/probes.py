"""The skin probe of a bed (MEA-02, MEA-03): asked for a reading over the bus, answered by a fact of this visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinydb import where

from salon.rules import measures

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Device, Reading
    from salon.rules.said import Said

PROFILE = "skin_probe"
EXPIRY_S = 20
"""s: a press that reaches the probe later would measure nobody knows what."""


@dataclass(frozen=True)
class Probe:
    """The probe that lies at a bed."""

    device: Device
    online: bool
    since: str


@dataclass(frozen=True)
class Pair:
    """One measure of this visit, before and after."""

    label: Said
    unit: str
    before: Reading | None
    after: Reading | None

    @property
    def delta(self) -> float | None:
        return self.after.value - self.before.value if self.before and self.after else None


def at_bed(store: Store, bed: str) -> Probe | None:
    """The bed's probe: the one whose place it is. One that is online comes first."""
    found = store.devices.select((where("profile") == PROFILE) & (where("state") == "active"))
    here = [device for device in found if bed and device.place == bed]
    presence = store.presence.all()
    probes = [
        Probe(device, seen.online if seen else False, seen.since if seen else "")
        for device in here
        for seen in [presence.get(device.device)]
    ]
    return max(probes, key=lambda probe: probe.online, default=None)


def press(store: Store, bus: Any | None, probe: Probe) -> bool:
    """Ask the probe for a reading; whether the broker took the question."""
    if bus is None:
        return False
    topic = f"salon/{store.store_id}/{probe.device.device}/button/measure/command"
    return bool(bus.publish(topic, "PRESS", qos=1, retain=False, expiry_s=EXPIRY_S))


def pairs(store: Store, treatment: Treatment) -> list[Pair]:
    """The readings of this visit, the last of each phase side by side. What a sensor calls bad is left out."""
    found = store.readings.select(where("visit") == treatment.visit.rid, order_by="at")
    by_measure: dict[str, dict[str, Reading]] = {}
    for reading in found:
        if reading.quality != "bad" and reading.phase:
            by_measure.setdefault(reading.measure, {})[reading.phase] = reading
    return [
        Pair(
            measures.label(measure),
            next(iter(phases.values())).unit,
            phases.get("before"),
            phases.get("after"),
        )
        for measure, phases in sorted(by_measure.items())
    ]


def arrived_since(store: Store, treatment: Treatment, moment: str) -> Reading | None:
    """The first reading of this visit after a moment: the answer to a press."""
    later = (where("visit") == treatment.visit.rid) & (where("at") >= moment)
    return next(iter(store.readings.select(later, order_by="at", limit=1)), None)
