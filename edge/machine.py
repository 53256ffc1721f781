"""What the machine under the appliance says of itself: wear of its card, heat, power, clock. None where it cannot tell, never a guess.

Read from `/sys` and `/run` alone, its address from a socket that sends nothing, so that a unit without rights can do it. `root` is for tests.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path("/")
HOT = 80.0  # °C: from here a Raspberry Pi slows down (its firmware throttles at 80 and again at 85)
WORN = 80  # % of its life: eMMC counts in tens, and a spare has to be ordered
WRITES_A_DAY = 2_000_000_000  # bytes: a 32 GB card of 1,000 cycles lasts 40 years at it with a write amplification of 1, 4 with one of 10


@dataclass(frozen=True)
class Machine:
    """One look at the machine."""

    temperature: float | None
    """°C, the hottest sensor."""
    under_voltage: bool | None
    """Whether the power supply is too weak now."""
    clock_synchronised: bool | None
    """Whether the network has set the clock since the start; without a battery nothing else does."""
    wear: int | None
    """% of the card's life that is used up, by its own account (eMMC and a few SD cards)."""
    filesystem_errors: int | None
    """Errors that ext4 has counted: a dying card does not go read-only by itself."""
    written_a_day: int | None
    """Bytes a day written to the disk since it was mounted, by all."""

    @property
    def hot(self) -> bool:
        return self.temperature is not None and self.temperature >= HOT

    @property
    def worn(self) -> bool:
        return self.wear is not None and self.wear >= WORN


def look(root: Path = ROOT) -> Machine:
    """Look once."""
    return Machine(
        temperature=temperature(),
        under_voltage=under_voltage(root),
        clock_synchronised=clock_synchronised(root),
        wear=wear(root),
        filesystem_errors=filesystem_errors(root),
        written_a_day=written_a_day(root, time.clock_gettime(time.CLOCK_BOOTTIME)),
    )


def lan_address() -> str:
    """The address of this machine in the store's network; "" where it is in none. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if found.startswith("127.") else found


def temperature() -> float | None:
    """The hottest sensor of the board; a container or a virtual machine has none."""
    read = getattr(psutil, "sensors_temperatures", None)
    found = read() if read else {}
    values = [sensor.current for sensors in found.values() for sensor in sensors if sensor.current]
    return round(max(values), 1) if values else None


def under_voltage(root: Path = ROOT) -> bool | None:
    """The Pi's own alarm: below 4.63 V."""
    for name in sorted(root.glob("sys/class/hwmon/hwmon*/name")):
        if _text(name) == "rpi_volt":
            alarm = _text(name.parent / "in0_lcrit_alarm")
            return None if alarm is None else alarm == "1"
    return None


def clock_synchronised(root: Path = ROOT) -> bool | None:
    """What systemd-timesyncd knows; None where something else keeps the clock."""
    folder = root / "run/systemd/timesync"
    return (folder / "synchronized").exists() if folder.is_dir() else None


def wear(root: Path = ROOT) -> int | None:
    """JEDEC eMMC 5.0 life time estimates count tenths: 0x01 is up to 10 % used, 0x0B is beyond its life."""
    worst = None
    for path in root.glob("sys/block/mmcblk*/device/life_time"):
        tenths = [int(word, 16) for word in re.findall(r"0x[0-9a-fA-F]{2}", _text(path) or "")]
        for tenth in tenths:
            if 1 <= tenth <= 11:
                worst = max(worst or 0, min(100, tenth * 10))
    return worst


def filesystem_errors(root: Path = ROOT) -> int | None:
    counts = [_number(path) for path in root.glob("sys/fs/ext4/*/errors_count")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def written_a_day(root: Path, up_s: float) -> int | None:
    """Since mounting. In the first hour a start's own writes would be taken for a day's."""
    counts = [_number(path) for path in root.glob("sys/fs/ext4/*/session_write_kbytes")]
    known = [count for count in counts if count is not None]
    return int(sum(known) * 1024 * 86_400 / up_s) if known and up_s >= 3600 else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text is not None and text.isdecimal() else None
