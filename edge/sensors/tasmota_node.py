"""A stock Tasmota device on the bus, as its firmware is one: discovery, LWT in capitals, JSON telemetry, and a switch that answers (mqtt.md 2.3).

For a demo and a laptop. Which wire format a device speaks is its profile's `wire`; what it measures is a fake like any other.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.bus import Bus, Message, Will
from edge.sensors.fakes import State
from edge.sensors.node import Part
from edge.sensors.tasmota import ADDRESS, DISCOVERY
from salon.records import Device

FIRMWARE = "15.0.1"
WORDS = {b"ON": True, b"1": True, b"OFF": False, b"0": False}


class TasmotaNode:
    """Announces itself, publishes what its part measures, obeys POWER."""

    def __init__(
        self,
        record: Device,
        part: Part,
        host: str,
        port: int,
        password_file: Path,
        clock: Callable[[], float],
    ) -> None:
        self.name = record.device
        self.part = part
        self._label = record.name_en or record.device
        self._mac = record.address.removeprefix(ADDRESS)
        self._clock = clock
        self._lock = threading.RLock()
        self._on = True
        will = Will(f"tele/{self.name}/LWT", b"Offline")
        self._bus = Bus(
            host, port, self.name, password_file, f"DVES_{self._mac[-6:]}", will=will, protocol="3.1.1"
        )
        self._bus.on_connect(self._announce)
        self._bus.subscribe(f"cmnd/{self.name}/POWER", self._obey)

    def start(self) -> None:
        self._bus.start()

    def tick(self) -> None:
        """Publish what is due."""
        with self._lock:
            self._say(self.part.tick(self._clock()))

    def stop(self) -> None:
        """Leave as Tasmota does that is told to restart."""
        self._bus.publish(f"tele/{self.name}/LWT", b"Offline", retain=True)
        self._bus.stop()

    def _announce(self) -> None:
        about = {
            "ip": "127.0.0.1", "dn": self._label, "fn": [self._label], "hn": f"{self.name}-{self._mac[-4:]}", "mac": self._mac, "md": "Plug",
            "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": FIRMWARE, "t": self.name,
            "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1], "ver": 1,
        }  # fmt: skip
        self._bus.publish(f"{DISCOVERY}{self._mac}/config", json.dumps(about), retain=True)
        self._bus.publish(f"tele/{self.name}/LWT", b"Online", retain=True)

    def _say(self, states: Sequence[State]) -> None:
        told = dict(states)
        if "power_switch" in told:
            self._on = bool(told["power_switch"])
            self._bus.publish(f"stat/{self.name}/POWER", self._word)
        if "signal" in told:
            state = {"POWER": self._word, "Wifi": {"AP": 1, "Signal": round(told["signal"])}}
            self._bus.publish(f"tele/{self.name}/STATE", json.dumps(state))
        if "power" in told:
            energy = {"Total": round(told["energy"], 3), "Power": round(told["power"])}
            self._bus.publish(f"tele/{self.name}/SENSOR", json.dumps({"ENERGY": energy}))

    def _obey(self, message: Message) -> None:
        word = message.payload.upper()
        if word != b"TOGGLE" and word not in WORDS:
            return
        with self._lock:
            wanted = not self._on if word == b"TOGGLE" else WORDS[word]
            put = getattr(self.part, "set", None)
            if put is not None:
                self._say(put("power_switch", float(wanted)))

    @property
    def _word(self) -> str:
        return "ON" if self._on else "OFF"
