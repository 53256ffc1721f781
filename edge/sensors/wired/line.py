"""A serial line that comes back by itself: unplugged, plugged into another port, half dead.

`address` is `serial:PATH[@BAUD]`. PATH may be a pattern: `/dev/serial/by-id/usb-Honeywell*` finds the same reader on whichever port it is plugged
into, which `/dev/ttyUSB0` does not. The first path that fits and opens is taken.
"""

from __future__ import annotations

import glob
import logging
import re
import termios
from collections.abc import Callable

import serial

from edge.sensors.wired.errors import BadAddress, PortGone

logger = logging.getLogger(__name__)

BAUD = 9600  # what serial readers speak unless told otherwise
READ_FOR = 0.2  # s: how long one look at the line may take
AT_ONCE = 4096  # bytes
RETRY = 1.0  # s between two attempts to open it
_ADDRESS = re.compile(r"serial:(?P<path>/[^@]+)(@(?P<baud>[0-9]{3,7}))?")


def parse(device: str, address: str) -> tuple[str, int]:
    """Path (or pattern) and baud rate. Raises BadAddress."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise BadAddress(device, address)
    return match["path"], int(match["baud"] or BAUD)


class Line:
    """One serial port, open or looked for."""

    def __init__(self, path: str, baud: int, clock: Callable[[], float]) -> None:
        self._path = path
        self._baud = baud
        self._clock = clock
        self._port: serial.Serial | None = None
        self._retry_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def read(self) -> bytes:
        """What has come, within READ_FOR. Raises PortGone when there is no port; call again: it is looked for by itself."""
        if self._port is None:
            self._open()
        port = self._port
        assert port is not None
        try:
            return bytes(port.read(max(1, min(AT_ONCE, port.in_waiting))))
        except (
            OSError,
            TypeError,
            termios.error,
        ) as error:  # TypeError: pyserial, when the port was closed under a read
            self.close()
            raise PortGone(self._path, str(error)) from error

    def write(self, data: bytes) -> None:
        """Send. Raises PortGone."""
        if self._port is None:
            self._open()
        assert self._port is not None
        try:
            self._port.write(data)
        except OSError as error:
            self.close()
            raise PortGone(self._path, str(error)) from error

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except OSError:
                logger.debug("%s: closing a port that is gone", self._path)

    def _open(self) -> None:
        tick = self._clock()
        if tick < self._retry_at:
            raise PortGone(self._path, "not there")
        self._retry_at = tick + RETRY
        why = "nothing is plugged in"
        for path in sorted(glob.glob(self._path)):  # noqa: PTH207 - a pattern with an absolute start
            try:
                self._port = serial.Serial(path, self._baud, timeout=READ_FOR, exclusive=True)
            except (
                OSError,
                ValueError,
                termios.error,
            ) as error:  # the last, which is no OSError: pulled while it was being set up
                why = str(error)
                continue
            return
        raise PortGone(self._path, why)
