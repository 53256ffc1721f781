"""Devices: what stands where, and what kind it is. What a device says is a reading."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, When, register

DeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,31}$")]
"""ESPHome name = MQTT user name = client-id prefix (mqtt.md 2.4)."""


class Calibration(BaseModel):
    """How what a sensor says becomes what is true: value x gain + offset. Who changed it before is in the change log."""

    model_config = ConfigDict(extra="forbid")

    gain: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)] = 1.0
    offset: Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False)] = 0.0
    at: When
    by: Ref = ""


@register
class Device(Record):
    """A device of this store."""

    kind: ClassVar[str] = "device"
    table: ClassVar[str] = "devices"
    kept_by: ClassVar[str] = "store"
    zh: ClassVar[str] = "设备"
    en: ClassVar[str] = "Device"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("device",),)

    device: Annotated[DeviceId, About("设备编号", "Device id", Merge.FIRST, Privacy.OPEN)]
    profile: Annotated[Line, About("类型", "Kind of device", privacy=Privacy.OPEN)]
    name: Annotated[Line, About("名称", "Name", privacy=Privacy.OPEN)]
    name_en: Annotated[Line, About("英文名称", "Name in English", privacy=Privacy.OPEN)] = ""
    place: Annotated[Line, About("位置", "Place", privacy=Privacy.OPEN)] = ""
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST, Privacy.OPEN)]
    state: Annotated[Literal["active", "retired", "stolen"], About("状态", "State", privacy=Privacy.OPEN)] = (
        "active"
    )
    calibration: Annotated[dict[str, Calibration], About("校准", "Calibration", privacy=Privacy.OPEN)] = {}
    """Measure -> its last calibration."""
    address: Annotated[Line, About("地址", "Address", privacy=Privacy.OPEN)] = ""
    """How it is reached, where it has no broker login of its own: a USB serial number, a pin, a foreign topic."""
    firmware: Annotated[Line, About("固件版本", "Firmware", privacy=Privacy.OPEN)] = ""
    added_at: Annotated[When, About("添加时间", "Added", Merge.FIRST, Privacy.OPEN)] = ""
