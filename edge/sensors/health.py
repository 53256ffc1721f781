"""How the appliance is, in figures: published each minute, and the self-check behind the watchdog."""

from __future__ import annotations

import secrets
from typing import Any

import psutil

from edge.store import Store, now

PROBE = "sensors/self-check"
"""The setting that is written and read back."""


def machine(store: Store) -> dict[str, Any]:
    """What the machine says of itself; None where it cannot tell."""
    return {
        "at": now(),
        "cpu_temperature": _cpu_temperature(),
        "disk_free": 100 - psutil.disk_usage(str(store.home)).percent,
        "memory_used": psutil.virtual_memory().percent,
        "clock_suspect": store.clock_suspect(),
        "changes_waiting": store.outbox.count(),
    }


def writes_and_reads_back(store: Store) -> bool:
    """Whether what is written to the store is what is read from it."""
    token = secrets.token_hex(8)
    store.settings.set(PROBE, token)
    return bool(store.settings.get(PROBE) == token)


def _cpu_temperature() -> float | None:
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    for name in ("cpu_thermal", "coretemp", "k10temp"):
        for reading in sensors.get(name, []):
            return float(reading.current)
    return None
