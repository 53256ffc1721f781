"""A body composition scale on a serial line: weight, fat, water, muscle into the visit (MEA-04)."""

from __future__ import annotations

from edge.sensors.fakes import Quiet
from edge.sensors.profiles import Profile
from edge.sensors.profiles.body_scale.fake import frame

PROFILE = Profile(
    key="body_scale",
    zh="体成分秤",
    en="Body composition scale",
    measures=("body_weight", "body_fat", "body_water", "body_muscle"),
    fake=Quiet,
    wire="serial",
    frame=frame,
)
