"""How fast and how much: waits that grow with full jitter, batches that grow by adding and shrink by halving."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S, LAST_S = 1.0, 300.0
"""Ceilings of the first and the longest wait after a failure (sync.md 2.6)."""
SMALLEST, LARGEST, STEP = 100, 1_000, 100
"""Changes in a batch."""


class Backoff:
    """Full jitter: a uniform draw below a ceiling that doubles, so that a chain does not come back in one second."""

    def __init__(self, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._draw = draw
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(LAST_S, FIRST_S * 2 ** min(self._failures, 16))
        self._failures += 1
        return self._draw(0.0, ceiling)

    def succeeded(self) -> None:
        self._failures = 0


class BatchSize:
    """Additive increase, multiplicative decrease: large on a good line, small on a bad one."""

    def __init__(self) -> None:
        self.size = SMALLEST

    def went_well(self) -> None:
        self.size = min(LARGEST, self.size + STEP)

    def was_too_much(self) -> bool:
        """Halve. False when it was the smallest already."""
        smaller = max(1, self.size // 2)
        shrunk = smaller < self.size
        self.size = smaller
        return shrunk
