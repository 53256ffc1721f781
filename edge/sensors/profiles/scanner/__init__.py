"""A barcode and QR scanner on a serial line: what it reads is an event with its text (MEA-13)."""

from __future__ import annotations

from edge.sensors.fakes import Quiet
from edge.sensors.profiles import Profile
from edge.sensors.profiles.scanner.fake import frame

PROFILE = Profile(
    key="scanner",
    zh="扫码枪",
    en="Scanner",
    measures=(),
    fake=Quiet,
    events=("scan",),
    wire="serial",
    frame=frame,
)
