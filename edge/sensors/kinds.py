"""What can be measured: one row a kind. Labels, Home Assistant discovery and checks all follow from the row.

`low` and `high` are what the thing measured can be at all; a value outside them is a fault of the sensor and is refused.
`jump` is how far it can go within three intervals; a larger step is kept, marked doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Component = Literal["sensor", "binary_sensor"]


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
    icon: str = ""

    @property
    def on_change(self) -> bool:
        return self.interval_s == 0


_ROWS = (
    Measure("temperature", "Temperature", "温度", "Temperature", "°C", "temperature", -20, 60, 8, 60),
    Measure("humidity", "Humidity", "湿度", "Humidity", "%", "humidity", 0, 100, 40, 60),
    Measure("co2", "CO2", "二氧化碳", "CO2", "ppm", "carbon_dioxide", 250, 10_000, 2_000, 60, decimals=0),
    Measure(
        "skin_moisture",
        "Skin moisture",
        "皮肤水分",
        "Skin moisture",
        "%",
        "moisture",
        0,
        100,
        100,  # from one cheek to the next customer's: any step is plausible
        interval_s=8 * 3600,  # of a person: what was measured stays true for that visit
        of_person=True,
        icon="mdi:water-percent",
    ),
    Measure(
        "bed_presence",
        "Bed presence",
        "床位占用",
        "Bed in use",
        "",
        "occupancy",
        0,
        1,
        1,
        interval_s=0,
        decimals=0,
        component="binary_sensor",
    ),
    Measure("bottle_weight", "Bottle weight", "瓶重", "Bottle weight", "g", "weight", -5, 5_000, 1_000, 300),
)

MEASURES: dict[str, Measure] = {row.key: row for row in _ROWS}
