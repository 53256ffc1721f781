"""From bytes as a serial line delivers them to whole frames: half ones, noise and floods included.

A framer is fed whatever came, whenever it came, and yields what is whole. It never holds more than LONGEST bytes; what it throws away it counts
under a reason, so that a technician sees a bad cable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

LONGEST = 1024  # bytes: the largest QR a member card or product carries is under 300
QUIET = 0.3  # s: a sender pauses between frames, never within one; a half frame older than this is the rest of an accident

STX, ETX = 0x02, 0x03


class Framer:
    """Lines ended by CR, LF or both, and frames between STX and ETX, as serial readers send them."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._in_frame = False
        self._last = 0.0
        self.thrown: Counter[str] = Counter()

    def feed(self, data: bytes, tick: float) -> Iterator[bytes]:
        """Whole frames, without their ends; a frame of STX keeps its STX, so that its parser knows which it was."""
        if self._held and tick - self._last > QUIET:
            self._throw("half_frame")
        self._last = tick
        for byte in data:
            if byte == STX:
                if self._held:
                    self._throw("half_frame")
                self._in_frame = True
                self._held.append(byte)
            elif (byte == ETX and self._in_frame) or (byte in b"\r\n" and not self._in_frame):
                if self._held:
                    yield bytes(self._held)
                self.reset()
            elif len(self._held) >= LONGEST:
                self._throw("too_long")
            else:
                self._held.append(byte)

    def reset(self) -> None:
        """Forget what is half: the cable was pulled."""
        self._held.clear()
        self._in_frame = False

    def _throw(self, why: str) -> None:
        self.thrown[why] += 1
        self.reset()
