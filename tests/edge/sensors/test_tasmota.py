"""A stock Tasmota device joins by what it says of itself; other topics, prefixes and words than the usual ones included."""

from __future__ import annotations

import json

import pytest

from edge.bus import Message, Will
from edge.bus.broker import BrokerFiles
from edge.sensors.errors import Refused
from edge.sensors.fakes import World
from edge.sensors.ledger import NAME, Ledger
from edge.sensors.profiles.tasmota_plug.fake import FakePlug
from edge.sensors.tasmota import Tasmota
from edge.sensors.tasmota_node import TasmotaNode
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import DEVICES, device
from tests.ports import free_port

MAC = "A4CF12345678"
# As xdrv_12_discovery.ino publishes it, shortened; here with another full topic, other prefixes and other words.
DISCOVERY = {
    "ip": "192.168.1.60", "dn": "Kettle", "fn": ["Kettle"], "hn": "plug-1-5678", "mac": MAC, "md": "Athom Plug V2", "ty": 0, "if": 0,
    "ofln": "weg", "onln": "da", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "15.0.1", "t": "plug-1",
    "ft": "haus/%topic%/%prefix%/", "tp": ["befehl", "stat", "tele"], "rl": [1, 0], "ver": 1,
}  # fmt: skip
USUAL = {
    **DISCOVERY,
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "onln": "Online",
    "ofln": "Offline",
}


def plug():
    made = device("plug-1", "tasmota_plug")
    made.address = f"tasmota:{MAC}"
    return made


KNOWN = {"plug-1": plug()}


def message(topic, payload, retain=False):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(topic, data, retain, 0)


@pytest.fixture
def tasmota():
    made = Tasmota()
    assert made.discovered(message(f"tasmota/discovery/{MAC}/config", DISCOVERY, retain=True))
    return made


def values(told):
    return {measure.key: value for measure, value in told.values}


def test_it_listens_where_the_device_says_it_speaks(tasmota):
    assert tasmota.filters == [
        "haus/plug-1/stat/POWER",
        "haus/plug-1/tele/LWT",
        "haus/plug-1/tele/SENSOR",
        "haus/plug-1/tele/STATE",
    ]
    assert not tasmota.discovered(message(f"tasmota/discovery/{MAC}/config", DISCOVERY, retain=True))
    assert not tasmota.discovered(message(f"tasmota/discovery/{MAC}/sensors", {"sn": {}}, retain=True))


def test_presence_is_in_the_devices_own_words(tasmota):
    told = tasmota.take(message("haus/plug-1/tele/LWT", b"da", retain=True), KNOWN)
    assert (told.online, told.firmware) == (True, "Tasmota 15.0.1")
    assert tasmota.take(message("haus/plug-1/tele/LWT", b"weg"), KNOWN).online is False
    with pytest.raises(Refused):
        tasmota.take(message("haus/plug-1/tele/LWT", b"Online"), KNOWN)


def test_values_of_any_of_its_sensors_and_its_switch(tasmota):
    sensor = {
        "Time": "2026-11-22T10:00:00",
        "ENERGY": {"Total": 3.185, "Power": 42, "Factor": 0.5},
        "SHT3X": {"Temperature": 24.5},
    }
    assert values(tasmota.take(message("haus/plug-1/tele/SENSOR", sensor), KNOWN)) == {
        "energy": 3.185,
        "power": 42,
        "temperature": 24.5,
    }
    state = {"Wifi": {"Signal": -61, "RSSI": 78}, "POWER": "ON"}
    assert values(tasmota.take(message("haus/plug-1/tele/STATE", state), KNOWN)) == {"signal": -61}
    assert values(tasmota.take(message("haus/plug-1/stat/POWER", b"ON"), KNOWN)) == {"power_switch": 1}
    assert tasmota.take(message("haus/plug-1/tele/SENSOR", sensor, retain=True), KNOWN) is None


def test_what_it_is_told_goes_where_it_listens(tasmota):
    assert tasmota.command(KNOWN["plug-1"], "ON") == ("haus/plug-1/befehl/POWER", "ON")


def test_a_stranger_a_stolen_one_and_nonsense(tasmota):
    assert tasmota.take(message("haus/plug-1/tele/LWT", b"da"), {}) is None
    gone = plug()
    gone.state = "stolen"
    assert tasmota.take(message("haus/plug-1/tele/LWT", b"da"), {"plug-1": gone}) is None
    for bad in (b"[]", b"{", b'{"ENERGY":{"Power":99999}}', b"x" * 9000):
        with pytest.raises(Refused):
            tasmota.take(message("haus/plug-1/tele/SENSOR", bad), KNOWN)
    for bad in ({**DISCOVERY, "tp": ["a"]}, {**DISCOVERY, "ft": "#/%topic%"}, {"t": 1}):
        with pytest.raises(Refused):
            tasmota.discovered(message(f"tasmota/discovery/{MAC}/config", bad))


