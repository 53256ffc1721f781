"""How long to wait before the next attempt to connect: full jitter, growing from 1 s to 60 s.

Full jitter (a uniform draw from nothing to the ceiling) is what keeps forty devices from coming back in the same second after a
power cut; paho itself has none. The ceiling falls back only after a connection has held, because a broker that accepts and then drops
would otherwise be hammered.
"""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST = 1.0  # s: ceiling of the first wait
LAST = 60.0  # s: longer ceilings were seen to stall recovery after the fault was gone
STABLE = 60.0  # s: a connection that held this long proves the fault over


class Backoff:
    """Counts failed attempts; `wait()` says how long to sleep before the next."""

    def __init__(self, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._draw = draw
        self._failures = 0

    @property
    def ceiling(self) -> float:
        """The longest the next wait can be."""
        return float(min(LAST, FIRST * 2 ** min(self._failures, 10)))

    def wait(self) -> float:
        """The next wait, in seconds."""
        seconds = self._draw(0.0, self.ceiling)
        self._failures += 1
        return seconds

    def held(self, seconds: float) -> None:
        """Tell how long the last connection held."""
        if seconds >= STABLE:
            self._failures = 0
