"""Topics, parsed strictly: what does not fit exactly is refused by name, never guessed at (mqtt.md 2.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from edge.sensors.errors import Refused

MAX_TOPIC = 256  # bytes: the longest of ours is half of it
_DEVICE = re.compile(r"[a-z0-9-]{1,31}")
_OBJECT = re.compile(r"[A-Za-z0-9_-]{1,127}")
_COMPONENT = re.compile(r"[a-z_]{1,31}")

Leaf = Literal["status", "state", "command"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A device's topic, taken apart."""

    device: str
    leaf: Leaf
    component: str = ""
    object_id: str = ""


@cache
def own(store_id: str) -> str:
    """How the topics begin on which the appliance itself speaks: it stands where a device would."""
    return f"salon/{store_id}/edge/"


def is_own(topic: str, store_id: str) -> bool:
    """Whether the appliance itself said this."""
    return topic.startswith(own(store_id))


@lru_cache(maxsize=4096)  # a large store has a thousand topics, each said again and again
def parse(topic: str, store_id: str) -> Topic:
    """Take a topic apart. Raises Refused."""
    if len(topic.encode("utf-8", "replace")) > MAX_TOPIC:
        raise Refused("topic_too_long", f"{len(topic)} characters")
    levels = topic.split("/")
    if levels[:2] != ["salon", store_id] or len(levels) < 3:
        raise Refused("topic_elsewhere", f"not under salon/{store_id}/")
    device = levels[2]
    if not _DEVICE.fullmatch(device):
        raise Refused("bad_device_id", f"{device!r} is not 1 to 31 of a-z, 0-9 and -")
    match levels[3:]:
        case ["status"]:
            return Topic(device, "status")
        case [component, object_id, "state" | "command" as leaf] if _COMPONENT.fullmatch(
            component
        ) and _OBJECT.fullmatch(object_id):
            return Topic(device, "state" if leaf == "state" else "command", component, object_id)
    raise Refused("unknown_topic", "neither .../status nor .../<component>/<object>/state|command")
