"""What can be measured: one row a kind. Labels, Home Assistant discovery, checks and how it is kept all follow from the row.

`low` and `high` are what the thing measured can be at all; a value outside them is a fault of the sensor and is refused.
`jump` is how far it can go within three intervals; a larger step is kept, marked doubtful. `flat_s` is how long it can stay the same to the
last digit: an honest sensor has noise, so that a flat line is a dead one; that too is kept, marked doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Component = Literal["sensor", "binary_sensor", "number"]
HOUR = 3600.0  # s
VISIT = 8 * HOUR  # s: what was measured of a person stays true for that visit


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of measurement. `key` is also its object id on the bus and its name in readings."""

    key: str
    name: str
    """ESPHome's name of the entity: ASCII, since a Chinese one would become underscores."""
    zh: str
    en: str
    unit: str
    device_class: str
    low: float
    high: float
    jump: float
    interval_s: float
    """How often it is sent; 0 when it is sent on change alone, and then true as long as its device is there."""
    decimals: int = 1
    component: Component = "sensor"
    of_person: bool = False
    """Taken of the customer in treatment at the device's place, so that it belongs to a visit."""
    proof: bool = False
    """Evidence of a step of the SOP: each is a record of its own (SAF-07)."""
    icon: str = ""
    flat_s: float = 0.0
    """0: it may stay the same for ever."""
    repeat_sd: float | None = None
    """Standard deviation of two readings of the same thing, in its unit; None where nobody has measured it."""
    only_grows: bool = False
    """A counter: billing and restocking count by it and never by events, which are lost while a node is offline."""
    step: float = 0.0
    """For what can be set: the smallest step."""

    on_change: bool = field(init=False)
    is_record: bool = field(init=False)
    """Whether each value is a record with a line in the log; else it is telemetry, written in batches and rolled up."""
    can_be_set: bool = field(init=False)

    def __post_init__(self) -> None:
        # Worked out once: each is asked several times for every message.
        on_change = self.interval_s == 0
        object.__setattr__(self, "on_change", on_change)
        object.__setattr__(self, "is_record", self.of_person or self.proof or on_change)
        object.__setattr__(self, "can_be_set", self.component == "number")


# One row a kind, however long: read down the columns.
# fmt: off
_AIR = (
    Measure("temperature", "Temperature", "温度", "Temperature", "°C", "temperature", -20, 60, 8, 60, flat_s=6 * HOUR),
    Measure("humidity", "Humidity", "湿度", "Humidity", "%", "humidity", 0, 100, 40, 60, flat_s=6 * HOUR),
    Measure("co2", "CO2", "二氧化碳", "CO2", "ppm", "carbon_dioxide", 250, 10_000, 2_000, 60, 0, flat_s=2 * HOUR),
    Measure("voc", "VOC", "挥发物指数", "VOC index", "", "", 0, 500, 400, 60, 0, icon="mdi:air-filter"),
)

# repeat_sd of moisture: capacitance probes repeat with an intraclass correlation of 0.95 to 0.97 (Park et al., Ann Dermatol 2024;36:275,
# doi 10.5021/ad.23.103, 184 people). With a spread between people of about 8 points that is 8 x sqrt(1 - 0.96) = 1.6 points. A house that
# measures its own probe on one spot ten times should put that here. The other two have no figure we could find: no verdict is made of them.
_SKIN = (
    Measure("skin_moisture", "Skin moisture", "皮肤水分", "Skin moisture", "%", "moisture", 0, 100, 100, VISIT, of_person=True,
            icon="mdi:water-percent", repeat_sd=1.6),
    Measure("skin_elasticity", "Skin elasticity", "皮肤弹性", "Skin elasticity", "%", "", 0, 100, 100, VISIT, of_person=True,
            icon="mdi:arrow-expand"),
    Measure("skin_sebum", "Skin sebum", "皮肤油脂", "Skin sebum", "µg/cm²", "", 0, 400, 400, VISIT, 0, of_person=True, icon="mdi:water"),
)

