"""A steriliser's own thermometer: each cycle's hold time and peak are the evidence of the step `disinfect` (SAF-07)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.steriliser.fake import FakeSteriliser

PROFILE = Profile(
    key="steriliser",
    zh="灭菌器",
    en="Steriliser",
    measures=("chamber_temperature", "cycle_running", "cycle_hold", "cycle_peak"),
    fake=FakeSteriliser,
)
