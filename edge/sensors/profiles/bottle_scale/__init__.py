"""A scale under a bottle: what is left, how often it was used, how much a care took (MEA-10)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.bottle_scale.fake import FakeScale

PROFILE = Profile(
    key="bottle_scale",
    zh="产品秤",
    en="Bottle scale",
    measures=("bottle_weight", "bottle_uses", "bottle_left"),
    fake=FakeScale,
)
