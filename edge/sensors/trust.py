"""Whether a value is believed: how often it comes, whether it can be such a step, whether it has stood still for too long.

Pure: time is given. A doubtful value is kept with that quality and shown so; only what cannot be at all is refused, before this is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.sensors.errors import Refused
from edge.sensors.kinds import Measure

RATE, BURST = 2.0, 10.0  # messages a second, and at once, of one measure of one device

Quality = Literal["good", "doubtful"]
Doubt = Literal["", "jump", "flat"]


@dataclass(slots=True)
class _Past:
    """What judging the next value of one measure of one device takes."""

    value: float
    tick: float
    since: float
    """Since when it has been this very value."""
    left: float
    """Messages that may still come at once."""

    def spend(self, what: str, tick: float) -> None:
        """One more message. Raises Refused."""
        left = min(BURST, self.left + (tick - self.tick) * RATE)
        self.tick = tick
        if left < 1:
            self.left = left
            raise Refused("too_often", f"{what} more than {RATE:g} times a second")
        self.left = left - 1


class Trust:
    """Judges values one after the other."""

    def __init__(self) -> None:
        self._past: dict[tuple[str, str], _Past] = {}

    def judge(self, device: str, measure: Measure, value: float, tick: float) -> Doubt:
        """Why a value is doubtful; "" when it is not. Raises Refused when they come too often."""
        key = (device, measure.key)
        past = self._past.get(key)
        if past is None:
            self._past[key] = _Past(value, tick, tick, BURST - 1)
            return ""
        before, apart = past.value, tick - past.tick
        past.spend(measure.key, tick)
        past.value = value
        if measure.on_change:
            return ""
        if value != before or apart > 3 * measure.interval_s:
            past.since = tick
        if apart <= 3 * measure.interval_s and abs(value - before) > measure.jump:
            return "jump"
        return "flat" if measure.flat_s and tick - past.since >= measure.flat_s else ""

    def limit(self, device: str, what: str, tick: float) -> None:
        """Count something that has no value. Raises Refused when it comes too often."""
        past = self._past.get((device, what))
        if past is None:
            self._past[device, what] = _Past(0.0, tick, tick, BURST - 1)
        else:
            past.spend(what, tick)

    def forget(self, device: str) -> None:
        """A device has gone for good."""
        self._past = {key: past for key, past in self._past.items() if key[0] != device}
