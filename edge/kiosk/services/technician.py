"""What a technician looks at: devices, the appliance's own health, the line to head office, and what was refused."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import psutil
from tinydb import where

from edge.store.side import Boundary
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Job, LatestValue, Presence, Refusal, Store
    from salon.records import Device

BOUNDARIES: tuple[str, ...] = get_args(Boundary)
REFUSALS_SHOWN = 100
REFUSALS_READ = 2000
"""Looked through for one boundary: all that the store keeps."""
JOBS_SHOWN = 20
DISK_LOW = 0.10
"""Share of the disk that is free: below it, photos and logs fill the card within weeks."""
HOT = 80.0
"""°C: from here a Raspberry Pi slows down (its firmware throttles at 80 and again at 85)."""
PROFILES: dict[str, Said] = {
    "skin_probe": Said("皮肤水分笔", "Skin probe"),
    "room_air": Said("房间空气", "Room air"),
    "bottle_scale": Said("产品秤", "Bottle scale"),
    "bed": Said("美容床", "Bed"),
}
MEASURES: dict[str, Said] = {
    "temperature": Said("温度", "Temperature"),
    "humidity": Said("湿度", "Humidity"),
    "co2": Said("二氧化碳", "CO2"),
    "skin_moisture": Said("皮肤水分", "Skin moisture"),
    "bed_presence": Said("床位占用", "Bed in use"),
    "bottle_weight": Said("瓶重", "Bottle weight"),
}


@dataclass(frozen=True)
class DeviceState:
    """A device with what is known of it now."""

    device: Device
    presence: Presence | None
    values: tuple[LatestValue, ...]

    @property
    def online(self) -> bool:
        return self.presence is not None and self.presence.online

    @property
    def kind(self) -> Said:
        profile = self.device.profile
        return PROFILES.get(profile, Said(profile, profile))

    @property
    def firmware(self) -> str:
        return (self.presence.firmware if self.presence else "") or self.device.firmware


@dataclass(frozen=True)
class Health:
    """The appliance itself."""

    disk_free: int
    """bytes"""
    disk_share: float
    """Free, of all."""
    temperature: float | None
    """°C; None where the machine does not say."""
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
    models: dict[str, str]
    """Model -> version, of the last scan."""

    @property
    def disk_low(self) -> bool:
        return self.disk_share < DISK_LOW

    @property
    def hot(self) -> bool:
        return self.temperature is not None and self.temperature >= HOT


def devices(store: Store) -> list[DeviceState]:
    """The devices of this store: the silent ones first, retired ones left out."""
    presence = store.presence.all()
    latest = store.latest.all()
    found = [
        DeviceState(
            device,
            presence.get(device.device),
            tuple(value for value in latest if value.device == device.device),
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
        temperature=_temperature(),
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


def _temperature() -> float | None:
    """The hottest sensor of the board; a container or a virtual machine has none."""
    read = getattr(psutil, "sensors_temperatures", None)
    found = read() if read else {}
    values = [sensor.current for sensors in found.values() for sensor in sensors if sensor.current]
    return round(max(values), 1) if values else None


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


def jobs(store: Store) -> list[Job]:
    return store.jobs.latest(JOBS_SHOWN)


def profile_of(key: str) -> Said:
    return PROFILES.get(key, Said(key, key))


def measure_of(key: str) -> Said:
    plain = key.replace("_", " ").capitalize()
    return MEASURES.get(key, Said(plain, plain))
