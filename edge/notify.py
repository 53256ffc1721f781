"""Telling systemd that a unit is ready, alive, or stopping: a datagram to $NOTIFY_SOCKET. Outside systemd nothing happens.

Send `alive()` only after a real self-check: a watchdog fed by a timer proves that the timer runs.
"""

from __future__ import annotations

import os
import socket


def interval() -> float | None:
    """Seconds between two signs of life: half of what the unit allows; None when it has no watchdog."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdigit() and int(microseconds) else None


def ready(status: str = "") -> None:
    """The unit does its work from now on."""
    _send(f"READY=1\nSTATUS={status}" if status else "READY=1")


def alive(status: str = "") -> None:
    """A self-check has just passed."""
    _send(f"WATCHDOG=1\nSTATUS={status}" if status else "WATCHDOG=1")


def stopping() -> None:
    """The unit is going down because it was told to."""
    _send("STOPPING=1")


def _send(message: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(message.encode(), address)