@pytest.fixture
def files(tmp_path):
    made = BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())
    for name in DEVICES:
        made.add_device(name)
    made.add_device("plug-1", client_id="", tasmota=MAC)
    return made


def test_it_joins_over_the_broker_with_its_own_rights_and_no_code(unit, started):
    unit.store.devices.add(plug())
    will = Will("tele/plug-1/LWT", b"Offline")
    bus = started(unit.broker.bus("plug-1", "DVES_345678", will=will))
    bus.publish("tele/plug-1/LWT", b"Online", qos=1, retain=True)
    bus.publish(f"tasmota/discovery/{MAC}/config", json.dumps(USUAL), qos=1, retain=True)
    assert until(
        lambda: unit.store.presence.all().get("plug-1") and unit.store.presence.all()["plug-1"].online
    )
    bus.publish("tele/plug-1/SENSOR", json.dumps({"ENERGY": {"Power": 1800}}), qos=1)
    assert until(lambda: [v.value for v in unit.store.latest.all() if v.measure == "power"] == [1800])
    bus.publish("salon/s001/probe-1/sensor/skin_moisture/state", b"41.5", qos=1)
    assert until(lambda: "salon/s001/probe-1/sensor/skin_moisture/state" in bus.refused)
    bus._client.socket().shutdown(2)
    assert until(lambda: not unit.store.presence.all()["plug-1"].online)


def test_the_fake_plug_joins_as_a_stock_device_does_and_obeys(unit, started):
    files, ticks = unit.broker.files, iter(range(0, 10**9, 400))
    unit.store.devices.add(plug())
    fake = FakePlug(World(1), "A1", "1")
    node = TasmotaNode(
        plug(), fake, files.host, files.port, files.password_file("plug-1"), lambda: float(next(ticks))
    )
    node.start()
    latest = lambda: {v.measure: v.value for v in unit.store.latest.all() if v.device == "plug-1"}  # noqa: E731
    assert until(lambda: unit.store.presence.all().get("plug-1"))
    assert unit.store.presence.all()["plug-1"].firmware in {"", "Tasmota 15.0.1"}
    assert until(lambda: node.tick() or {"power", "energy", "signal", "power_switch"} <= latest().keys())
    assert latest()["power"] == pytest.approx(1800, abs=100)
    edge = started(unit.broker.bus("edge", "edge-page"))
    assert edge.publish("cmnd/plug-1/POWER", "off", qos=1, expiry_s=10)
    assert until(lambda: latest()["power_switch"] == 0.0)
    node.stop()
    assert until(lambda: not unit.store.presence.all()["plug-1"].online)
    assert [r.code for r in unit.store.refusals() if r.source == "plug-1"] == []


def test_what_a_new_version_no_longer_announces_is_wiped_and_tried_again_until_it_is(store):
    ledger, wiped = Ledger(store), []
    assert ledger.settle(["a", "b"], lambda topic: True) == []
    assert ledger.settle(["a"], lambda topic: False) == []
    assert ledger.settle(["a"], lambda topic: wiped.append(topic) is None) == ["b"]
    assert ledger.settle(["a"], lambda topic: wiped.append(topic) is None) == []
    assert (wiped, store.settings.get(NAME)) == (["b"], ["a"])


def test_a_ghost_of_an_older_version_is_gone_from_the_broker(unit, started):
    unit.stop()
    ghost = "salon/s001/edge/sensor/steam_pressure/state"
    bus = started(unit.broker.bus("edge", "edge-test"))
    bus.publish(ghost, b"3.2", qos=1, retain=True)
    unit.store.settings.set(NAME, [ghost])
    unit.start()
    assert until(lambda: ghost not in unit.store.settings.get(NAME, [ghost]))
    held, last = {}, "salon/s001/edge/sensor/last/state"
    reader = unit.broker.bus("edge", "edge-reader")
    reader.subscribe(
        "salon/s001/edge/sensor/#", lambda message: held.update({message.topic: message.payload})
    )
    started(reader).publish(last, b"1", qos=1)  # comes after all that was kept
    # Who asks while the wiping is under way hears the old value, and then that it is gone.
    assert until(lambda: last in held and not held.get(ghost))
