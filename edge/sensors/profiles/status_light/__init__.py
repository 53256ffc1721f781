"""A light that shows how the appliance is: on, dim or off, as it is told."""

from __future__ import annotations

from edge.sensors.fakes import Obedient
from edge.sensors.profiles import Profile

PROFILE = Profile(
    key="status_light",
    zh="状态灯",
    en="Status light",
    measures=("status_light",),
    fake=Obedient,
    wire="gpio",
)
