"""The broker is killed again and again under 200 messages a second: everybody comes back, and what counts is counted once.

Readers and buttons tell of an event a second each, also while there is no broker; their outbox holds it until it was taken. At the other end stands
the kiosk's own ear, which is begun anew now and then, as is the sensors unit. PARLOUR_RESTARTS sets how often the broker dies (100 is the full run).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter

import pytest

from edge.kiosk.heard import Heard
from edge.sensors.node import Node, bus_for, node_for
from edge.store.happened import Held
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import DEVICES, device

RESTARTS = int(os.environ.get("PARLOUR_RESTARTS", "5"))
RATE = 200  # messages a second, of all devices together
UP, DOWN = 0.3, 0.5  # s that a broker lives, and that there is none: most events are told to nobody
EVERY = 1.0  # s between two events of one device: of one that repeats itself more often than twice a second they are refused
ANEW = 10  # restarts of the broker until the page's ear is begun anew too
TELLERS = {
    "scan-1": "scanner",
    "scan-2": "scanner",
    "card-1": "card_reader",
    "card-2": "card_reader",
    "call-1": "call_button",
    "foot-1": "footswitch",
}
SAYS = {"scanner": "scan", "card_reader": "card"}


@pytest.fixture
def files(files):
    for name in TELLERS:
        files.add_device(name)
    return files


class Still:
    """What is behind a node that only tells of events."""

    def tick(self, now):
        return []

    def press(self, button, now):
        return []


class Teller:
    """A device with an outbox: it tells of an event a second, whether there is a broker or not."""

    def __init__(self, record, files, held):
        profile, about = node_for(record)
        bus = bus_for(about, files.host, files.port, files.password_file(record.device))
        bus._backoff._draw = lambda low, high: 0.02
        self.bus = bus
        self.node = Node(about, Still(), bus, time.monotonic, held)
        self.what = SAYS.get(profile.key, "press")
        self.told = 0
        self.unheard = 0
        self._due = time.monotonic() + random.Random(record.device).random()

    def step(self):
        self.node.tick()
        if time.monotonic() >= self._due:
            self._due += EVERY
            self.told += 1
            self.unheard += not self.bus.connected
            self.node.happened(self.what, "read", **({} if self.what == "press" else {"text": "690123"}))


class Page:
    """The room that hears, and what it heard."""

    def __init__(self):
        self.told = []

    def tell(self, room, event, data):
        self.told.append((room, event))


class Ear:
    """The kiosk's ear, with each id that it was given."""

    def __init__(self, store, page):
        self._heard = Heard(store, page)
        self.ids = Counter()
        self.late = 0
        heard = self._heard._hear

        def hear(said):
            self.ids[said.id] += 1
            self.late += said.late
            heard(said)

        self._heard._hear = hear

    def look(self):
        self._heard.look()


def test_restarts_under_load_lose_no_unit_and_each_event_arrives_once(unit, started, capsys):
    store, files = unit.store, unit.broker.files
    records = [device(name, profile, place="前台") for name, profile in TELLERS.items()]
    for record in records:
        store.devices.add(record)
    assert until(lambda: set(TELLERS) <= set(unit.sensors._devices))
    nodes = [unit.broker.bus(name, draw=lambda low, high: 0.02) for name in ("air-1", "bottle-1")]
    tellers = [Teller(record, files, Held(store.connections)) for record in records]
    for bus in nodes:
        bus.start()
        assert bus.wait_connected(60)
    for teller in tellers:
        teller.node.start()
        assert teller.bus.wait_connected(60)
    stop, quiet, sent, refused = threading.Event(), threading.Event(), [0], [0]

    def rave():
        topics = [
            "air-1/sensor/temperature/state",
            "air-1/sensor/co2/state",
            "bottle-1/sensor/bottle_weight/state",
        ]
        number, due = 0, time.monotonic()
        while not quiet.is_set():
            number += 1
            due += 1 / RATE
            topic = topics[number % 3]
            bus = nodes[0] if topic.startswith("air") else nodes[1]
            done = bus.publish(f"salon/s001/{topic}", b"620" if "co2" in topic else b"24.1", retain=True)
            (sent if done else refused)[0] += 1
            time.sleep(max(0.0, due - time.monotonic()))

    def tell():
        while not stop.is_set():
            for teller in tellers:
                (teller.node.tick if quiet.is_set() else teller.step)()
            stop.wait(0.05)

    page, ears = Page(), []

    def listen():
        while not stop.is_set():
            if len(ears) <= done[0] // ANEW:
                ears.append(Ear(store, page))
            ears[-1].look()
            stop.wait(0.1)

    done = [0]
    threads = [threading.Thread(target=work) for work in (rave, tell, listen)]
    for thread in threads:
        thread.start()
    began, waits = time.monotonic(), []
    for number in range(RESTARTS):
        time.sleep(UP)
        unit.broker.kill()
        time.sleep(DOWN)
        if number == RESTARTS // 2:  # whoever keeps the events dies too, with all that it remembered
            unit.stop()
            unit.broker.start()
            unit.start()
        else:
            unit.broker.start()
        back = time.monotonic()
        assert until(lambda: unit.sensors._bus.connected and all(t.bus.connected for t in tellers))
        waits.append(time.monotonic() - back)
        done[0] += 1
    seconds = time.monotonic() - began
    quiet.set()
    assert until(lambda: not any(teller.node.waiting for teller in tellers), 600), "an outbox is not empty"
    told = sum(teller.told for teller in tellers)
    assert until(lambda: sum(sum(ear.ids.values()) for ear in ears) >= told)
    stop.set()
    for thread in threads:
        thread.join(60)
    for bus in nodes:
        bus.stop()
    for teller in tellers:
        teller.node.stop()
    unit.stop()
    arrived = sum((ear.ids for ear in ears), Counter())
    with capsys.disabled():
        print(
            f"\n  {RESTARTS} restarts in {seconds:.0f} s: {sent[0]} messages sent ({sent[0] / seconds:.0f}/s), {refused[0]} known to be unsent;"
            f" {told} events told, {sum(t.unheard for t in tellers)} of them without a broker: {len(arrived)} arrived,"
            f" {sum(arrived.values()) - len(arrived)} twice, {sum(ear.late for ear in ears)} late; {len(ears)} ears;"
            f" back after {max(waits):.2f} s at most"
        )
    assert sum(teller.unheard for teller in tellers) >= RESTARTS  # there was something to lose
    assert len(arrived) == told
    assert set(arrived.values()) == {1}
    assert all(Held(store.connections).of(name) == {} for name in TELLERS)
    assert store.telemetry.usage()[0].values > 0
    assert store.telemetry.altered() == []
    assert set(DEVICES) <= {d.device for d in store.devices.select()}
