"""What one process of the store asked of another, and what came of it, as a technician reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.kiosk.services import devices, scans
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Job

_ASKED: dict[str, Said] = {
    "add": Said("添加设备", "Add a device"),
    "retire": Said("停用设备", "Retire a device"),
    "stolen": Said("设备失窃", "A device was stolen"),
    "ports": Said("查看线缆", "Look at the cables"),
    "networks": Said("查找 Wi-Fi", "Look for Wi-Fi"),
    "join": Said("加入 Wi-Fi", "Join the Wi-Fi"),
}
"""Of the provisioning unit, by its action."""


def asked(job: Job) -> Said:
    """What was wanted, of which device."""
    if job.kind == scans.KIND:
        return Said("皮肤检测", "Skin scan")
    about = _ASKED.get(str(job.body.get("action", "")), Said(job.kind, job.kind))
    device = str(job.body.get("device", ""))
    return Said(f"{about.zh} {device}", f"{about.en}: {device}") if device else about


def answered(job: Job) -> Said:
    """Why it was not done; the code itself where it has no words."""
    if job.kind == scans.KIND:
        return scans.why_failed(job)
    reason = job.code.partition(".")[2]
    return devices.FAILED.get(job.code) or devices.NO_WIFI.get(reason) or Said(job.code, job.code)
