"""HQ's clock and names: the only place that reads the wall clock or draws an id."""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime, timedelta


class Source:
    """The machine's clock. Tests put their own in place (`source`)."""

    def ms(self) -> int:
        return time.time_ns() // 1_000_000


source = Source()


def now_ms() -> int:
    return source.ms()


def now() -> str:
    """The instant: UTC, ISO 8601, milliseconds."""
    return later(0)


def later(seconds: float) -> str:
    """The instant so many seconds from now (or, if negative, ago)."""
    return iso(datetime.fromtimestamp(now_ms() / 1000, UTC) + timedelta(seconds=seconds))


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sorted by time of making."""
    noise = int.from_bytes(os.urandom(10))
    value = now_ms() << 80 | 0x7 << 76 | (noise & 0xFFF) << 64 | 0b10 << 62 | noise >> 18
    return str(uuid.UUID(int=value))
