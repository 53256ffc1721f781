"""Stock Tasmota devices: a small adapter that reads what each says of itself (mqtt.md 2.3).

Nothing is assumed: `tasmota/discovery/<MAC>/config` names the full topic (`ft`), the topic (`t`), the prefixes (`tp`) and the words for being there
(`onln`, `ofln`). A device of ours is the one whose record's `address` is `tasmota:<MAC>`; its values come in as those of that record. It logs in with its record's id,
and may write its own Tasmota tree and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from edge.bus import Message
from edge.sensors.errors import Refused
from edge.sensors.kinds import MEASURES, Measure
from salon.records import Device

DISCOVERY = "tasmota/discovery/"
ADDRESS = "tasmota:"
MAX_JSON = 8192  # bytes: a discovery of a device with eight relays has about 1,500
MOST_DEVICES = 200
_MAC = re.compile(r"[0-9A-F]{12}")
_Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]

VALUES: dict[str, str] = {
    "Temperature": "temperature",
    "Humidity": "humidity",
    "CarbonDioxide": "co2",
    "Power": "power",
    "Total": "energy",
}
"""Tasmota's name of a value in SENSOR -> our measure."""


class Discovery(BaseModel):
    """What is needed of a device's discovery; there is far more."""

    model_config = ConfigDict(extra="ignore")

    t: _Word
    ft: _Word
    tp: Annotated[list[_Word], Field(min_length=3, max_length=3)]
    onln: _Word = "Online"
    ofln: _Word = "Offline"
    sw: Annotated[str, StringConstraints(max_length=40)] = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says: presence, or values."""

    device: Device
    online: bool | None = None
    values: tuple[tuple[Measure, float], ...] = ()
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    mac: str
    about: Discovery

    def topic(self, prefix: int, what: str) -> str:
        """A topic of it: prefix 0 commands, 1 states, 2 telemetry."""
        full = self.about.ft.replace("%prefix%", self.about.tp[prefix]).replace("%topic%", self.about.t)
        return f"{full.rstrip('/')}/{what}"


class Tasmota:
    """Understands the messages of the devices that have announced themselves."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._by_topic: dict[str, tuple[_Known, str]] = {}

    @property
    def filters(self) -> list[str]:
        """What has to be listened to beside the discovery: the telemetry and states of all that is known."""
        return sorted(self._by_topic)

    def discovered(self, message: Message) -> bool:
        """Take a discovery in; whether there is anything new to listen to. Raises Refused."""
        mac, _, what = message.topic.removeprefix(DISCOVERY).partition("/")
        if what != "config" or not _MAC.fullmatch(mac):
            return False
        if not message.payload:
            self._forget(mac)
            return False
        if mac not in self._known and len(self._known) >= MOST_DEVICES:
            raise Refused("too_many", f"more than {MOST_DEVICES} Tasmota devices")
        if len(message.payload) > MAX_JSON:
            raise Refused("payload_too_long", f"{len(message.payload)} bytes")
        try:
            about = Discovery.model_validate_json(message.payload)
        except (ValidationError, RecursionError) as error:
            raise Refused("bad_discovery", str(error).replace("\n", " ")[:200]) from error
        known = _Known(mac, about)
        if any(sign in known.topic(0, "") for sign in "+#"):
            raise Refused("bad_discovery", "a topic with a wildcard in it")
        before = set(self._by_topic)
        self._forget(mac)
        self._known[mac] = known
        for prefix, what in ((2, "LWT"), (2, "SENSOR"), (2, "STATE"), (1, "POWER")):
            self._by_topic[known.topic(prefix, what)] = (known, what)
        return set(self._by_topic) != before

    def take(self, message: Message, devices: Mapping[str, Device]) -> Told | None:
        """What a message says of a device of ours; None for strangers. Raises Refused."""
        found = self._by_topic.get(message.topic)
        if found is None:
            return None
        known, what = found
        device = next(
            (d for d in devices.values() if d.address == f"{ADDRESS}{known.mac}" and d.state == "active"),
            None,
        )
        if device is None:
            return None
        if what == "LWT":
            return self._presence(device, known, message.payload)
        if message.retain:
            return None  # of an unknown age
        if what == "POWER":
            if message.payload not in {b"ON", b"OFF"}:
                raise Refused("not_a_switch", "neither ON nor OFF")
            return Told(device, values=((MEASURES["power_switch"], float(message.payload == b"ON")),))
        return Told(device, values=tuple(_values(_json(message.payload), what)))

    def command(self, device: Device, state: str) -> tuple[str, str] | None:
        """Topic and payload that switch it; None when it has not announced itself."""
        known = self._known.get(device.address.removeprefix(ADDRESS))
        return None if known is None else (known.topic(0, "POWER"), state)

    def _presence(self, device: Device, known: _Known, payload: bytes) -> Told:
        said = payload.decode("utf-8", "replace")
        if said == known.about.onln:
            return Told(device, online=True, firmware=f"Tasmota {known.about.sw}".strip())
        if said == known.about.ofln:
            return Told(device, online=False)
        raise Refused("bad_status", f"neither {known.about.onln} nor {known.about.ofln}")

    def _forget(self, mac: str) -> None:
        self._known.pop(mac, None)
        self._by_topic = {topic: found for topic, found in self._by_topic.items() if found[0].mac != mac}


def _json(payload: bytes) -> dict[str, Any]:
    if len(payload) > MAX_JSON:
        raise Refused("payload_too_long", f"{len(payload)} bytes")
    try:
        found: Any = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", str(error)[:100]) from error
    if not isinstance(found, dict):
        raise Refused("not_json", "not an object")
    return found


def _values(said: dict[str, Any], what: str) -> list[tuple[Measure, float]]:
    """The values that we know, of any of its sensors; those out of range refuse the message."""
    found: dict[str, float] = {}
    if what == "STATE" and isinstance(said.get("Wifi"), dict) and _is_number(said["Wifi"].get("Signal")):
        found["signal"] = said["Wifi"]["Signal"]
    for sensor in said.values() if what == "SENSOR" else ():
        if isinstance(sensor, dict):
            found |= {
                VALUES[name]: value for name, value in sensor.items() if name in VALUES and _is_number(value)
            }
    out = []
    for key, value in found.items():
        measure = MEASURES[key]
        if not measure.low <= value <= measure.high:
            raise Refused(
                "out_of_range", f"{key} {value:g} is not within {measure.low:g} to {measure.high:g}"
            )
        out.append((measure, float(value)))
    return out


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12  # NaN is not
    )
