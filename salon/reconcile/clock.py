"""Hybrid logical clock (Kulkarni, Demirbas 2014): stamps that follow the wall clock and never run backwards.

A store's wall clock is never trusted: a Pi without a battery starts in the past. A stamp therefore carries a counter beside the
milliseconds, and the clock takes the later of what it has given out, what it has seen and what the wall says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"([0-7][0-9a-f]{11})([0-9a-f]{4})-([0-9a-z][0-9a-z._]{0,47})")
"""The first digit stays below 8 (the year 6429): a stamp beyond is damage, and would leave a clock no room to go on."""
_MAX_COUNT = 0xFFFF


class BadStamp(ValueError):
    """Raised when a text is not a stamp."""


@dataclass(frozen=True, order=True)
class Stamp:
    """A point in causal time. Ordered by milliseconds, then counter, then node; unique, as no node gives one out twice."""

    ms: int
    count: int
    node: str

    def __str__(self) -> str:
        return f"{self.ms:012x}{self.count:04x}-{self.node}"

    @property
    def time(self) -> str:
        """The stamp without its node: what travels, since the envelope names the origin."""
        return f"{self.ms:012x}{self.count:04x}"

    @classmethod
    def parse(cls, text: str) -> Stamp:
        """Read `str(stamp)`. Raises BadStamp."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise BadStamp(text[:80])
        return cls(int(match[1], 16), int(match[2], 16), match[3])


def following(stamp: Stamp, node: str) -> Stamp:
    """The first stamp of a node after another stamp."""
    if stamp.count < _MAX_COUNT:
        return Stamp(stamp.ms, stamp.count + 1, node)
    return Stamp(stamp.ms + 1, 0, node)


@dataclass
class Clock:
    """The clock of one node. Its state must be kept in the same transaction as what it stamps."""

    node: str
    ms: int = 0
    count: int = 0

    def send(self, wall_ms: int) -> Stamp:
        """A new stamp, later than all given out or received before."""
        if wall_ms > self.ms:
            self.ms, self.count = wall_ms, 0
        else:
            self._next()
        return Stamp(self.ms, self.count, self.node)

    def receive(self, stamp: Stamp, wall_ms: int) -> None:
        """Take note of a stamp from elsewhere, so that what is stamped next comes after it."""
        latest = max(self.ms, stamp.ms, wall_ms)
        counts = [c for ms, c in ((self.ms, self.count), (stamp.ms, stamp.count)) if ms == latest]
        self.ms, self.count = latest, max(counts) if counts else 0
        if counts:
            self._next()

    def _next(self) -> None:
        after = following(Stamp(self.ms, self.count, self.node), self.node)
        self.ms, self.count = after.ms, after.count
