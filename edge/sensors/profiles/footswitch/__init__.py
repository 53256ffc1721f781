"""A footswitch for gloved hands: each press takes the probe’s reading or goes on, as the page decides."""

from __future__ import annotations

from edge.sensors.fakes import Quiet
from edge.sensors.profiles import Profile

PROFILE = Profile(
    key="footswitch",
    zh="脚踏开关",
    en="Footswitch",
    measures=("footswitch",),
    fake=Quiet,
    events=("press",),
    wire="gpio",
)
