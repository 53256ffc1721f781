"""What the running units of one store hold and write, by the kernel's account of their processes alone.

The kernel's figure of a whole disk counts everybody on the machine; on a laptop that is the browser and the backup, and a technician would look for a
fault where there is none. Here only processes count that run one of our modules, or the broker, on this store's folder. A unit that runs on demand and
has ended is not in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

MIN_SECONDS = 3600.0  # s: before an hour is over, a start's own writes would be taken for a day's
DAY_S = 86_400.0


@dataclass(frozen=True)
class Unit:
    """One unit that runs, its children included."""

    name: str
    """`sensors`, `kiosk`, `broker`."""
    memory: int
    """Bytes, proportional set size: what is shared is divided among those who share it."""
    written: int
    """Bytes handed to the disk since it began."""
    seconds: float
    """Since it began."""

    @property
    def written_a_day(self) -> int | None:
        return int(self.written * DAY_S / self.seconds) if self.seconds >= MIN_SECONDS else None


def units(home: Path) -> list[Unit]:
    """The units of a store that run now, by name."""
    found: dict[str, Unit] = {}
    for process in psutil.process_iter():
        try:
            name = _name(process, home)
            if not name:
                continue
            memory, written = process.memory_full_info().pss, process.io_counters().write_bytes
            seconds = time.time() - process.create_time()
        except (psutil.Error, OSError, AttributeError):  # gone meanwhile, somebody else's, or not Linux
            continue
        before = found.get(name, Unit(name, 0, 0, 0.0))
        found[name] = Unit(
            name, before.memory + memory, before.written + written, max(before.seconds, seconds)
        )
    return [found[name] for name in sorted(found)]


def written_a_day(running: list[Unit]) -> int | None:
    """Bytes a day of all that have run for an hour; None when none has."""
    known = [rate for unit in running if (rate := unit.written_a_day) is not None]
    return sum(known) if known else None


def _name(process: psutil.Process, home: Path) -> str:
    """Which unit of this store a process is; "" for none. Raises psutil.Error."""
    command = process.cmdline()
    if any(word.startswith(str(home / "broker") + os.sep) for word in command):
        return "broker"
    module = next(_modules(command), "")
    if not module or Path(process.environ().get("PARLOUR_HOME", "")) != home:
        return ""
    return module.removeprefix("edge.")


def _modules(command: list[str]) -> Iterator[str]:
    return (word for flag, word in pairwise(command) if flag == "-m" and word.startswith("edge."))
