"""The appliance in Home Assistant: one device-discovery message with its own health as entities (mqtt.md 2.2).

The store's devices announce themselves; this is about the appliance alone. Sent retained, and again when Home Assistant says that it has
started: its birth is not retained and nothing tells it what it missed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STALE = 180  # s: three missed minutes
STATUS = "homeassistant/status"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the appliance's health as an entity. `key` is its name in the health snapshot."""

    key: str
    name: str
    unit: str = ""
    device_class: str = ""
    decimals: int = 0


FIGURES = (
    Figure("cpu_temperature", "CPU temperature", "°C", "temperature", 1),
    Figure("disk_wear", "Disk life used", "%"),
    Figure("disk_free", "Disk free", "%", "", 1),
    Figure("memory_used", "Memory used", "%", "", 1),
    Figure("devices_online", "Devices online"),
    Figure("readings_written", "Readings written"),
    Figure("messages_refused", "Messages refused"),
    Figure("changes_waiting", "Changes waiting for HQ"),
)


def topic(store_id: str) -> str:
    return f"homeassistant/device/salon_{store_id}_edge/config"


def state_topic(store_id: str, figure: Figure) -> str:
    return f"salon/{store_id}/edge/sensor/{figure.key}/state"


def document(store_id: str, version: str, known: Mapping[str, Any]) -> bytes:
    """The discovery message; figures that this machine cannot tell are left out."""
    identity = f"salon_{store_id}_edge"
    components = {
        figure.key: _component(store_id, identity, figure)
        for figure in FIGURES
        if known.get(figure.key) is not None
    }
    message = {
        "dev": {
            "ids": [identity],
            "name": f"Parlour {store_id}",
            "mf": "Parlour",
            "mdl": "edge",
            "sw": version,
        },
        "o": {"name": "parlour", "sw": version},
        "avty_t": f"salon/{store_id}/edge/status",
        "qos": 1,
        "cmps": components,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def states(store_id: str, known: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """Topic and payload of each figure."""
    return [
        (state_topic(store_id, figure), f"{known[figure.key]:.{figure.decimals}f}".encode())
        for figure in FIGURES
        if known.get(figure.key) is not None
    ]


def _component(store_id: str, identity: str, figure: Figure) -> dict[str, Any]:
    component = {
        "p": "sensor",
        "uniq_id": f"{identity}_{figure.key}",
        "name": figure.name,
        "stat_cla": "measurement",
        "ent_cat": "diagnostic",
        "exp_aft": STALE,
        "stat_t": state_topic(store_id, figure),
    }
    if figure.unit:
        component["unit_of_meas"] = figure.unit
    if figure.device_class:
        component["dev_cla"] = figure.device_class
    return component
