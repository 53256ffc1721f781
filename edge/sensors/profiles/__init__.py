"""Kinds of device: one folder each, found by being there. A folder that cannot be loaded is reported and never fatal.

A profile's key is also the name of its firmware in `firmware_configs/`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from edge.sensors.fakes import Fake, World
from edge.sensors.kinds import MEASURES, SELF, Measure


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of device measures, what it can be told to do, and a fake of it."""

    key: str
    zh: str
    en: str
    measures: tuple[str, ...]
    fake: Callable[[World, str, str], Fake]
    """Makes a fake from the world it measures, its place and a seed."""
    buttons: tuple[str, ...] = ()
    """Names of its ESPHome buttons."""
    events: tuple[str, ...] = ()
    """Object ids of what it tells of as it happens: a scan, a card, a press."""
    wire: Literal["", "serial", "gpio", "tasmota"] = ""
    """How it is joined to this machine when it is no node of its own: its record's `address` then says where (edge/sensors/wired/)."""
    frame: Callable[[str], bytes] | None = None
    """Of a serial reader: the bytes that a real one sends for a text, which is what its fake says (edge/sensors/wired/fake.py)."""

    def measure(self, component: str, object_id: str) -> Measure | None:
        """What a topic of such a device stands for."""
        if (object_id in self.measures or object_id in SELF) and MEASURES[object_id].component == component:
            return MEASURES[object_id]
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """All profiles that load, and why the others do not."""

    profiles: dict[str, Profile]
    broken: dict[str, str]


@cache
def found() -> Found:
    """Look into every folder beside this file, once."""
    profiles: dict[str, Profile] = {}
    broken: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        try:
            profile: Profile = importlib.import_module(f"{__name__}.{module.name}").PROFILE
            unknown = set(profile.measures) - set(MEASURES)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one kind, the others must work
            broken[module.name] = f"{type(error).__name__}: {error}"
            continue
        if unknown:
            broken[module.name] = f"unknown measures: {', '.join(sorted(unknown))}"
        else:
            profiles[profile.key] = profile
    return Found(profiles, broken)
