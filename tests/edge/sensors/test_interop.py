"""Devices and programs of others, over the real broker: a stock ESPHome node with no code of ours, Home Assistant after every kind of restart."""

from __future__ import annotations

import json
import queue

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.bus import Message
from edge.bus.broker import BrokerFiles
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import DEVICES, device
from tests.ports import free_port

NAME, PREFIX = "kitchen-air", "salon/s001/kitchen-air"
DISCOVERY = (
    '{"unit_of_meas":"°C","stat_cla":"measurement","sug_dsp_prc":2,"name":"Temperature","ic":"mdi:thermometer",'
    f'"dev_cla":"temperature","stat_t":"{PREFIX}/sensor/temperature/state","avty_t":"{PREFIX}/status",'
    '"uniq_id":"aabbccddeeff-sensor-ca3e9dd9","dev":{"ids":"aabbccddeeff","name":"Kitchen air",'
    '"sw":"1.0.0 (ESPHome 2026.10.0)","mdl":"air_node","mf":"somebody","cns":[["mac","aabbccddeeff"]]}}'
)
INFO = (
    '{"ip":"192.168.1.40","name":"kitchen-air","friendly_name":"Kitchen air","version":"2026.10.0","mac":"aabbccddeeff",'
    '"platform":"ESP32","board":"esp32-c3-devkitm-1","network":"wifi","project_name":"somebody.air","project_version":"1.0.0"}'
)


@pytest.fixture
def files(tmp_path):
    made = BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())
    for name in (*DEVICES, NAME):
        made.add_device(name)
    return made


@pytest.fixture
def node(unit):
    """A stock node as its firmware speaks: MQTT 3.1.1, not a clean session, everything retained, QoS 0."""
    files = unit.broker.files
    made = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=NAME, protocol=paho.MQTTv311, clean_session=False
    )
    made.username_pw_set(NAME, files.password_file(NAME).read_text())
    made.will_set(f"{PREFIX}/status", "offline", retain=True)
    made.connect(files.host, files.port, keepalive=15)
    made.loop_start()
    yield made
    made.disconnect()
    made.loop_stop()


def birth(node):
    for topic, payload in (
        (f"{PREFIX}/status", "online"),
        (f"homeassistant/sensor/{NAME}/temperature/config", DISCOVERY),
        (f"esphome/discover/{NAME}", INFO),
        (f"{PREFIX}/sensor/temperature/state", "24.50"),
        (f"{PREFIX}/sensor/uptime/state", "12"),
        (f"{PREFIX}/sensor/humidity/state", "nan"),
    ):
        node.publish(topic, payload, retain=True).wait_for_publish(5)


def test_a_stock_esphome_node_joins_with_a_record_and_a_login_and_nothing_else(unit, store, node):
    store.devices.add(device(NAME, "somebody.air", place="厨房"))
    assert until(lambda: NAME in unit.sensors._devices)
    birth(node)
    assert until(
        lambda: any(v.device == NAME and v.value == 24.5 and v.unit == "°C" for v in store.latest.all())
    )
    assert until(lambda: store.presence.all()[NAME].firmware == "1.0.0 · ESPHome 2026.10.0")
    assert store.presence.all()[NAME].online
    told = lambda: {r.code for r in store.refusals() if r.source == NAME}  # noqa: E731
    assert until(lambda: "no_value" in told())  # of what it said last
    assert told() == {"unknown_object", "no_value"}, "what it has beyond that is told once and does no harm"


@pytest.fixture
def home_assistant(unit, started):
    """What Home Assistant's own login sees from the moment it comes."""

    def come():
        seen: queue.Queue = queue.Queue()
        bus = unit.broker.bus("home-assistant", "ha")
        for name in ("homeassistant/#", "salon/s001/edge/#"):
            bus.subscribe(name, seen.put)
        started(bus)

        told: dict[str, Message] = {}

        def wait_for(topic):
            """What was said under this topic last; topics come in any order."""
            while topic not in told:
                message = seen.get(timeout=60)
                if message.payload:
                    told[message.topic] = message
            return told[topic]

        return bus, wait_for

    return come


def test_what_the_broker_forgot_is_said_again_when_it_comes_back(unit, home_assistant):
    """No reliance on its disk: discovery, status and states are there although all that it kept is gone."""
    unit.broker.kill()
    for path in (unit.broker.files.folder / "data").glob("mosquitto.db*"):
        path.unlink()
    unit.broker.start()
    assert until(lambda: unit.sensors._bus.connected)
    _, wait_for = home_assistant()
    discovery = json.loads(wait_for("homeassistant/device/salon_s001_edge/config").payload)
    assert wait_for(discovery["avty_t"]).payload == b"online"
    state = discovery["cmps"]["disk_free"]["stat_t"]
    assert float(wait_for(state).payload) > 0


def test_home_assistant_that_starts_late_finds_all_that_it_needs_kept_by_the_broker(unit, home_assistant):
    assert until(lambda: unit.sensors._bus.connected)
    _, wait_for = home_assistant()
    message = wait_for("homeassistant/device/salon_s001_edge/config")
    known = json.loads(message.payload)
    assert {"dev", "o", "cmps"} <= set(known)
    assert known["o"]["name"]
    identities = [component["uniq_id"] for component in known["cmps"].values()]
    assert len(identities) == len(set(identities)) > 0
