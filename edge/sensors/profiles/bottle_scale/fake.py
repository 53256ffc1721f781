"""A fake scale: the bottle gets lighter by one dose a care, and is replaced when it is empty."""

from __future__ import annotations

import random

from edge.sensors.fakes import DOSE, Periodic, State, World
from edge.sensors.kinds import MEASURES

FULL, EMPTY = 260.0, 60.0  # g: a 200 ml bottle with its product, and without
NOISE_SD = 0.05  # g


class FakeScale:
    """Weighs at its interval, and at once after a dose."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        self._place = world.place(place)
        self._draw = random.Random(seed)  # noqa: S311 - a simulation
        self._due = Periodic(MEASURES["bottle_weight"].interval_s)
        self._weight = FULL
        self._cares = self._place.cares
        self._uses = 0

    def tick(self, now: float) -> list[State]:
        doses = self._place.cares - self._cares
        self._cares = self._place.cares
        self._weight -= DOSE * doses
        self._uses += doses
        if self._weight < EMPTY + DOSE:
            self._weight = FULL
        if not (self._due.due(now) or doses):
            return []
        left = 100 * (self._weight - EMPTY) / (FULL - EMPTY)
        counted = [("bottle_uses", float(self._uses)), ("bottle_left", left)]
        return [("bottle_weight", self._weight + self._draw.gauss(0, NOISE_SD)), *counted]

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []
