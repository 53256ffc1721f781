"""A fake bed: in use from the first measuring until the guest has gone; it goes where it is told to."""

from __future__ import annotations

from edge.sensors.fakes import State, World

AT_FIRST = {"chair_height": 60.0, "room_light": 40.0, "scent": 0.0}


class FakeBed:
    """Publishes on change alone, as the node does."""

    def __init__(self, world: World, place: str, seed: str) -> None:  # noqa: ARG002 - nothing is drawn
        self._place = world.place(place)
        self._said: bool | None = None

    def tick(self, now: float) -> list[State]:
        occupied = self._place.occupied(now)
        if occupied == self._said:
            return []
        first = [] if self._said is not None else list(AT_FIRST.items())
        self._said = occupied
        return [("bed_presence", float(occupied)), *first]

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []

    def set(self, key: str, value: float) -> list[State]:
        return [(key, value)]
