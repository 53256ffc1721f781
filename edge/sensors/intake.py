"""From a message to what it means: the one place where a device is believed or not. No store, no clock, no bus in here.

A retained state has an unknown age, so it is no reading. It counts only as the present state of what is sent on change alone. A probe that
comes back to the bus sends its last state again (mqtt.md 2.1): taken for a reading, it would be the last customer's skin on the next
customer's file, hence `RESENT_WITHIN`: so soon after its birth only what was asked for over the bus counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from edge.bus import Message
from edge.sensors import payloads, topics
from edge.sensors.errors import Refused
from edge.sensors.kinds import MEASURES, Measure
from edge.sensors.profiles import found
from edge.sensors.trust import Doubt, Quality, Trust
from salon.records import Device

RESENT_WITHIN = 3.0  # s after a birth: ESPHome re-sends within its first loops, a hand needs longer
STRANGERS = 200  # devices without a record whose last word on themselves is remembered
RESTLESS = 5  # births a minute: more means two nodes share a login, or one restarts all the time


@dataclass(frozen=True, slots=True)
class Accepted:
    """A value to keep. `recorded` is false when it is only the present state, not a reading taken now."""

    device: Device
    measure: Measure
    value: float
    quality: Quality
    recorded: bool
    doubt: Doubt = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """A device came or went, by its birth, its goodbye or its last will."""

    device: str
    online: bool


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a device runs."""

    device: str
    version: str


@dataclass(frozen=True, slots=True)
class Ghost:
    """A retained message of a device that is no more: to be wiped."""

    topic: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A device told of an event: a code was scanned, a card read, a button pressed."""

    device: Device
    object_id: str
    event: payloads.Event


Outcome = Happened | Accepted | Presence | Firmware | Ghost


class Intake:
    """Judges messages one by one; remembers of each device only what judging the next one takes."""

    def __init__(self, store_id: str) -> None:
        self._store_id = store_id
        self._births: dict[str, deque[float]] = {}
        self._asked: dict[str, float] = {}
        self._trust = Trust()
        self._strangers: dict[str, bytes] = {}

    def take(self, message: Message, devices: Mapping[str, Device], tick: float) -> Outcome | None:
        """What a message means; None for what is none of ours to keep. Raises Refused."""
        if message.topic.startswith("esphome/discover/"):
            return self._info(message, devices)
        if topics.is_own(message.topic, self._store_id):
            return None
        topic = topics.parse(message.topic, self._store_id)
        if topic.leaf == "command":
            if topic.component != "event":  # that one says that an event was taken, and asks for nothing
                self._asked[topic.device] = tick
            return None
        if message.retain and not message.payload:
            return None
        if topic.leaf == "status" and topic.device not in devices and len(self._strangers) < STRANGERS:
            self._strangers[topic.device] = message.payload
        device = self._known(topic.device, devices)
        if device.state != "active":
            if message.retain or (topic.leaf == "status" and message.payload):
                return Ghost(message.topic)  # its last will is kept by the broker too
            raise Refused("retired_device", f"{topic.device} is {device.state}: its login should be disabled")
        if topic.leaf == "status":
            return self._status(message, topic.device, tick)
        if topic.component == "event":
            return None if message.retain else self._event(message, topic, device, tick)
        return self._state(message, topic, device, tick)

    def forget(self, device_id: str) -> None:
        """A device has gone for good: the next of its name is judged by nothing that this one said."""
        self._trust.forget(device_id)
        for known in (self._births, self._asked, self._strangers):
            known.pop(device_id, None)

    @staticmethod
    def _known(device_id: str, devices: Mapping[str, Device]) -> Device:
        device = devices.get(device_id)
        if device is None:
            raise Refused("unknown_device", f"{device_id} is not a device of this store")
        return device

    def _info(self, message: Message, devices: Mapping[str, Device]) -> Outcome | None:
        device_id = message.topic.removeprefix("esphome/discover/")
        device = devices.get(device_id)
        if device is None or device.state != "active" or not message.payload:
            return None
        return Firmware(device_id, payloads.firmware(message.payload))

    def _status(self, message: Message, device_id: str, tick: float) -> Presence:
        online = payloads.status(message.payload)
        if online and not message.retain:
            births = self._births.setdefault(device_id, deque(maxlen=RESTLESS + 1))
            births.append(tick)
        return Presence(device_id, online)

    def met(self, device_id: str) -> Presence | None:
        """What a device said of its presence before its record was there: it may be plugged in faster than it is written down."""
        said = self._strangers.pop(device_id, None)
        return Presence(device_id, said == b"online") if said in {b"online", b"offline"} else None

    def restless(self, device_id: str) -> bool:
        """Whether a device was born more often in the last minute than any healthy one is."""
        births = self._births.get(device_id)
        return births is not None and len(births) > RESTLESS and births[-1] - births[0] < 60

    def _state(self, message: Message, topic: topics.Topic, device: Device, tick: float) -> Accepted | None:
        measure = _measure(device, topic)
        if message.retain and not measure.on_change:
            return None
        value = payloads.value(measure, message.payload)
        if measure.of_person and self._sent_again(topic.device, tick):
            return None
        return self.judge(device, measure, value, tick, recorded=not message.retain)

    def judge(
        self, device: Device, measure: Measure, value: float, tick: float, *, recorded: bool = True
    ) -> Accepted:
        """A value that a device said, as far as it is believed. Raises Refused when they come too often."""
        doubt = self._trust.judge(device.device, measure, value, tick)
        calibrated = _calibrated(device, measure, value)
        return Accepted(device, measure, calibrated, "doubtful" if doubt else "good", recorded, doubt)

    def _event(self, message: Message, topic: topics.Topic, device: Device, tick: float) -> Happened:
        """An event. It may come twice, and its id tells: that is the store's to know, which outlives this process."""
        profile = found().profiles.get(device.profile)
        if profile is None or topic.object_id not in profile.events:
            raise Refused("unknown_object", f"event/{topic.object_id} is nothing a {device.profile} tells of")
        event = payloads.event(message.payload)
        self._trust.limit(topic.device, f"event/{topic.object_id}", tick)
        return Happened(device, topic.object_id, event)

    def _sent_again(self, device_id: str, tick: float) -> bool:
        """Whether this comes so soon after a birth, and unasked, that it must be taken for an old state."""
        births = self._births.get(device_id)
        if not births or tick - births[-1] >= RESENT_WITHIN:
            return False
        return self._asked.get(device_id, births[-1] - 1) < births[-1]


def _calibrated(device: Device, measure: Measure, value: float) -> float:
    """The value by the device's last calibration, within what the thing measured can be at all."""
    factors = device.calibration.get(measure.key)
    if factors is None:
        return value
    return min(measure.high, max(measure.low, value * factors.gain + factors.offset))


@lru_cache(maxsize=1024)
def _known_measure(profile_key: str, component: str, object_id: str) -> Measure | None:
    """By the device's profile, or by the measure's own name for a device of an unknown kind."""
    profile = found().profiles.get(profile_key)
    if profile is not None:
        return profile.measure(component, object_id)
    measure = MEASURES.get(object_id)
    return measure if measure is not None and measure.component == component else None


def _measure(device: Device, topic: topics.Topic) -> Measure:
    """What a state topic stands for. Raises Refused."""
    measure = _known_measure(device.profile, topic.component, topic.object_id)
    if measure is None:
        raise Refused(
            "unknown_object", f"{topic.component}/{topic.object_id} is nothing a {device.profile} measures"
        )
    return measure
