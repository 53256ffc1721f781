"""How the appliance is, in figures: published each minute, and the self-check behind the watchdog."""

from __future__ import annotations

import secrets
from typing import Any

import psutil

from edge import machine as hardware
from edge.store import Store, now

PROBE = "sensors/self-check"
"""The setting that is written and read back."""


def machine(store: Store) -> dict[str, Any]:
    """What the machine says of itself; None where it cannot tell."""
    found = hardware.look()
    return {
        "at": now(),
        "cpu_temperature": found.temperature,
        "under_voltage": found.under_voltage,
        "disk_wear": found.wear,
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
