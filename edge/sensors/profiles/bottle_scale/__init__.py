"""A scale under a bottle: what is left, and how much a care took (MEA-10)."""

from __future__ import annotations

from edge.sensors.profiles import Profile
from edge.sensors.profiles.bottle_scale.fake import FakeScale

PROFILE = Profile(
    key="bottle_scale",
    zh="产品秤",
    en="Bottle scale",
    measures=("bottle_weight",),
    fake=FakeScale,
)
