#!/usr/bin/python3
"""Starts the customer's screen again when its page has been silent for a minute although the kiosk is well.

The page beats over its socket every 5 s and `/healthz` tells how long ago the last beat was. A kiosk that does not answer is not the
browser's fault: then nothing is done here. Uses the standard library alone, since it runs as root.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

HEALTH = "http://127.0.0.1:8080/healthz"
PAGE = "customer"
UNIT = "parlour-browser.service"
SILENT = 60.0  # s: twelve missed beats
SETTLE = 90.0  # s after its start in which a browser need not have a page yet


def is_stuck(health: Mapping[str, Any] | None, running_s: float) -> bool:
    """Whether the browser should be started again. `health` is None when the kiosk does not answer."""
    if health is None or running_s < SETTLE:
        return False
    silence = health.get("screens", {}).get(PAGE)
    return silence is None or float(silence) > SILENT


def read_health() -> Mapping[str, Any] | None:
    try:
        with urllib.request.urlopen(HEALTH, timeout=5) as answer:
            found: Any = json.load(answer)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("status") == "ok" else None


def running_for() -> float:
    """Seconds since the unit became active; 0 when it is not."""
    shown = subprocess.run(
        ["/usr/bin/systemctl", "show", UNIT, "--property=ActiveState,ActiveEnterTimestampMonotonic"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if values.get("ActiveState") != "active":
        return 0.0
    return time.clock_gettime(time.CLOCK_MONOTONIC) - int(values["ActiveEnterTimestampMonotonic"]) / 1e6


def main() -> int:
    if is_stuck(read_health(), running_for()):
        print("the customer's screen has been silent for a minute: starting it again")
        return subprocess.run(["/usr/bin/systemctl", "restart", UNIT], check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
