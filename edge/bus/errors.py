"""What can go wrong on the bus."""

from __future__ import annotations

from pathlib import Path


class BusError(Exception):
    """The base of all errors of the bus."""


class BadPasswordFile(BusError, OSError):
    """Raised when a password file cannot be read or is empty; `.path` is which one."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path}: {why}")


class BrokerError(BusError):
    """The base of all errors about the broker's own configuration."""


class BrokerRefused(BrokerError, RuntimeError):
    """Raised when the running broker answers a change of its logins with an error; `.command`, `.reason`."""

    def __init__(self, command: str, reason: str) -> None:
        self.command = command
        self.reason = reason
        super().__init__(f"{command}: {reason}")


class BadDeviceId(BrokerError, ValueError):
    """Raised when a login's name does not fit `[a-z0-9-]{1,31}` or is the appliance's own; `.device_id`."""

    def __init__(self, device_id: str, why: str) -> None:
        self.device_id = device_id
        super().__init__(f"{device_id!r}: {why}")
