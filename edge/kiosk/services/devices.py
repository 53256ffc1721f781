"""Devices from the technician's side: asking the provisioning unit, calibrating, firmware to carry away, a label to print.

The web server has no right at the broker: what needs one is a job that `edge.provision` does. Names, places and calibrations are fields of the record and
are written here, in the technician's name.
"""

from __future__ import annotations

import io
import secrets
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinydb import where

from edge import aside
from edge.store import NoSuchJob, now
from edge.store.keys import write_secret
from salon.records.devices import Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Job, Store
    from salon.records import Device

KIND = "provision"
CATALOGUE = "sensors/catalogue"
"""The setting in which the sensors unit says which kinds of device and measure it knows."""


@dataclass(frozen=True)
class Ticks:
    """How far a new device has come."""

    online: bool
    reading: bool
    needs_reading: bool
    """Whether its kind measures at all: a scanner has nothing to read by itself."""

    @property
    def done(self) -> bool:
        return self.online and (self.reading or not self.needs_reading)


class BadCalibration(ValueError):
    """Raised when two points do not make a calibration; `.problem` is a code for the page."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


def catalogue(store: Store) -> dict[str, dict[str, Any]]:
    """Kinds of device (`profiles`) and of measure (`measures`) as the sensors unit knows them."""
    found: dict[str, dict[str, Any]] = store.settings.get(CATALOGUE, {})
    return {"profiles": dict(found.get("profiles", {})), "measures": dict(found.get("measures", {}))}


def repeat_sds(store: Store) -> dict[str, float]:
    """Repeat error by measure, for those that have one."""
    rows = catalogue(store)["measures"].items()
    return {key: float(row["repeat_sd"]) for key, row in rows if row.get("repeat_sd") is not None}


def device_of(store: Store, device_id: str) -> Device | None:
    found = store.devices.select(where("device") == device_id, limit=1)
    return found[0] if found else None


def ask(store: Store, actor: str, action: str, **body: Any) -> str:
    """Ask the provisioning unit; the job's id."""
    return store.jobs.put(KIND, {"action": action, "by": actor, **body})


def hand_over(store: Store, password: str) -> str:
    """Put a Wi-Fi password where that unit reads it once; it never stands in a job. The token to ask with."""
    token = secrets.token_hex(16)
    write_secret(store.home / "keys" / "handover" / token, password.encode())
    return token


def job_of(store: Store, job_id: str) -> Job | None:
    """A job of ours; none of anybody else's."""
    try:
        job = store.jobs.get(job_id)
    except NoSuchJob:
        return None
    return job if job.kind == KIND else None


def ticks(store: Store, device: Device) -> Ticks:
    """Both ticks: it is there, and it has measured something."""
    presence = store.presence.all().get(device.device)
    since = device.added_at
    latest = any(v.device == device.device and v.at >= since for v in store.latest.all())
    profile = catalogue(store)["profiles"].get(device.profile, {})
    return Ticks(bool(presence and presence.online), latest, bool(profile.get("measures", True)))


def calibrate(
    store: Store,
    actor: str,
    device: Device,
    measure: str,
    shown: tuple[float, float],
    true: tuple[float, float],
) -> Calibration:
    """From what the device showed at two points and what was true there. Raises BadCalibration, BadRecord."""
    if abs(shown[1] - shown[0]) < 1e-6:
        raise BadCalibration("same_point")
    before = device.calibration.get(measure, Calibration(at=now()))
    # What is shown went through the last calibration: go back to what the sensor said.
    raw = [(value - before.offset) / before.gain for value in shown]
    gain = (true[1] - true[0]) / (raw[1] - raw[0])
    if not 0.1 <= gain <= 10:
        raise BadCalibration("absurd")
    made = Calibration(gain=gain, offset=true[0] - gain * raw[0], at=now(), by=actor)
    known = {key: value.model_dump(mode="json") for key, value in device.calibration.items()}
    with store.acting(actor):
        store.devices.edit(device.rid, calibration={**known, measure: made.model_dump(mode="json")})
    return made


def firmware_zip(store: Store, device_id: str) -> bytes | None:
    """The folder that `esphome run` needs, secrets and all; None when there is none."""
    folder = store.home / "firmware" / device_id
    if not folder.is_dir():
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{device_id}/{path.relative_to(folder)}")
    return packed.getvalue()


def label(device: Device, address: str) -> bytes:
    """A label to stick on it: a QR code of its page, its id, its name, its place. Raises FontMissing, AsideFailed."""
    lines = (device.device, device.name, device.name_en, device.place)
    sheet: bytes = aside.call("edge.kiosk.services.labels", "draw", address, lines)
    return sheet


def measures_of(store: Store, device: Device) -> Mapping[str, Any]:
    """What a device measures that can be calibrated: not what is only on or off."""
    known = catalogue(store)
    keys = known["profiles"].get(device.profile, {}).get("measures", [])
    return {
        key: known["measures"][key]
        for key in keys
        if known["measures"].get(key, {}).get("unit") and known["measures"][key]["component"] == "sensor"
    }


def settable(store: Store, device: Device) -> Mapping[str, Any]:
    """What of a device can be set: a height, a light, a scent."""
    known = catalogue(store)
    keys = known["profiles"].get(device.profile, {}).get("measures", [])
    return {key: row for key in keys if (row := known["measures"].get(key, {})).get("component") == "number"}
