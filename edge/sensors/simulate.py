"""Simulated devices: each a real MQTT client with its own login and will that says what an ESPHome node says, byte for byte.

For a demo, for tests and for a laptop (`parlour devices simulate`). They speak MQTT 3.1.1, as the nodes do; a Tasmota device speaks Tasmota. What is wired to this
machine is left to `parlour-wired`, which logs in as that device: two of one name would put one another out for ever.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from edge.sensors.fakes import Fake, Periodic, State, World
from edge.sensors.kinds import MEASURES
from edge.sensors.node import Node, bus_for, node_for
from edge.sensors.tasmota import ADDRESS
from edge.sensors.tasmota_node import TasmotaNode
from salon.records import Device

STEP = 0.1  # s of real time between two looks at what is due


class OnWifi:
    """A fake with the signal that every node's firmware reports (firmware_configs/common/node.yaml)."""

    def __init__(self, fake: Fake, seed: str) -> None:
        self._fake = fake
        self._draw = random.Random(f"signal/{seed}")  # noqa: S311 - a simulation
        self._usual = self._draw.uniform(-72, -48)
        self._due = Periodic(MEASURES["signal"].interval_s)

    def tick(self, now: float) -> list[State]:
        states = list(self._fake.tick(now))
        if self._due.due(now):
            states.append(("signal", self._usual + self._draw.gauss(0, 1.5)))
        return states

    def press(self, button: str, now: float) -> Sequence[State]:
        return self._fake.press(button, now)

    def set(self, key: str, value: float) -> Sequence[State]:
        """What the device can be told; nothing for one that cannot."""
        put = getattr(self._fake, "set", None)
        return [] if put is None else put(key, value)


def devices(
    records: Sequence[Device],
    host: str,
    port: int,
    credentials_folder: Path,
    *,
    seed: int = 0,
    speed: float = 1.0,
) -> list[Node | TasmotaNode]:
    """A simulated device for each active record that is not wired to this machine. `credentials_folder` holds `<device>.password`. Raises NoSuchProfile."""
    world = World(seed)
    began = time.monotonic()

    def clock() -> float:
        return (time.monotonic() - began) * speed

    made: list[Node | TasmotaNode] = []
    for record in records:
        if record.state != "active":
            continue
        profile, node = node_for(record)
        password = credentials_folder / f"{record.device}.password"
        if record.address.startswith(ADDRESS):
            plug = profile.fake(world, record.place, f"{seed}/{record.device}")
            made.append(TasmotaNode(record, plug, host, port, password, clock))
            continue
        if profile.wire and record.address:
            continue
        bus = bus_for(node, host, port, password)
        fake = profile.fake(world, record.place, f"{seed}/{record.device}")
        part = fake if profile.wire else OnWifi(fake, record.device)
        made.append(Node(node, part, bus, clock))
    return made


def simulate(
    records: Sequence[Device],
    host: str,
    port: int,
    credentials_folder: Path,
    *,
    seed: int = 0,
    speed: float = 1.0,
    stop: threading.Event | None = None,
) -> None:
    """Run the devices until `stop` is set, or for ever. A higher `speed` makes their time run faster than the clock."""
    stop = stop or threading.Event()
    running = devices(records, host, port, credentials_folder, seed=seed, speed=speed)
    for device in running:
        device.start()
    try:
        while not stop.wait(STEP):
            for device in running:
                device.tick()
    finally:
        for device in running:
            device.stop()
