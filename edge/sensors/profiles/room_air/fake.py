"""A fake room: warm, a little dry, and stuffier while the bed is in use."""

from __future__ import annotations

import random

from edge.sensors.fakes import Periodic, State, World
from edge.sensors.kinds import MEASURES

DRIFT = 0.2  # of the way to the mean a minute


class FakeAir:
    """Wanders around the mean of each measure."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        self._place = world.place(place)
        self._draw = random.Random(seed)  # noqa: S311 - a simulation
        self._due = Periodic(MEASURES["temperature"].interval_s)
        self._temperature, self._humidity, self._co2, self._voc = 24.0, 50.0, 620.0, 100.0

    def tick(self, now: float) -> list[State]:
        if not self._due.due(now):
            return []
        stuffy = 950.0 if self._place.occupied(now) else 620.0
        self._temperature += DRIFT * (24.0 - self._temperature) + self._draw.gauss(0, 0.1)
        self._humidity += DRIFT * (50.0 - self._humidity) + self._draw.gauss(0, 0.6)
        self._co2 += DRIFT * (stuffy - self._co2) + self._draw.gauss(0, 12)
        self._voc = max(0.0, self._voc + DRIFT * (stuffy / 6 - self._voc) + self._draw.gauss(0, 3))
        return [
            ("temperature", self._temperature),
            ("humidity", self._humidity),
            ("co2", self._co2),
            ("voc", self._voc),
        ]

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []
