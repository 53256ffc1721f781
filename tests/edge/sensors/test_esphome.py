"""The fake nodes' bytes against golden vectors: the example of the published format, and ESPHome 2026.6.5's own order of keys."""

from __future__ import annotations

import json

import pytest

from edge.sensors import esphome
from edge.sensors.kinds import MEASURES
from edge.sensors.profiles import found

AIR = esphome.Node(
    "room-1-air",
    "Room 1 air",
    "store-001",
    "air_node",
    (),
    ip="192.168.1.20",
    mac="aabbccddeeff",
)
TEMPERATURE = esphome.Entity(
    "sensor", "Temperature", "°C", "measurement", 2, "mdi:thermometer", "temperature"
)


def test_a_unique_id_is_the_mac_and_fnv1_of_the_name():
    assert f"{esphome.fnv1('Temperature'):08x}" == "ca3e9dd9"
    assert esphome.fnv1("") == 2166136261


def test_the_discovery_of_a_sensor_byte_for_byte():
    assert (
        esphome.discovery(AIR, TEMPERATURE)
        == (
            '{"sug_dsp_prc":2,"unit_of_meas":"°C","stat_cla":"measurement","name":"Temperature","ic":"mdi:thermometer",'
            '"dev_cla":"temperature","stat_t":"salon/store-001/room-1-air/sensor/temperature/state",'
            '"avty_t":"salon/store-001/room-1-air/status","uniq_id":"aabbccddeeff-sensor-ca3e9dd9",'
            '"dev":{"ids":"aabbccddeeff","name":"Room 1 air","sw":"1.0.0 (ESPHome 2026.6.5)","mdl":"air_node",'
            '"mf":"parlour","cns":[["mac","aabbccddeeff"]]}}'
        ).encode()
    )


def test_it_is_the_same_document_as_the_published_example():
    published = json.loads(
        """{"unit_of_meas":"°C","stat_cla":"measurement","sug_dsp_prc":2,"name":"Temperature","ic":"mdi:thermometer","dev_cla":"temperature",
        "stat_t":"salon/store-001/room-1-air/sensor/temperature/state","avty_t":"salon/store-001/room-1-air/status",
        "uniq_id":"aabbccddeeff-sensor-ca3e9dd9",
        "dev":{"ids":"aabbccddeeff","name":"Room 1 air","sw":"1.0.0 (ESPHome 2026.10.0)","mdl":"air_node","mf":"salon",
        "cns":[["mac","aabbccddeeff"]]}}"""
    )
    published["dev"] |= {"sw": "1.0.0 (ESPHome 2026.6.5)", "mf": "parlour"}
    assert json.loads(esphome.discovery(AIR, TEMPERATURE)) == published


def test_the_topics_of_a_node():
    assert AIR.status_topic == "salon/store-001/room-1-air/status"
    assert AIR.state_topic(TEMPERATURE) == "salon/store-001/room-1-air/sensor/temperature/state"
    assert AIR.discovery_topic(TEMPERATURE) == "homeassistant/sensor/room-1-air/temperature/config"
    assert AIR.info_topic == "esphome/discover/room-1-air"


def test_the_device_info_byte_for_byte():
    assert esphome.info(AIR) == (
        b'{"ip":"192.168.1.20","name":"room-1-air","friendly_name":"Room 1 air","version":"2026.6.5",'
        b'"mac":"aabbccddeeff","platform":"ESP32","board":"esp32-c3-devkitm-1","network":"wifi",'
        b'"project_name":"parlour.air_node","project_version":"1.0.0"}'
    )


def test_a_button_has_a_command_and_no_state():
    button = json.loads(esphome.discovery(AIR, esphome.Entity("button", "Measure")))
    assert button["cmd_t"] == "salon/store-001/room-1-air/button/measure/command"
    assert "stat_t" not in button


@pytest.mark.parametrize(
    ("key", "value", "payload"),
    [
        ("skin_moisture", 41.46, b"41.5"),
        ("temperature", 24.0, b"24.0"),
        ("co2", 620.4, b"620"),
        ("bottle_weight", -0.04, b"-0.0"),
        ("bed_presence", 1.0, b"ON"),
        ("bed_presence", 0.0, b"OFF"),
    ],
)
def test_states_are_text_with_the_entitys_decimals(key, value, payload):
    profile = next(p for p in found().profiles.values() if key in p.measures)
    node = esphome.node_of(profile, "dev-1", "Device", "s001")
    entity = next(e for e in node.entities if e.object_id == key)
    assert esphome.state(entity, value) == payload


def test_every_measures_name_becomes_its_key_on_the_wire():
    for measure in MEASURES.values():
        assert esphome.Entity(measure.component, measure.name).object_id == measure.key


def test_a_chinese_name_would_collapse_which_is_why_names_are_ascii():
    assert esphome.Entity("sensor", "温度").object_id == "__"
    assert all(measure.name.isascii() for measure in MEASURES.values())
