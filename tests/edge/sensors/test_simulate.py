"""Simulated devices over a real Mosquitto, each with its own login."""

from __future__ import annotations

import json
import queue
import threading

import pytest

from edge.sensors import esphome
from edge.sensors.fakes import World
from edge.sensors.node import NoSuchProfile
from edge.sensors.profiles import found
from edge.sensors.simulate import OnWifi, devices, simulate
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import begin_visit, device


@pytest.fixture
def simulated(unit):
    """All devices of the store, running."""
    stop = threading.Event()
    files = unit.broker.files
    arguments = (unit.store.devices.select(), files.host, files.port, files.keys / "devices")
    thread = threading.Thread(
        target=simulate, args=arguments, kwargs={"seed": 7, "speed": 60.0, "stop": stop}
    )

    def end():
        stop.set()
        thread.join(60)

    thread.start()
    yield end
    end()


def test_the_whole_chain_button_to_reading(unit, simulated, started, service):
    visit = begin_visit(unit.store)
    assert until(lambda: len([p for p in unit.store.presence.all().values() if p.online]) == 4)
    station = started(unit.broker.bus("edge", "edge-station"))
    station.publish("salon/s001/probe-1/button/measure/command", b"PRESS", qos=1, expiry_s=10)
    found = lambda: [r for r in unit.store.readings.select() if r.measure == "skin_moisture"]  # noqa: E731
    assert until(found)
    (reading,) = found()
    assert reading.visit == visit.rid
    assert reading.value == pytest.approx(41, abs=6)
    assert until(lambda: any(v.measure == "bed_presence" and v.value == 1.0 for v in unit.store.latest.all()))


def test_their_firmware_is_known_and_none_is_refused(unit, simulated):
    assert until(lambda: len([p for p in unit.store.presence.all().values() if p.firmware]) == 4)
    assert unit.store.presence.all()["air-1"].firmware == "1.0.0 · ESPHome 2026.6.5"
    assert unit.store.refusals() == []


def test_told_to_stop_they_say_goodbye(unit, simulated):
    assert until(lambda: len([p for p in unit.store.presence.all().values() if p.online]) == 4)
    simulated()
    assert until(lambda: not any(p.online for p in unit.store.presence.all().values()))


def test_what_the_broker_keeps_of_a_node_is_what_the_node_would_have_sent(unit, simulated, started):
    bus = unit.broker.bus("edge", "edge-reader")
    kept = queue.Queue()
    for name in (
        "homeassistant/sensor/probe-1/skin_moisture/config",
        "esphome/discover/probe-1",
        "salon/s001/probe-1/status",
    ):
        bus.subscribe(name, kept.put)
    assert until(
        lambda: unit.store.presence.all().get("probe-1") and unit.store.presence.all()["probe-1"].firmware
    )
    started(bus)
    messages = {m.topic: m.payload for m in (kept.get(timeout=60) for _ in range(3))}
    node = esphome.node_of(found().profiles["skin_probe"], "probe-1", "probe-1", "s001")
    assert messages == {
        "homeassistant/sensor/probe-1/skin_moisture/config": esphome.discovery(node, node.entities[0]),
        "esphome/discover/probe-1": esphome.info(node),
        "salon/s001/probe-1/status": b"online",
    }
    assert json.loads(messages["esphome/discover/probe-1"])["mac"].startswith("02")


def test_an_unknown_kind_of_device_cannot_be_simulated(tmp_path):
    with pytest.raises(NoSuchProfile) as caught:
        devices([device("x-1", "teleporter")], "127.0.0.1", 1, tmp_path)
    assert caught.value.profile == "teleporter"


def test_a_node_reports_its_signal_each_minute_beside_what_it_measures():
    part = OnWifi(found().profiles["bed"].fake(World(1), "A1", "1"), "bed-1")
    first = dict(part.tick(0.0))
    assert -90 < first["signal"] < -30
    assert "signal" not in dict(part.tick(30.0))
    assert "signal" in dict(part.tick(61.0))
    assert dict(part.set("chair_height", 72.0)) == {"chair_height": 72.0}


def test_what_is_wired_is_left_to_its_own_unit_and_a_tasmota_speaks_tasmota(files):
    """Two logins of one name put one another out for ever."""
    scanner, plug = device("scan-1", "scanner"), device("plug-1", "tasmota_plug")
    scanner.address, plug.address = "serial:/dev/ttyUSB0", "tasmota:A4CF12345678"
    made = devices([scanner, plug, device("ring-1", "light_ring")], "127.0.0.1", 1, files.keys / "devices")
    assert [type(one).__name__ for one in made] == ["TasmotaNode", "Node"]
