"""A stock Tasmota device: a plug that measures power, or a box with a thermometer. It joins by what it says of itself."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.tasmota_plug.fake import FakePlug

PROFILE = Profile(
    key="tasmota_plug",
    zh="Tasmota 设备",
    en="Tasmota device",
    measures=("power_switch", "power", "energy", "temperature", "humidity", "co2", "signal"),
    fake=FakePlug,
    wire="tasmota",
)
