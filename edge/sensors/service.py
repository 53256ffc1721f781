"""The unit `parlour-sensors`: bus -> intake -> store, and the store's own word on the bus.

The network thread only queues; one thread judges and writes. If the broker is away the store goes on, and everything is asked for and
announced again on its return; if the store cannot be written, what was accepted waits in memory.
"""

from __future__ import annotations

import json
import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from edge import notify
from edge.bus import Bus, Message
from edge.sensors import events, health, homeassistant, tasmota, topics
from edge.sensors.complaints import Complaints
from edge.sensors.errors import Refused
from edge.sensors.intake import Accepted, Firmware, Ghost, Happened, Intake, Presence
from edge.sensors.kinds import MEASURES
from edge.sensors.ledger import Ledger
from edge.sensors.profiles import found
from edge.sensors.writer import Writer
from edge.store import Store, StoreError, iso, now, photos
from salon.records import Device

logger = logging.getLogger(__name__)

CATALOGUE = "sensors/catalogue"
"""The setting that tells the pages which kinds of device and measure there are."""

QUEUE = 10_000  # messages: 50 s of the 200 a second that a large store can send
GATHER = 0.02  # s of rest when all is taken: two threads that wake one another for each message spend half their time at it
AT_ONCE = 500  # messages judged between two looks at the clock
HEALTH_EVERY = 60.0  # s
DEVICES_EVERY = 30.0  # s: the register is read again, and at once when the feed tells of a change
CONFIRM_WITHIN = 10.0  # s after connecting: who has not been announced by then is not there
GONE_AFTER = 60.0  # s without a broker: nobody can be said to be there
CHECK_EVERY = 300.0  # s between two write-and-read-back checks: each is a write on the card
ECHO_WITHIN = 20.0  # s until the broker has said our own health back: a connection may stand and be deaf
ANNOUNCE_SPREAD = 10.0  # s: after Home Assistant's start, so that stores do not all answer at once
ROLL_UP_EVERY = 600.0  # s between two looks whether an hour of values can be rolled up
GUESTS_EVERY = 120.0  # s: looking costs one query
GUESTS_KEPT = timedelta(minutes=5)  # what a guest's scan said waits this long for the page that shows it
SWEEP_EVERY = 3600.0  # s: photos whose time is over are erased here, since the scan unit runs only while there are scans
CHANGES_AT_ONCE = 100  # in one message


