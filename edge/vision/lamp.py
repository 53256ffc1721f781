"""The light ring of a bed: on before a scan, back to what it was after. A command on the bus, as to any device.

A ring that is not there, or a bus that is down, costs nothing: the scan goes on in the light there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinydb import where

from edge.store import Store

PROFILE = "light_ring"
LEVEL_SETTING = "scan.ring_percent"
LEVEL = 80  # %: room to both sides, and cooler than full power
OFF = 0


@contextmanager
def ring_on(store: Store, bed: str, publish: Callable[[str, bytes], bool]) -> Iterator[None]:
    """Light the ring of `bed` while the camera looks."""
    topics = [
        f"salon/{store.store_id}/{device.device}/number/ring_light/command"
        for device in store.devices.select((where("profile") == PROFILE) & (where("state") == "active"))
        if bed and device.place == bed
    ]
    level = int(store.settings.get(LEVEL_SETTING, LEVEL))
    for topic in topics:
        publish(topic, str(level).encode())
    try:
        yield
    finally:
        for topic in topics:
            publish(topic, str(OFF).encode())
