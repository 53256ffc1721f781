"""What the fake devices measure: one small world a store, in which a bed is used, skin drinks and a bottle empties.

Fakes speak in states to publish; `edge/sensors/esphome.py` puts them on the wire. Time is the simulation's own, so that it can run
faster than the clock.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

SAME_MEASURING = 4.0  # s: presses closer together measure the same skin again
NEXT_GUEST = 600.0  # s without a press: whoever lies down next is someone else
DRY, MOIST = 41.0, 52.0  # %: mean skin moisture before and after a care
SPREAD = 1.5  # %: between guests
DOSE = 2.4  # g of product in one care


@dataclass
class Place:
    """One bed: the guest on it, and how many cares it has seen."""

    guest: random.Random
    moisture: float = DRY
    treated: bool = False
    last_press: float = -math.inf
    cares: int = 0

    def press(self, now: float) -> None:
        """The probe is put to the skin."""
        since = now - self.last_press
        self.last_press = now
        if since > NEXT_GUEST:
            self.moisture = self.guest.gauss(DRY, SPREAD)
            self.treated = False
        elif since > SAME_MEASURING and not self.treated:
            self.moisture += self.guest.gauss(MOIST - DRY, SPREAD / 2)
            self.treated = True
            self.cares += 1

    def occupied(self, now: float) -> bool:
        return now - self.last_press <= NEXT_GUEST


@dataclass
class World:
    """All places of a store, the same for a given seed."""

    seed: int = 0
    places: dict[str, Place] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        if name not in self.places:
            self.places[name] = Place(random.Random(f"{self.seed}/{name}"))  # noqa: S311 - a simulation
        return self.places[name]


State = tuple[str, float]
"""A measure's key and the value to publish."""


class Fake(Protocol):
    """One fake device."""

    def tick(self, now: float) -> Sequence[State]:
        """What it publishes by itself at this time."""

    def press(self, button: str, now: float) -> Sequence[State]:
        """What it publishes when a button of it is pressed."""


class Quiet:
    """A device that says nothing by itself: a scanner nobody scans with, a button nobody presses."""

    def __init__(self, world: World, place: str, seed: str) -> None:
        del world, place, seed

    def tick(self, now: float) -> list[State]:  # noqa: ARG002
        return []

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002
        return []


class Obedient(Quiet):
    """A device that does what it is told, at once: a light."""

    def set(self, key: str, value: float) -> list[State]:
        return [(key, value)]


class Periodic:
    """Says when something that happens every so often is due."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next = -math.inf

    def due(self, now: float) -> bool:
        if now < self._next:
            return False
        self._next = now + self._interval_s
        return True
