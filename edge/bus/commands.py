"""A command and its confirmation: sent never retained, with an expiry, and believed only when the device says that it has come there (mqtt.md 2.4).

`True` from the broker means that it took the message, not that a lift has moved. What was not confirmed in time is said to be so; the command itself expires at the
broker, so that a device which comes back later does not act on an old wish.
"""

from __future__ import annotations

import math
import threading
from typing import Literal

from edge.bus._client import Bus, Message

EXPIRY_S = 15  # s: within the 10 to 30 of mqtt.md 2.4
WITHIN_S = 5.0  # s a person waits in front of a button

Outcome = Literal["confirmed", "not_sent", "not_confirmed"]


class Commands:
    """Sends commands over a bus and watches the states that confirm them. One for each bus."""

    def __init__(self, bus: Bus, store_id: str) -> None:
        self._bus = bus
        self._prefix = f"salon/{store_id}"
        self._changed = threading.Condition()
        self._states: dict[str, tuple[int, bytes]] = {}
        self._count = 0
        bus.subscribe(f"{self._prefix}/+/number/+/state", self._heard)
        bus.subscribe(f"{self._prefix}/+/switch/+/state", self._heard)

    def send(
        self, device: str, component: str, object_id: str, wanted: str, *, within_s: float = WITHIN_S
    ) -> Outcome:
        """Tell a device, and wait until it says that it did."""
        topic = f"{self._prefix}/{device}/{component}/{object_id}"
        with self._changed:
            asked = self._count
        if not self._bus.publish(f"{topic}/command", wanted, qos=1, expiry_s=EXPIRY_S):
            return "not_sent"
        with self._changed:
            there = self._changed.wait_for(lambda: self._is(f"{topic}/state", wanted, asked), within_s)
        return "confirmed" if there else "not_confirmed"

    def _is(self, topic: str, wanted: str, asked: int) -> bool:
        """Whether a state came after the question that is what was wanted."""
        at, payload = self._states.get(topic, (0, b""))
        return at > asked and _same(payload.decode("utf-8", "replace"), wanted)

    def _heard(self, message: Message) -> None:
        if message.retain:
            return  # of an unknown age: it confirms nothing
        with self._changed:
            self._count += 1
            self._states[message.topic] = (self._count, message.payload)
            self._changed.notify_all()


def _same(said: str, wanted: str) -> bool:
    """`40`, `40.0` and `40.00` are the same height; `ON` is `on`."""
    try:
        return math.isclose(float(said), float(wanted), abs_tol=0.5)
    except ValueError:
        return said.upper() == wanted.upper()
