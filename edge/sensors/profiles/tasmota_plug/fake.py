"""A fake kettle at a plug that measures: on and off as it is told, and the power that it draws."""

from __future__ import annotations

import random

from edge.sensors.fakes import Periodic, State, World

PERIOD = 300.0  # s: Tasmota's own TelePeriod
DRAWS = 1800.0  # W


class FakePlug:
    """Says its switch, power, energy and signal each period."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        del world, place
        self._draw = random.Random(seed)  # noqa: S311 - a simulation
        self._due = Periodic(PERIOD)
        self._on, self._energy = True, 3.0

    def tick(self, now: float) -> list[State]:
        if not self._due.due(now):
            return []
        power = DRAWS + self._draw.gauss(0, 15) if self._on else 0.0
        self._energy += power * PERIOD / 3.6e6
        signal = -60 + self._draw.gauss(0, 2)
        return [
            ("power_switch", float(self._on)),
            ("power", power),
            ("energy", self._energy),
            ("signal", signal),
        ]

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []

    def set(self, key: str, value: float) -> list[State]:
        """Switched on or off: it says so at once."""
        self._on = bool(value)
        return [(key, value)]
