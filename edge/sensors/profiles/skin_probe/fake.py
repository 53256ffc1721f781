"""A fake skin probe: one believable reading for each press."""

from __future__ import annotations

import random

from edge.sensors.fakes import State, World

REPEAT_SD = 0.4  # %: two readings of the same cheek
ELASTICITY, SEBUM = 62.0, 95.0  # %, µg/cm²: a cheek in its thirties


class FakeProbe:
    """Measures the guest at its place."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        self._place = world.place(place)
        self._draw = random.Random(seed)  # noqa: S311 - a simulation

    def tick(self, now: float) -> list[State]:  # noqa: ARG002 - a probe speaks only when pressed
        return []

    def press(self, button: str, now: float) -> list[State]:
        if button != "measure":
            return []
        self._place.press(now)
        return [
            ("skin_moisture", self._place.moisture + self._draw.gauss(0, REPEAT_SD)),
            ("skin_elasticity", ELASTICITY + self._draw.gauss(0, 2 * REPEAT_SD)),
            ("skin_sebum", SEBUM + self._draw.gauss(0, 5 * REPEAT_SD)),
        ]
