"""The last messages of the store's devices, for the technician's page: what a device says, while it says it.

In this process's memory and nowhere else. Codes and cards that were read are left out: they may name a member.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from edge.store import now

KEPT = 200  # messages
LONGEST = 160  # characters shown of one


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as shown."""

    at: str
    topic: str
    """Without `salon/<store>/`."""
    payload: str
    retain: bool


class LiveMessages:
    """Listens on the bus."""

    def __init__(self, bus: Any | None, store_id: str) -> None:
        self._prefix = f"salon/{store_id}/"
        self._heard: deque[Heard] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        if bus is not None:
            bus.subscribe(f"{self._prefix}+/status", self.take, qos=0)
            bus.subscribe(f"{self._prefix}+/+/+/state", self.take, qos=0)
            bus.subscribe(f"{self._prefix}+/+/+/command", self.take, qos=0)

    def take(self, message: Any) -> None:
        """One message; called on the bus's thread."""
        topic = message.topic.removeprefix(self._prefix)
        if topic.startswith("edge/"):
            return
        payload = (
            "…" if "/event/" in topic else message.payload[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]
        )
        with self._lock:
            self._heard.appendleft(Heard(now(), topic, payload, message.retain))

    def latest(self, device: str = "") -> list[Heard]:
        """Newest first; of one device if given."""
        with self._lock:
            found = list(self._heard)
        return [heard for heard in found if not device or heard.topic.startswith(f"{device}/")]
