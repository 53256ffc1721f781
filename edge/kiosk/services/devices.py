"""Devices from the technician's side: asking the provisioning unit, calibrating, firmware to carry away, a label to print.

The web server has no right at the broker: what needs one is a job that `edge.provision` does. Names, places and calibrations are fields of the record and
are written here, in the technician's name.
"""

from __future__ import annotations

import io
import re
import secrets
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinydb import where

from edge import aside
from edge.store import NoSuchJob, now
from edge.store.keys import write_secret
from salon.records.devices import Calibration
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Job, Store
    from salon.records import Device

KIND = "provision"
ID = re.compile(r"[a-z0-9-]{1,31}")
"""Of a device: it is its login and a level of its topics."""
FAILED: dict[str, Said] = {
    "device_exists": Said("这个编号已在使用：请先停用那台设备，或换一个编号", "This id is in use: retire that device first, or choose another id"),
    "bad_device_id": Said("这个编号不可用，请换一个", "This id cannot be used: choose another"),
    "no_firmware": Said("没有这类设备的固件；接在本机上的设备请填写端口或引脚", "There is no firmware for this kind; of one wired to this appliance, give the port or pin"),
    "no_such_device": Said("没有这台设备", "There is no such device"),
    "broker_refused": Said("消息代理拒绝了请求：请运行 parlour doctor", "The broker refused: run parlour doctor"),
    "broker_away": Said("消息代理没有运行：请运行 parlour doctor", "The broker does not run: run parlour doctor"),
    "bad_password_file": Said("消息代理的管理密码无法读取：请运行 parlour doctor", "The broker's admin password cannot be read: run parlour doctor"),
    "bad_record": Said("填写的内容不能保存：请检查名称和位置", "What was typed cannot be kept: check name and place"),
    "bad_request": Said("填写的内容不符合要求", "What was typed is not as it must be"),
    "failed": Said("程序出错：请下载诊断包并联系支持", "The program failed: take the diagnostics bundle to support"),
}  # fmt: skip
"""Why the provisioning unit did not do it, by its code."""
NO_WIFI: dict[str, Said] = {
    "no_port": Said("端口被占用，或设备已拔下", "The port is in use, or the device was unplugged"),
    "silent": Said("请确认插的是我们的设备、线缆能传数据，然后再试", "See that it is a device of ours and that the cable carries data, then try again"),
    "no_wifi": Said("这台设备没有 Wi-Fi，或固件中已关闭", "This device has no Wi-Fi, or its firmware has it switched off"),
    "unplugged": Said("线缆被拔下", "The cable was pulled"),
    "unable_to_connect": Said("密码不对，或信号太弱", "A wrong password, or the signal is too weak"),
    "timeout": Said("等了一分半钟仍未连上：请检查密码和信号", "It was not in the network after a minute and a half: check the password and the signal"),
    "bad_packet": Said("设备没有听懂：请换一根线缆", "It did not understand: try another cable"),
    "unknown_command": Said("它的固件不支持：请重新刷写", "Its firmware cannot do this: flash it again"),
    "not_authorised": Said("请先按一下设备上的按钮", "Press the button on the device first"),
    "bad_hostname": Said("设备不接受它的名字", "It does not take its name"),
    "unknown": Said("设备没有说明原因：请拔下再插上，重试", "It did not say why: unplug it, plug it in again, and retry"),
}  # fmt: skip
"""Why a node did not come onto the network, by the reason after the step that failed."""
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
