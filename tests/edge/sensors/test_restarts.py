"""The broker is killed again and again under 200 messages a second: everybody comes back, and what counts is counted once.

PARLOUR_RESTARTS sets how often (100 is the full run).
"""

from __future__ import annotations

import json
import os
import random
import threading
import time

import pytest

from edge.store import new_rid
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import DEVICES

RESTARTS = int(os.environ.get("PARLOUR_RESTARTS", "5"))
RATE = 200  # messages a second, of all devices together


@pytest.fixture
def files(files):
    files.add_device("scan-1")
    return files


def test_restarts_under_load_lose_no_unit_and_double_no_event(unit, started, capsys):
    store = unit.store
    from tests.edge.sensors.conftest import device

    store.devices.add(device("scan-1", "scanner"))
    assert until(lambda: "scan-1" in unit.sensors._devices)
    heard: list[str] = []
    page = unit.broker.bus("edge", "edge-page", draw=lambda low, high: 0.02)
    page.subscribe("salon/s001/edge/happened/scan", lambda m: heard.append(json.loads(m.payload)["id"]))
    nodes = [unit.broker.bus(name, draw=random.Random(1).uniform) for name in ("air-1", "bottle-1")]
    scanner = unit.broker.bus("scan-1", draw=lambda low, high: 0.02)
    for bus in (page, scanner, *nodes):
        bus._backoff._draw = lambda low, high: 0.02
        bus.start()
        assert bus.wait_connected(60)
    stop, sent, refused = threading.Event(), [0], [0]

    def rave():
        topics = [
            "air-1/sensor/temperature/state",
            "air-1/sensor/co2/state",
            "bottle-1/sensor/bottle_weight/state",
        ]
        number, due = 0, time.monotonic()
        while not stop.is_set():
            number += 1
            due += 1 / RATE
            topic = topics[number % 3]
            bus = nodes[0] if topic.startswith("air") else nodes[1]
            done = bus.publish(f"salon/s001/{topic}", b"620" if "co2" in topic else b"24.1", retain=True)
            (sent if done else refused)[0] += 1
            time.sleep(max(0.0, due - time.monotonic()))

    # The outbox of the test: each event is said until the page has heard it, with the same id, as a sender with an outbox does.
    wanted: dict[str, int] = {}

    def scan():
        while not stop.is_set():
            event = new_rid()
            wanted[event] = 0
            while event not in heard and not stop.is_set():
                body = json.dumps({"event_type": "read", "id": event, "text": "690123"})
                wanted[event] += scanner.publish("salon/s001/scan-1/event/scan/state", body, qos=1)
                end = time.monotonic() + 0.8
                while event not in heard and time.monotonic() < end:
                    time.sleep(0.02)

    threads = [threading.Thread(target=rave), threading.Thread(target=scan)]
    for thread in threads:
        thread.start()
    began, waits = time.monotonic(), []
    for _ in range(RESTARTS):
        time.sleep(0.3)
        unit.broker.kill()
        unit.broker.start()
        back = time.monotonic()
        assert until(lambda: unit.sensors._bus.connected and page.connected and scanner.connected)
        waits.append(time.monotonic() - back)
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(60)
    seconds = time.monotonic() - began
    for bus in (page, scanner, *nodes):
        bus.stop()
    unit.stop()
    with capsys.disabled():
        print(
            f"\n  {RESTARTS} restarts in {seconds:.0f} s: {sent[0]} messages sent ({sent[0] / seconds:.0f}/s), {refused[0]} known to be unsent,"
            f" {len(set(heard))} events heard, {len(heard) - len(set(heard))} twice, {sum(wanted.values()) - len(wanted)} said again,"
            f" back after {max(waits):.2f} s at most"
        )
    assert len(set(wanted) - set(heard)) <= 1  # all but the one that was being said at the end
    assert len(heard) == len(set(heard))
    assert store.telemetry.usage()[0].values > 0
    assert store.telemetry.altered() == []
    assert set(DEVICES) <= {d.device for d in store.devices.select()}
