"""A hand-held skin probe: measures moisture when its button, or the bed station's, is pressed (MEA-02, MEA-03)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.skin_probe.fake import FakeProbe

PROFILE = Profile(
    key="skin_probe",
    zh="皮肤水分笔",
    en="Skin probe",
    measures=("skin_moisture",),
    fake=FakeProbe,
    buttons=("Measure",),
)
