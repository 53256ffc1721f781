"""Time and identity: the only place of the store that reads a clock or draws a rid.

The wall clock of a machine without a battery may be years off and may jump. So each write also notes which start of the machine
it belongs to and how long that had run (`CLOCK_BOOTTIME`, which nobody can set): by that HQ finds its true time (sync.md 2.2).
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Source:
    """The machine's clocks. Tests put their own in place (`source`)."""

    def __init__(self) -> None:
        # Without the kernel's word (not Linux) each process counts as a start of its own: less is known then, nothing is wrong.
        self._boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else uuid.uuid4().hex

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def boot_id(self) -> str:
        return self._boot

    def boottime_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def noise(self, count: int) -> bytes:
        return os.urandom(count)


source = Source()


def now() -> str:
    """The instant, as records carry it: UTC, ISO 8601, milliseconds."""
    return iso(datetime.fromtimestamp(wall_ms() / 1000, UTC))


def iso(moment: datetime) -> str:
    """An aware datetime as records carry it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read `iso()`. Raises ValueError."""
    return datetime.fromisoformat(text)


def wall_ms() -> int:
    return source.wall_ms()


def new_rid() -> str:
    """A UUIDv7 (RFC 9562): sorted by time of making, unique in the chain."""
    value = (wall_ms() << 80) | (0x7 << 76) | (0b10 << 62)
    noise = int.from_bytes(source.noise(10))
    value |= (noise & 0xFFF) << 64 | (noise >> 12) & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))
