"""A ring of light around the camera, dimmed by PWM: a node of its own, or on a pin of this machine."""

from __future__ import annotations

from edge.sensors.fakes import Obedient
from edge.sensors.profiles import Profile

PROFILE = Profile(
    key="light_ring",
    zh="补光灯",
    en="Light ring",
    measures=("ring_light",),
    fake=Obedient,
    wire="gpio",
)
