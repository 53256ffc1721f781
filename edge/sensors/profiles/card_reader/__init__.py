"""A reader of contactless cards on a serial line: what it reads is an event with the UID (MEA-13)."""

from __future__ import annotations

from edge.sensors.fakes import Quiet
from edge.sensors.profiles import Profile
from edge.sensors.profiles.card_reader.fake import frame

PROFILE = Profile(
    key="card_reader",
    zh="读卡器",
    en="Card reader",
    measures=(),
    fake=Quiet,
    events=("card",),
    wire="serial",
    frame=frame,
)
