"""What an ESPHome node puts on the wire, byte for byte: topics, discovery, device info, states (mqtt.md 2.1).

Order and form of the JSON keys are those of ESPHome 2026.6.5, the version that `firmware_configs/` is checked with. Used by the fake
devices; a consumer must not rely on the order.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from edge.sensors.kinds import MEASURES, Measure
from edge.sensors.profiles import Profile

ESPHOME = "2026.6.5"
PROJECT = "parlour"
PROJECT_VERSION = "1.0.0"
BOARD = "esp32-c3-devkitm-1"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of a node, as its YAML names it."""

    component: str
    name: str
    unit: str = ""
    state_class: str = ""
    decimals: int | None = None
    icon: str = ""
    device_class: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    """Of a number: between what and what it can be set, and how finely."""

    @property
    def object_id(self) -> str:
        """As ESPHome makes it of the name: lower case, spaces and everything odd to underscores."""
        return re.sub(r"[^A-Za-z0-9_-]", "_", self.name.lower())


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a store."""

    name: str
    friendly_name: str
    store: str
    profile: str
    entities: tuple[Entity, ...]
    ip: str = "127.0.0.1"
    mac: str = field(default="")

    def __post_init__(self) -> None:
        if not self.mac:
            # 02: a locally administered address, which no real device has.
            object.__setattr__(self, "mac", "02" + hashlib.sha256(self.name.encode()).hexdigest()[:10])

    @property
    def prefix(self) -> str:
        return f"salon/{self.store}/{self.name}"

    @property
    def status_topic(self) -> str:
        return f"{self.prefix}/status"

    @property
    def info_topic(self) -> str:
        return f"esphome/discover/{self.name}"

    def state_topic(self, entity: Entity) -> str:
        return f"{self.prefix}/{entity.component}/{entity.object_id}/state"

    def command_topic(self, entity: Entity) -> str:
        return f"{self.prefix}/{entity.component}/{entity.object_id}/command"

    def discovery_topic(self, entity: Entity) -> str:
        return f"homeassistant/{entity.component}/{self.name}/{entity.object_id}/config"


def node_of(profile: Profile, name: str, friendly_name: str, store: str) -> Node:
    """The node that a profile's firmware makes."""
    measured = [_entity(MEASURES[key]) for key in profile.measures]
    buttons = [Entity("button", button) for button in profile.buttons]
    own = [] if profile.wire else [_entity(MEASURES["signal"])]  # as common/node.yaml has it
    return Node(name, friendly_name, store, profile.key, (*measured, *buttons, *own))


def _entity(m: Measure) -> Entity:
    if m.component == "binary_sensor":
        return Entity(m.component, m.name, icon=m.icon, device_class=m.device_class)
    if m.component == "number":
        return Entity(
            m.component, m.name, m.unit, "", None, m.icon, m.device_class, m.low, m.high, m.step
        )  # fmt: skip
    state_class = "total_increasing" if m.only_grows else "measurement"
    return Entity("sensor", m.name, m.unit, state_class, m.decimals, m.icon, m.device_class)


def fnv1(text: str) -> int:
    """FNV-1, 32 bits: how ESPHome makes a unique id of a name."""
    value = 2166136261
    for byte in text.encode():
        value = (value * 16777619) & 0xFFFFFFFF
        value ^= byte
    return value


def discovery(node: Node, entity: Entity) -> bytes:
    """The retained Home Assistant discovery message of an entity."""
    config: dict[str, Any] = {}
    if entity.decimals is not None:
        config["sug_dsp_prc"] = entity.decimals
    if entity.unit:
        config["unit_of_meas"] = entity.unit
    if entity.state_class:
        config["stat_cla"] = entity.state_class
    config["name"] = entity.name
    if entity.icon:
        config["ic"] = entity.icon
    if entity.device_class:
        config["dev_cla"] = entity.device_class
    if entity.component != "button":
        config["stat_t"] = node.state_topic(entity)
    if entity.component in {"button", "number"}:
        config["cmd_t"] = node.command_topic(entity)
    if entity.component == "number":
        config |= {"min": entity.low, "max": entity.high, "step": entity.step}
    config["avty_t"] = node.status_topic
    config["uniq_id"] = f"{node.mac}-{entity.component}-{fnv1(entity.name):08x}"
    config["dev"] = {
        "ids": node.mac,
        "name": node.friendly_name,
        "sw": f"{PROJECT_VERSION} (ESPHome {ESPHOME})",
        "mdl": node.profile,
        "mf": PROJECT,
        "cns": [["mac", node.mac]],
    }
    return _json(config)


def info(node: Node) -> bytes:
    """The retained `esphome/discover/<name>` message."""
    return _json(
        {
            "ip": node.ip,
            "name": node.name,
            "friendly_name": node.friendly_name,
            "version": ESPHOME,
            "mac": node.mac,
            "platform": "ESP32",
            "board": BOARD,
            "network": "wifi",
            "project_name": f"{PROJECT}.{node.profile}",
            "project_version": PROJECT_VERSION,
        }
    )


def state(entity: Entity, value: float) -> bytes:
    """A state as text: `24.5`, `ON`."""
    if entity.component == "binary_sensor":
        return b"ON" if value else b"OFF"
    return f"{value:.{entity.decimals or 0}f}".encode()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
