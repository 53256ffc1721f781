"""A bed that knows whether someone lies on it (MEA-09)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.bed.fake import FakeBed

PROFILE = Profile(key="bed", zh="美容床", en="Bed", measures=("bed_presence",), fake=FakeBed)
