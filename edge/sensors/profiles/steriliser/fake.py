"""A fake steriliser: warm, and once after each care a cycle of its own, faster than a true one so that a demo sees it."""

from __future__ import annotations

import random

from edge.sensors.fakes import Periodic, State, World
from edge.sensors.kinds import MEASURES

REST, HOLD = 35.0, 134.0  # °C: between cycles; of a steam cycle
CYCLE = 120.0  # s: a true one takes twenty minutes
HELD_MIN = 3.5  # min at temperature: EN 13060 asks for 3 at 134 °C


class FakeSteriliser:
    """A thermometer in the chamber, and what the node makes of it."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        self._place = world.place(place)
        self._draw = random.Random(seed)  # noqa: S311 - a simulation
        self._due = Periodic(MEASURES["chamber_temperature"].interval_s)
        self._cares = self._place.cares
        self._until: float | None = None
        self._said: bool | None = None

    def tick(self, now: float) -> list[State]:
        states: list[State] = []
        if self._place.cares > self._cares and self._until is None:
            self._cares, self._until = self._place.cares, now + CYCLE
        if self._until is not None and now >= self._until:
            self._until = None
            states = [("cycle_hold", HELD_MIN), ("cycle_peak", HOLD + self._draw.gauss(0.6, 0.2))]
        running = self._until is not None
        if running != self._said:
            self._said = running
            states.append(("cycle_running", float(running)))
        if self._due.due(now):
            states.append(("chamber_temperature", (HOLD if running else REST) + self._draw.gauss(0, 0.3)))
        return states

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []
