"""Time and identity: the only place of the store that reads the wall clock or draws a rid."""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime


def now() -> str:
    """The instant, as records carry it: UTC, ISO 8601, milliseconds."""
    return iso(datetime.now(UTC))


def iso(moment: datetime) -> str:
    """An aware datetime as records carry it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read `iso()`. Raises ValueError."""
    return datetime.fromisoformat(text)


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def new_rid() -> str:
    """A UUIDv7 (RFC 9562): sorted by time of making, unique in the chain."""
    value = (wall_ms() << 80) | (0x7 << 76) | (0b10 << 62)
    noise = int.from_bytes(os.urandom(10))
    value |= (noise & 0xFFF) << 64 | (noise >> 12) & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))
