"""A hand-held skin probe: moisture, elasticity, sebum, measured when its button, or the bed station's, is pressed (MEA-02, MEA-03)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.skin_probe.fake import FakeProbe

PROFILE = Profile(
    key="skin_probe",
    zh="皮肤检测笔",
    en="Skin probe",
    measures=("skin_moisture", "skin_elasticity", "skin_sebum"),
    fake=FakeProbe,
    buttons=("Measure",),
)
