"""What a technician looks at: devices, the appliance's own health, the line to head office, and what was refused."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from tinydb import where

from edge import machine, ours
from edge.kiosk.services.devices import catalogue
from edge.store import trail
from edge.store.side import Boundary
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge.ours import Unit
    from edge.store import Job, LatestValue, Presence, Refusal, Store
    from edge.store.telemetry import Usage
    from salon.records import Device

BOUNDARIES: tuple[str, ...] = get_args(Boundary)
REFUSALS_SHOWN = 100
REFUSALS_READ = 2000
"""Looked through for one boundary: all that the store keeps."""
JOBS_SHOWN = 20
HISTORY_SHOWN = 12
NOTHING = Said("无", "none")
STATES = {
    "active": Said("使用中", "in use"),
    "retired": Said("已停用", "retired"),
    "stolen": Said("被盗", "stolen"),
}
DISK_LOW = 0.10
"""Share of the disk that is free: below it, photos and logs fill the card within weeks."""


@dataclass(frozen=True)
class DeviceState:
    """A device with what is known of it now."""

    device: Device
    presence: Presence | None
    values: tuple[LatestValue, ...]
    kind: Said

    @property
    def online(self) -> bool:
        return self.presence is not None and self.presence.online

    @property
    def firmware(self) -> str:
        return (self.presence.firmware if self.presence else "") or self.device.firmware


@dataclass(frozen=True)
class Changed:
    """One setting: what it was and what it is."""

    name: Said
    before: Said
    now: Said


@dataclass(frozen=True)
class Written:
    """One change of a device."""

    at: str
    who: Said
    what: Said
    """That it was registered; else empty, and `changed` says what."""
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class Health:
    """The appliance itself."""

    disk_free: int
    """bytes"""
    disk_share: float
    """Free, of all."""
    machine: machine.Machine
    """Heat, power, wear, clock."""
    clock_suspect: bool
    records_bytes: int
    photos_bytes: int
    broker: bool | None
    """Whether the kiosk is connected to the broker; None without a bus."""
    pending: int
    """Changes that head office does not have yet."""
    oldest: str | None
    sync: dict[str, Any]
    """What the sync agent wrote last."""
    hq_url: str
    telemetry: list[Usage]
    units: list[Unit]
    """Our own processes: what they hold and write."""
    models: dict[str, str]
    """Model -> version, of the last scan."""

    @property
    def written_a_day(self) -> int | None:
        return ours.written_a_day(self.units)

    @property
    def memory(self) -> int:
        return sum(unit.memory for unit in self.units)

    @property
    def disk_low(self) -> bool:
        return self.disk_share < DISK_LOW

    @property
    def hot(self) -> bool:
        return self.machine.hot

    @property
    def temperature(self) -> float | None:
        return self.machine.temperature


WEAK = {"battery": 15.0, "signal": -80.0}
"""%, dBm: below the first a sensor dies within days, below the second Wi-Fi loses every tenth packet and more."""


def weak(measure: str, value: float) -> bool:
    """Whether a device that says this of itself will soon be away."""
    return value < WEAK.get(measure, value)


def devices(store: Store) -> list[DeviceState]:
    """The devices of this store: the silent ones first, retired ones left out."""
    presence = store.presence.all()
    latest = store.latest.all()
    profiles = catalogue(store)["profiles"]
    found = [
        DeviceState(
            device,
            presence.get(device.device),
            tuple(value for value in latest if value.device == device.device),
            said(profiles, device.profile),
        )
        for device in store.devices.select(where("state") == "active")
        if device.store in {"", store.store_id}
    ]
    return sorted(found, key=lambda state: (state.online, state.device.place, state.device.device))


def health(store: Store, bus: Any | None) -> Health:
    disk = shutil.disk_usage(store.home)
    return Health(
        disk_free=disk.free,
        disk_share=disk.free / disk.total if disk.total else 0.0,
        machine=machine.look(),
        telemetry=store.telemetry.usage(),
        units=ours.units(store.home),
        clock_suspect=store.clock_suspect(),
        records_bytes=_size(store, "store.db"),
        photos_bytes=_size(store, "media.db"),
        broker=None if bus is None else bool(bus.connected),
        pending=store.outbox.count(),
        oldest=store.outbox.oldest_at(),
        sync=dict(store.settings.get("sync_status", {})),
        hq_url=str(store.settings.get("hq_url", "")),
        models=_models(store),
    )


def _size(store: Store, name: str) -> int:
    """Of a database with its write-ahead log."""
    paths = [store.home / name, store.home / f"{name}-wal"]
    return sum(path.stat().st_size for path in paths if path.exists())


def _models(store: Store) -> dict[str, str]:
    last = store.scans.select(where("accepted") == True, order_by="at", descending=True, limit=1)  # noqa: E712 - a query
    return dict(last[0].models) if last else {}


def refusals(store: Store, boundary: str = "") -> list[Refusal]:
    """What was refused, newest first; of one boundary if given."""
    if boundary not in BOUNDARIES:
        return store.refusals(REFUSALS_SHOWN)
    found = [refusal for refusal in store.refusals(REFUSALS_READ) if refusal.boundary == boundary]
    return found[:REFUSALS_SHOWN]


def history(store: Store, device: Device) -> list[Written]:
    """Who changed what of a device, from what to what, the newest first. Without a person it was the store itself."""
    people = {person.rid: person for person in store.employees.select()}
    measures = catalogue(store)["measures"]
    found = []
    for wrote in trail.values(store.connections.get(), device.rid, limit=HISTORY_SHOWN):
        who = people.get(wrote.actor)
        name = Said(who.name, who.name_en or who.name) if who else Said("系统", "the store")
        if "device" in wrote.fields:  # of its first line alone: an id never changes
            found.append(Written(wrote.at, name, Said("登记", "Registered"), ()))
            continue
        changed = [
            one
            for field, (before, now) in wrote.fields.items()
            if field in type(device).fields()
            for one in _changed(device, measures, field, before, now)
        ]
        if changed:
            found.append(Written(wrote.at, name, Said("", ""), tuple(changed)))
    return found


def _changed(
    device: Device, measures: Mapping[str, Any], field: str, before: Any, now: Any
) -> Iterator[Changed]:
    """A setting that is another now: of calibrations each measure by itself, as its factors."""
    about = type(device).about(field)
    label = Said(about.zh, about.en)
    if before is None:  # what nobody has said is its default
        before = type(device).model_fields[field].get_default(call_default_factory=True)
    if field != "calibration":
        if (before or "") != now:
            yield Changed(label, _shown(field, before), _shown(field, now))
        return
    was, is_now = before or {}, now or {}
    for key in sorted(was.keys() | is_now.keys()):
        old, new = _factors(was.get(key)), _factors(is_now.get(key))
        if old != new:
            measure = said(measures, key)
            yield Changed(Said(f"{label.zh} {measure.zh}", f"{label.en}, {measure.en}"), old, new)


def _factors(made: Mapping[str, Any] | None) -> Said:
    if not made:
        return NOTHING
    text = f"× {made.get('gain', 1.0):.4f} {made.get('offset', 0.0):+.3f}"
    return Said(text, text)


def _shown(field: str, value: Any) -> Said:
    if field == "state":
        return STATES.get(str(value), NOTHING)
    text = str(value or "")
    return Said(text, text) if text else NOTHING


def jobs(store: Store) -> list[Job]:
    return store.jobs.latest(JOBS_SHOWN)


def said(rows: Mapping[str, Any], key: str) -> Said:
    """The name of a kind of device or measure; its key when nobody has said."""
    row = rows.get(key)
    return Said(row["zh"], row["en"]) if row else Said(key, key)
