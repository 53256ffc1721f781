"""A fake bed: in use from the first measuring until the guest has gone."""

from __future__ import annotations

from edge.sensors.fakes import State, World


class FakeBed:
    """Publishes on change alone, as the node does."""

    def __init__(self, world: World, place: str, seed: str) -> None:  # noqa: ARG002 - nothing is drawn
        self._place = world.place(place)
        self._said: bool | None = None

    def tick(self, now: float) -> list[State]:
        occupied = self._place.occupied(now)
        if occupied == self._said:
            return []
        self._said = occupied
        return [("bed_presence", float(occupied))]

    def press(self, button: str, now: float) -> list[State]:  # noqa: ARG002 - it has no button
        return []
