"""What can go wrong when a device is added or retired."""

from __future__ import annotations


class ProvisionError(Exception):
    """The base of all errors of provisioning."""


class NoFirmware(ProvisionError, LookupError):
    """Raised when there is no firmware for a kind of device; `.profile`, `.known`."""

    def __init__(self, profile: str, known: list[str]) -> None:
        self.profile = profile
        self.known = known
        super().__init__(f"no firmware for {profile!r}; there is: {', '.join(known)}")


class DeviceExists(ProvisionError, ValueError):
    """Raised when a device of that id is in use already; `.device_id`."""

    def __init__(self, device_id: str) -> None:
        self.device_id = device_id
        super().__init__(f"{device_id} is in use: retire it first, or choose another id")


class NoSuchDevice(ProvisionError, LookupError):
    """Raised when no device has the id; `.device_id`."""

    def __init__(self, device_id: str) -> None:
        self.device_id = device_id
        super().__init__(f"no device {device_id}")