class Sensors:
    """One store's sensors. `run` returns after `stop`."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        version: str,
        *,
        tick: Callable[[], float] = time.monotonic,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._store = store
        self._store_id = store.store_id
        self._own = topics.own(store.store_id)
        self._bus = bus
        self._version = version
        self._tick = tick
        self._spread = spread
        # None stands for a new connection: what comes after it was said on that connection.
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._intake = Intake(self._store_id)
        self._writer = Writer(store)
        self._complaints = Complaints(store)
        self._tasmota = tasmota.Tasmota()
        self._heard: set[str] = set()
        self._ledger = Ledger(store)
        self._devices: dict[str, Device] = {}
        self._feed = store.feed()
        self._due: dict[str, float] = {}
        self._lost_at: float | None = tick()
        self._overflow = 0
        self._checked_at = -CHECK_EVERY
        self._health_topic = f"{self._own}health"
        self._unheard_since: float | None = None
        """Since when our own word has not come back from the broker."""
        self.taken = 0
        """Messages judged since the start."""
        bus.on_connect(lambda: self._enqueue(None))
        bus.subscribe(f"salon/{self._store_id}/#", self._enqueue)
        bus.subscribe("esphome/discover/+", self._enqueue)
        bus.subscribe(homeassistant.STATUS, self._enqueue)
        bus.subscribe(f"{tasmota.DISCOVERY}#", self._enqueue)

    # ---- the loop ----

    def run(self) -> None:
        """Work until stopped."""
        self._read_devices()
        for key, why in found().broken.items():
            self._store.refuse("config", key, "broken_profile", why)
        self._store.settings.set(CATALOGUE, catalogue())
        self._bus.start()
        notify.ready()
        while not self._stopping.is_set():
            self._step()
        notify.stopping()
        self._writer.flush()
        self._bus.publish(f"salon/{self._store_id}/edge/status", b"offline", qos=1, retain=True)
        self._bus.stop()

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping.set()

    def _step(self) -> None:
        taken: list[Message | None] = []
        try:
            taken.append(self._queue.get(timeout=0.2))
            while len(taken) < AT_ONCE:
                taken.append(self._queue.get_nowait())
        except queue.Empty:
            rests = bool(taken)
        else:
            rests = False
        try:
            # First what was written, then what was said after it: a probe calibrated a moment ago is believed by its new factors.
            self._tell_changes()
        except StoreError:
            logger.exception("the store cannot be used now")
        for message in taken:
            self._take(message)
        try:
            self._keep_house(self._tick())
        except StoreError:
            logger.exception("the store cannot be used now")
        if rests:
            self._stopping.wait(GATHER)

    def _keep_house(self, tick: float) -> None:
        self._writer.flush_if_due(tick)
        self._watch_connection(tick)
        if self._is_due("devices", tick, DEVICES_EVERY):
            self._read_devices()
        if self._is_due("sweep", tick, SWEEP_EVERY):
            photos.sweep(self._store, now())
        if self._is_due("guests", tick, GUESTS_EVERY):
            self._store.jobs.forget_guests(iso(datetime.now(UTC) - GUESTS_KEPT))
            self._store.happened.forget_texts()
        if self._is_due("roll up", tick, ROLL_UP_EVERY):
            self._store.telemetry.roll_up()
        if self._bus.connected and self._is_due("health", tick, HEALTH_EVERY):
            self._publish_health(announce=False)
        if self._due.get("announce", tick + 1) <= tick:
            del self._due["announce"]
            self._publish_health(announce=True)
        beat = notify.interval()
        if beat is not None and self._is_due("watchdog", tick, beat):
            self._prove_alive(tick)

    def _is_due(self, name: str, tick: float, every: float) -> bool:
        if tick < self._due.get(name, -1.0):
            return False
        self._due[name] = tick + every
        return True

    # ---- messages ----

    def _enqueue(self, message: Message | None) -> None:
        if message is not None and message.topic.startswith(self._own):
            if message.topic == self._health_topic:
                self._unheard_since = None
            return  # preview pictures among them: they must not fill the queue
        if self._queue.qsize() >= QUEUE:
            self._overflow += 1
            return
        self._queue.put(message)

    def _take(self, message: Message | None) -> None:
        tick = self._tick()
        if message is None:
            self._connected(tick)
            return
        self.taken += 1
        if message.topic == homeassistant.STATUS:
            if message.payload == b"online":
                self._due["announce"] = tick + self._spread(0, ANNOUNCE_SPREAD)
            return
        try:
            if not message.topic.startswith(("salon/", "esphome/")):
                self._take_tasmota(message, tick)
                return
            outcome = self._intake.take(message, self._devices, tick)
        except Refused as refused:
            self._refuse(message, refused, tick)
            return
        match outcome:
            case Accepted():
                self._writer.accept(outcome, tick)
            case Presence(device, online):
                self._writer.presence(device, online=online)
                if self._intake.restless(device):
                    restless = Refused(
                        "restless", "born again more than 5 times a minute: is its login shared?"
                    )
                    self._refuse(message, restless, tick)
            case Happened():
                self._keep_event(outcome)
            case Firmware(device, version):
                self._writer.firmware(device, version)
            case Ghost(topic):
                self._bus.publish(topic, b"", qos=1, retain=True)

    def _take_tasmota(self, message: Message, tick: float) -> None:
        """A stock Tasmota device: its discovery, or what it says on the topics that it named. Raises Refused."""
        if message.topic.startswith(tasmota.DISCOVERY):
            if self._tasmota.discovered(message):
                for name in self._tasmota.filters:
                    if name not in self._heard:
                        self._heard.add(name)
                        self._bus.subscribe(name, self._enqueue)
            return
        told = self._tasmota.take(message, self._devices)
        if told is None:
            return
        name = told.device.device
        if told.firmware:
            self._writer.firmware(name, told.firmware)
        if told.online is not None:
            self._writer.presence(name, online=told.online)
        for measure, value in told.values:
            self._writer.accept(self._intake.judge(told.device, measure, value, tick), tick)

    def _refuse(self, message: Message, refused: Refused, tick: float) -> None:
        levels = message.topic.split("/")
        source = levels[2][: topics.MAX_TOPIC] if len(levels) > 2 else "?"
        raw = f"{message.topic[: topics.MAX_TOPIC]} ".encode("utf-8", "replace") + message.payload
        try:
            self._complaints.note(source, refused, raw, tick)
        except StoreError:
            logger.exception("a refusal could not be kept: %s %s", message.topic, refused)

    # ---- what the store says ----

    def _tell_changes(self) -> None:
        notices = self._feed.poll()
        if any(notice.kind == "device" for notice in notices):
            self._read_devices()
        told = [{"kind": n.kind, "rid": n.rid} for n in notices]
        for start in range(0, len(told), CHANGES_AT_ONCE):
            text = json.dumps(told[start : start + CHANGES_AT_ONCE])
            self._bus.publish(f"salon/{self._store_id}/edge/changes", text)

    def _keep_event(self, happened: Happened) -> None:
        """First kept, then said to be taken: until then its device says it again."""
        try:
            events.keep(self._store, happened)
        except StoreError:
            logger.exception("an event could not be kept: its device will say it again")
            return
        if happened.event.id:
            topic = events.taken_topic(self._store_id, happened.device.device, happened.object_id)
            self._bus.publish(topic, happened.event.id, qos=1, expiry_s=events.TAKEN_EXPIRES)

    def _read_devices(self) -> None:
        before, self._devices = self._devices, {d.device: d for d in self._store.devices.select()}
        for name in self._devices.keys() - before.keys():
            if (presence := self._intake.met(name)) is not None and self._devices[name].state == "active":
                self._writer.presence(name, online=presence.online)
        for name, device in before.items():
            if device.state == "active" and (
                name not in self._devices or self._devices[name].state != "active"
            ):
                self._part_with(name)

    def _part_with(self, name: str) -> None:
        """A device was retired or stolen while its last values waited here: written after it was forgotten, they would be shown as live."""
        self._intake.forget(name)
        self._writer.forget(name)
        self._store.presence.forget(name)
        self._store.latest.forget(name)

    def _publish_health(self, *, announce: bool) -> None:
        snapshot = self.snapshot()
        states = homeassistant.states(self._store_id, snapshot)
        topic = self._health_topic
        if announce:
            discovery = homeassistant.topic(self._store_id)
            document = homeassistant.document(self._store_id, self._version, snapshot)
            self._bus.publish(discovery, document, qos=1, retain=True)
            kept = [discovery, topic, f"salon/{self._store_id}/edge/status", *(name for name, _ in states)]
            self._ledger.settle(kept, lambda name: self._bus.publish(name, b"", qos=1, retain=True))
        if self._unheard_since is None:  # before it is said: the answer comes on another thread
            self._unheard_since = self._tick()
        self._bus.publish(topic, json.dumps(snapshot), qos=1, retain=True)
        for state_topic, payload in states:
            self._bus.publish(state_topic, payload, retain=True)

    def snapshot(self) -> dict[str, object]:
        """The health of the appliance as published."""
        return {
            **health.machine(self._store),
            "version": self._version,
            "devices_online": len(self._writer.online),
            "readings_written": self._writer.written,
            "messages_refused": self._complaints.total,
            "messages_waiting": self._queue.qsize(),
            "messages_lost": self._overflow,
        }

    # ---- who is there ----

    def _connected(self, tick: float) -> None:
        self._lost_at = self._unheard_since = None
        self._writer.unconfirm()
        self._due["confirm"] = tick + CONFIRM_WITHIN
        self._due["announce"] = tick
        self._bus.publish(f"salon/{self._store_id}/edge/status", b"online", qos=1, retain=True)

    def _watch_connection(self, tick: float) -> None:
        if self._bus.connected:
            if self._due.get("confirm", tick + 1) <= tick:
                del self._due["confirm"]
                self._nobody_but(self._writer.online)
        elif self._lost_at is None:
            self._lost_at = tick
            self._due.pop("confirm", None)
        elif tick - self._lost_at > GONE_AFTER:
            self._lost_at = tick
            self._nobody_but(frozenset())

    def _nobody_but(self, there: frozenset[str]) -> None:
        for device, presence in self._store.presence.all().items():
            if presence.online and device not in there:
                self._writer.presence(device, online=False)

    def _prove_alive(self, tick: float) -> None:
        """Feed the watchdog, once the store has answered and the broker has said back what we told it; every five minutes also by a write that
        is read back. A broker that is away is no reason to start again: the store goes on without.
        """
        unheard = self._unheard_since
        if self._bus.connected and unheard is not None and tick - unheard > ECHO_WITHIN:
            logger.error("the broker has not said our own words back for %.0f s", tick - unheard)
            return
        if tick - self._checked_at >= CHECK_EVERY:
            if not health.writes_and_reads_back(self._store):
                logger.error("the store does not read back what was written")
                return
            self._checked_at = tick
        else:
            self._store.clock_suspect()
        broker = "broker there" if self._bus.connected else "no broker"
        notify.alive(f"{broker}, {len(self._writer.online)} devices, {self._writer.written} readings")


def catalogue() -> dict[str, dict[str, object]]:
    """Kinds of device and of measure, for pages that may not import them."""
    return {
        "profiles": {
            p.key: {"zh": p.zh, "en": p.en, "wire": p.wire, "measures": list(p.measures)}
            for p in found().profiles.values()
        },
        "measures": {
            m.key: {
                "zh": m.zh,
                "en": m.en,
                "unit": m.unit,
                "repeat_sd": m.repeat_sd,
                "component": m.component,
                "low": m.low,
                "high": m.high,
            }
            for m in MEASURES.values()
        },
    }
