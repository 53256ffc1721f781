"""A bed that knows whether someone lies on it, and sets its height, the light and the scent for her (MEA-09, SVC-11)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.bed.fake import FakeBed

PROFILE = Profile(
    key="bed",
    zh="美容床",
    en="Bed",
    measures=("bed_presence", "chair_height", "room_light", "scent"),
    fake=FakeBed,
)
