"""A button that calls staff: pressed or not, and an event for each press."""

from __future__ import annotations

from edge.sensors.fakes import Quiet
from edge.sensors.profiles import Profile

PROFILE = Profile(
    key="call_button",
    zh="呼叫按钮",
    en="Call button",
    measures=("call",),
    fake=Quiet,
    events=("press",),
    wire="gpio",
)