_BODY = (
    Measure("body_weight", "Body weight", "体重", "Body weight", "kg", "weight", 2, 300, 300, VISIT, 2, of_person=True),
    Measure("body_fat", "Body fat", "体脂率", "Body fat", "%", "", 2, 75, 75, VISIT, of_person=True, icon="mdi:percent"),
    Measure("body_water", "Body water", "体水分", "Body water", "%", "", 20, 80, 80, VISIT, of_person=True, icon="mdi:water"),
    Measure("body_muscle", "Body muscle", "肌肉量", "Muscle mass", "kg", "weight", 2, 150, 150, VISIT, of_person=True),
)

_BED = (
    Measure("bed_presence", "Bed presence", "床位占用", "Bed in use", "", "occupancy", 0, 1, 1, 0, 0, "binary_sensor"),
    Measure("chair_height", "Chair height", "椅高", "Chair height", "cm", "distance", 40, 100, 100, 0, 0, "number", step=1),
    Measure("room_light", "Room light", "灯光", "Light", "%", "", 0, 100, 100, 0, 0, "number", icon="mdi:lightbulb", step=1),
    Measure("scent", "Scent", "香氛", "Scent", "%", "", 0, 100, 100, 0, 0, "number", icon="mdi:scent", step=10),
    Measure("ring_light", "Ring light", "补光灯", "Light ring", "%", "", 0, 100, 100, 0, 0, "number", icon="mdi:lightbulb", step=1),
    Measure("status_light", "Status light", "状态灯", "Status light", "%", "", 0, 100, 100, 0, 0, "number", icon="mdi:led-on", step=1),
)

_THINGS = (
    Measure("bottle_weight", "Bottle weight", "瓶重", "Bottle weight", "g", "weight", -5, 5_000, 1_000, 300),
    Measure("bottle_uses", "Bottle uses", "使用次数", "Uses", "", "", 0, 1e6, 1e6, 0, 0, icon="mdi:counter", only_grows=True),
    Measure("bottle_left", "Bottle left", "剩余", "Left", "%", "", 0, 100, 100, 0, 0, icon="mdi:bottle-tonic"),
    Measure("chamber_temperature", "Chamber temperature", "灭菌室温度", "Chamber temperature", "°C", "temperature", -20, 250, 60, 30),
    Measure("cycle_running", "Cycle running", "灭菌进行中", "Cycle running", "", "running", 0, 1, 1, 0, 0, "binary_sensor"),
    Measure("cycle_hold", "Cycle hold", "保温时间", "Hold time", "min", "duration", 0, 240, 240, VISIT, proof=True),
    Measure("cycle_peak", "Cycle peak", "最高温度", "Cycle peak", "°C", "temperature", 0, 250, 250, VISIT, proof=True),
    Measure("power", "Power", "功率", "Power", "W", "power", 0, 10_000, 10_000, 60),
    Measure("energy", "Energy", "用电量", "Energy", "kWh", "energy", 0, 1e9, 1e9, 300, 3, only_grows=True),
    Measure("power_switch", "Power switch", "开关", "Switch", "", "", 0, 1, 1, 0, 0, "binary_sensor"),
    Measure("call", "Call", "呼叫", "Call", "", "", 0, 1, 1, 0, 0, "binary_sensor"),
    Measure("footswitch", "Footswitch", "脚踏开关", "Footswitch", "", "", 0, 1, 1, 0, 0, "binary_sensor"),
)

# What every battery-powered or wireless device may say of itself, whatever its kind.
_SELF = (
    Measure("battery", "Battery", "电量", "Battery", "%", "battery", 0, 100, 100, 3600, 0),
    Measure("signal", "Signal", "信号", "Signal", "dBm", "signal_strength", -120, 0, 120, 60, 0),
)
# fmt: on

SELF = tuple(row.key for row in _SELF)
MEASURES: dict[str, Measure] = {row.key: row for row in (*_AIR, *_SKIN, *_BODY, *_BED, *_THINGS, *_SELF)}


def repeat_sds() -> dict[str, float]:
    """Repeat error by measure, for those that have one: how large a difference must be before a report may call it one."""
    return {row.key: row.repeat_sd for row in MEASURES.values() if row.repeat_sd is not None}
