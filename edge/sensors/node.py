"""One device on the bus as an ESPHome node is one: its own login, birth and will, discovery, states, commands (mqtt.md 2.1).

What measures is a `Part`: a fake of the simulation, or a driver of something on this machine's own ports and pins. Both say the same thing on the
wire, so that all behind the broker treats them alike, and locking one out is one command.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from edge.bus import Bus, Message, Will
from edge.sensors import esphome
from edge.sensors.errors import SensorError
from edge.sensors.fakes import State
from edge.sensors.profiles import Profile, found
from edge.store import StoreError, new_rid, now
from edge.store.happened import HELD, Held, moment
from salon.records import Device

logger = logging.getLogger(__name__)

AGAIN = 2.0  # s until an event that nobody has taken is said again
PACE = 0.6  # s between two that are said again: what comes more often than twice a second is refused (edge/sensors/trust.py)


class NoSuchProfile(SensorError, KeyError):
    """Raised when a device's kind has no profile; `.device`, `.profile`."""

    def __init__(self, device: str, profile: str) -> None:
        self.device = device
        self.profile = profile
        super().__init__(f"{device}: no profile {profile!r}")


class Part(Protocol):
    """What is behind a node."""

    def tick(self, now: float) -> Sequence[State]:
        """What it publishes by itself at this time."""

    def press(self, button: str, now: float) -> Sequence[State]:
        """What it publishes when a button of it is pressed."""


class Settable(Protocol):
    """A part of which something can be set."""

    def set(self, key: str, value: float) -> Sequence[State]:
        """Set it; what it then says of itself."""


class Node:
    """Announces itself on every connection, publishes what its part measures, obeys its buttons and numbers.

    Its events wait in an outbox until the sensors unit has said that they are taken; with `held` it survives this process too.
    """

    def __init__(
        self,
        node: esphome.Node,
        part: Part,
        bus: Bus,
        clock: Callable[[], float],
        held: Held | None = None,
    ) -> None:
        self.node = node
        self.part = part
        self._bus = bus
        self._clock = clock
        self._lock = threading.RLock()
        self._states: dict[str, bytes] = {}
        self._entities = {entity.object_id: entity for entity in node.entities}
        self._events = 0
        self._held = held
        # Id -> the event and when it was said last, the oldest first.
        self._waiting: dict[str, tuple[dict[str, Any], float]] = {}
        if held is not None:
            self._waiting = {key: (said, -AGAIN) for key, said in held.of(node.name).items()}
        self._said_again = -PACE
        self._there = True
        bus.on_connect(self._announce)
        bus.subscribe("esphome/discover", self._tell_info, qos=0)
        bus.subscribe(f"esphome/ping/{node.name}", self._tell_info, qos=0)
        bus.subscribe(f"{node.prefix}/event/+/command", self._taken, qos=1)
        for entity in node.entities:
            if entity.component == "button":
                bus.subscribe(node.command_topic(entity), self._press, qos=0)
            if entity.component == "number":
                bus.subscribe(node.command_topic(entity), self._set, qos=1)

    def start(self) -> None:
        self._bus.start()

    def tick(self) -> None:
        """Publish what is due."""
        with self._lock:
            self.say(self.part.tick(self._clock()))
            self._say_again(self._clock())

    def stop(self) -> None:
        """Leave as a node does that is told to restart."""
        self._bus.publish(self.node.status_topic, b"offline", retain=True)
        self._bus.stop()

    def say(self, states: Sequence[State]) -> None:
        """Publish states; the last of each is said again on the next connection."""
        with self._lock:
            for key, value in states:
                entity = self._entities[key]
                topic, payload = self.node.state_topic(entity), esphome.state(entity, value)
                self._states[topic] = payload
                self._bus.publish(topic, payload, retain=True)

    def happened(self, object_id: str, event_type: str, **more: Any) -> None:
        """Publish an event: never retained, numbered, with an id of its own, and again until it was taken."""
        with self._lock:
            self._events += 1
            boot, up_ms = moment()
            when = {"ts": now(), "boot": boot, "up_ms": up_ms}
            event = {"event_type": event_type, "id": new_rid(), "seq": self._events, **when, **more}
            said = {"object": object_id, "event": event}
            if self._held is not None:
                try:  # first into the outbox, then onto the bus
                    self._held.put(self.node.name, event["id"], said)
                except StoreError:
                    logger.exception("%s: an event waits in memory alone", self.node.name)
            self._waiting[event["id"]] = (said, self._clock())
            while len(self._waiting) > HELD:
                self._forget(next(iter(self._waiting)))
            self._say_event(said)

    @property
    def waiting(self) -> int:
        """Events that nobody has said to have taken."""
        return len(self._waiting)

    def is_there(self, there: bool) -> None:
        """Whether what is behind the node answers: an unplugged reader is offline though this machine is not."""
        with self._lock:
            if there != self._there:
                self._there = there
                logger.info("%s: %s", self.node.name, "back" if there else "lost")
                self._bus.publish(self.node.status_topic, self._status(), qos=1, retain=True)

    # --- how

    def _say_event(self, said: dict[str, Any]) -> None:
        topic = f"{self.node.prefix}/event/{said['object']}/state"
        self._bus.publish(topic, json.dumps(said["event"], ensure_ascii=False), qos=1)

    def _say_again(self, tick: float) -> None:
        """The oldest event that has waited long enough for its answer."""
        if not self._waiting or not self._bus.connected or tick - self._said_again < PACE:
            return
        for key, (said, at) in self._waiting.items():
            if tick - at >= AGAIN:
                self._waiting[key] = (said, tick)
                self._said_again = tick
                self._say_event(said)
                return

    def _taken(self, message: Message) -> None:
        with self._lock:
            self._forget(message.payload.decode("utf-8", "replace"))

    def _forget(self, event: str) -> None:
        if self._waiting.pop(event, None) is None or self._held is None:
            return
        try:
            self._held.done(event)
        except StoreError:
            logger.exception("%s: an event that was taken will be said once more", self.node.name)

    def _status(self) -> bytes:
        return b"online" if self._there else b"offline"

    def _announce(self) -> None:
        node = self.node
        self._bus.publish(node.status_topic, self._status(), retain=True)
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
                self.say(self.part.press(button, self._clock()))

    def _set(self, message: Message) -> None:
        key = message.topic.split("/")[-2]
        entity, set_it = self._entities[key], getattr(self.part, "set", None)
        try:
            wanted = float(message.payload)
        except ValueError:
            logger.warning("%s: %s cannot be set to %r", self.node.name, key, message.payload[:40])
            return
        if (
            set_it is None or not entity.low <= wanted <= entity.high
        ):  # refused in silence, as a node does: the state tells
            return
        with self._lock:
            self.say(set_it(key, wanted))


def node_for(record: Device) -> tuple[Profile, esphome.Node]:
    """The profile of a device and its node. Raises NoSuchProfile."""
    profile = found().profiles.get(record.profile)
    if profile is None:
        raise NoSuchProfile(record.device, record.profile)
    return profile, esphome.node_of(profile, record.device, record.name_en or record.device, record.store)


def bus_for(node: esphome.Node, host: str, port: int, password_file: Path) -> Bus:
    """A connection with the device's own login and will."""
    will = Will(node.status_topic, b"offline", qos=0)
    return Bus(host, port, node.name, password_file, node.name, will=will, protocol="3.1.1")
