"""The machine's clocks: the one that a person can set, and the one that nobody can."""

from __future__ import annotations

import time
from pathlib import Path

from edge.store.clock import Source


def test_how_long_a_machine_has_run_is_read_from_a_clock_that_nobody_can_set():
    """SYN-02: by it HQ finds the true time of what a machine without a battery wrote (sync.md 2.2)."""
    source = Source()
    assert abs(source.boottime_ms() - time.clock_gettime(time.CLOCK_BOOTTIME) * 1000) < 1_000
    assert source.boot_id() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert Source().boot_id() == source.boot_id()
