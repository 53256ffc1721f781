"""The air of a room: temperature, humidity, CO2, volatile compounds."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.room_air.fake import FakeAir

PROFILE = Profile(
    key="room_air",
    zh="房间空气",
    en="Room air",
    measures=("temperature", "humidity", "co2", "voc"),
    fake=FakeAir,
)
