"""Simulated devices: each a real MQTT client with its own login and will that says what an ESPHome node says, byte for byte.

For a demo, for tests and for a laptop (`parlour devices simulate`). They speak MQTT 3.1.1, as the nodes do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.bus import Bus, Message, Will
from edge.sensors import esphome
from edge.sensors.errors import SensorError
from edge.sensors.fakes import Fake, State, World
from edge.sensors.profiles import found
from salon.records import Device

STEP = 0.1  # s of real time between two looks at what is due


class NoSuchProfile(SensorError, KeyError):
    """Raised when a device's kind has no profile, so that there is no fake of it; `.device`, `.profile`."""

    def __init__(self, device: str, profile: str) -> None:
        self.device = device
        self.profile = profile
        super().__init__(f"{device}: no profile {profile!r}")


class SimulatedDevice:
    """One node: announces itself on every connection, publishes what its fake measures, obeys its buttons."""

    def __init__(self, node: esphome.Node, fake: Fake, bus: Bus, clock: Callable[[], float]) -> None:
        self.node = node
        self._fake = fake
        self._bus = bus
        self._clock = clock
        self._lock = threading.Lock()
        self._states: dict[str, bytes] = {}
        self._entities = {entity.object_id: entity for entity in node.entities}
        bus.on_connect(self._announce)
        bus.subscribe("esphome/discover", self._tell_info, qos=0)
        bus.subscribe(f"esphome/ping/{node.name}", self._tell_info, qos=0)
        for entity in node.entities:
            if entity.component == "button":
                bus.subscribe(node.command_topic(entity), self._press, qos=0)

    def start(self) -> None:
        self._bus.start()

    def tick(self) -> None:
        """Publish what is due."""
        with self._lock:
            self._say(self._fake.tick(self._clock()))

    def stop(self) -> None:
        """Leave as a node does that is told to restart."""
        self._bus.publish(self.node.status_topic, b"offline", retain=True)
        self._bus.stop()

    def _announce(self) -> None:
        node = self.node
        self._bus.publish(node.status_topic, b"online", retain=True)
        self._bus.publish(node.info_topic, esphome.info(node), qos=2, retain=True)
        for entity in node.entities:
            self._bus.publish(node.discovery_topic(entity), esphome.discovery(node, entity), retain=True)
        with self._lock:  # only the latest state of each entity is sent again
            states = list(self._states.items())
        for topic, payload in states:
            self._bus.publish(topic, payload, retain=True)

    def _tell_info(self, _message: Message) -> None:
        self._bus.publish(self.node.info_topic, esphome.info(self.node), qos=2, retain=True)

    def _press(self, message: Message) -> None:
        if message.payload == b"PRESS":
            button = message.topic.split("/")[-2]
            with self._lock:
                self._say(self._fake.press(button, self._clock()))

    def _say(self, states: Sequence[State]) -> None:
        for key, value in states:
            entity = self._entities[key]
            topic, payload = self.node.state_topic(entity), esphome.state(entity, value)
            self._states[topic] = payload
            self._bus.publish(topic, payload, retain=True)


def devices(
    records: Sequence[Device],
    host: str,
    port: int,
    credentials_folder: Path,
    *,
    seed: int = 0,
    speed: float = 1.0,
) -> list[SimulatedDevice]:
    """A simulated device for each active record. `credentials_folder` holds `<device>.password`. Raises NoSuchProfile."""
    world = World(seed)
    began = time.monotonic()

    def clock() -> float:
        return (time.monotonic() - began) * speed

    made = []
    for record in records:
        if record.state != "active":
            continue
        profile = found().profiles.get(record.profile)
        if profile is None:
            raise NoSuchProfile(record.device, record.profile)
        node = esphome.node_of(profile, record.device, record.name_en or record.device, record.store)
        bus = Bus(
            host,
            port,
            record.device,
            credentials_folder / f"{record.device}.password",
            record.device,
            will=Will(node.status_topic, b"offline", qos=0),
            protocol="3.1.1",
        )
        fake = profile.fake(world, record.place, f"{seed}/{record.device}")
        made.append(SimulatedDevice(node, fake, bus, clock))
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
