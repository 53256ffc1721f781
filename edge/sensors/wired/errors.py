"""What can be wrong with a device on a port or a pin. Each carries a code that the technician's page translates."""

from __future__ import annotations

from pathlib import Path

from edge.sensors.errors import SensorError


class BadAddress(SensorError, ValueError):
    """Raised when a device's address is neither a port nor a pin; `.device`, `.address`."""

    def __init__(self, device: str, address: str) -> None:
        self.device = device
        self.address = address
        super().__init__(f"{device}: {address!r} is neither serial:/dev/... nor gpio:<pin>")


class PortGone(SensorError, ConnectionError):
    """Raised when a serial port is not there, or not any more; `.address`."""

    def __init__(self, address: str, why: str) -> None:
        self.address = address
        super().__init__(f"{address}: {why}")


class NoFake(SensorError, LookupError):
    """Raised when no fake reader of a kind is there; `.profile`, `.known`."""

    def __init__(self, profile: str, known: list[str]) -> None:
        self.profile = profile
        self.known = known
        super().__init__(f"no fake {profile!r}; there is: {', '.join(known)}")


class NoFolder(SensorError, FileNotFoundError):
    """Raised when a fake reader is to be plugged in where no folder is; `.path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"there is no folder {path.parent}")


class PathTaken(SensorError, FileExistsError):
    """Raised when a fake reader is to be plugged in where a file is; `.path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is there already, and is no port")
