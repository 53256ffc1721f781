"""The broker's files, and the rights they give, asked of a real Mosquitto."""

from __future__ import annotations

import json
import queue
import signal
import stat

import pytest

from edge.bus import BrokerRefused
from edge.bus.broker import BrokerFiles, WrongStore
from edge.bus.errors import BadDeviceId
from tests.edge.bus.brokers import until
from tests.ports import free_port


def test_passwords_are_files_for_the_owner_alone(files):
    files.add_device("probe-1")
    for path in (files.password_file("edge"), files.password_file("probe-1"), files.logins):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = files.logins.read_text() + files.configuration.read_text()
    assert files.password_file("probe-1").read_text() not in text


def test_preparing_again_keeps_the_logins(files):
    password = files.add_device("probe-1")
    again = BrokerFiles.prepare(files.folder, "s001", free_port())
    assert again.devices() == ["probe-1"]
    assert again.password_file("probe-1").read_text() == password
    assert f"listener {again.port} 127.0.0.1" in again.configuration.read_text()


def test_a_folder_of_another_store_is_refused(files):
    with pytest.raises(WrongStore):
        BrokerFiles.prepare(files.folder, "s002", files.port)


@pytest.mark.parametrize("device_id", ["", "Probe", "a/b", "+", "x" * 32, "edge", "parlour-admin"])
def test_a_name_that_cannot_be_a_device_is_refused(files, device_id):
    with pytest.raises(BadDeviceId):
        files.add_device(device_id)


MATRIX = [
    # who publishes, where, whether the broker takes it
    ("probe-1", "salon/s001/probe-1/status", True),
    ("probe-1", "salon/s001/probe-1/sensor/skin_moisture/state", True),
    ("probe-1", "homeassistant/sensor/probe-1/skin_moisture/config", True),
    ("probe-1", "esphome/discover/probe-1", True),
    ("probe-1", "salon/s001/probe-2/sensor/skin_moisture/state", False),
    ("probe-1", "salon/s001/probe-2/button/measure/command", False),
    ("probe-1", "salon/s002/probe-1/status", False),
    ("probe-1", "homeassistant/sensor/probe-2/skin_moisture/config", False),
    ("probe-1", "homeassistant/status", False),
    ("probe-1", "esphome/discover/probe-2", False),
    ("probe-1", "salon/s001/edge/health", False),
    ("probe-1", "$CONTROL/dynamic-security/v1", False),
    ("edge", "salon/s001/probe-1/button/measure/command", True),
    ("edge", "homeassistant/device/edge/config", True),
    ("edge", "salon/s002/probe-1/status", False),
    ("edge", "$CONTROL/dynamic-security/v1", False),
    ("home-assistant", "salon/s001/bed-1/switch/light/command", True),
    ("home-assistant", "homeassistant/status", True),
    ("home-assistant", "salon/s001/probe-1/sensor/skin_moisture/state", False),
]


def test_each_login_may_publish_its_own_and_nothing_else(broker, started):
    broker.files.add_device("probe-1")
    broker.files.add_device("probe-2")
    buses = {who: started(broker.bus(who)) for who in {who for who, _, _ in MATRIX}}
    edge = buses["edge"]
    arrived = queue.Queue()
    edge.subscribe("salon/s001/end", arrived.put)
    for who, topic, _ in MATRIX:
        assert buses[who].publish(topic, "x", qos=1)
    # The broker answers each client in order: one more accepted message a client means all were answered.
    assert until(lambda: all(not bus._unproven for bus in buses.values()))
    found = [(who, topic, topic not in buses[who].refused) for who, topic, _ in MATRIX]
    assert found == MATRIX
    assert buses["probe-1"].refused["salon/s001/probe-2/button/measure/command"] == "Not authorized"


@pytest.mark.parametrize(
    ("topic_filter", "granted"),
    [
        ("salon/s001/probe-1/+/+/command", True),
        ("salon/s001/probe-1/#", False),
        ("homeassistant/status", True),
        ("esphome/ping/probe-1", True),
        ("salon/s001/#", False),
        ("salon/s001/+/status", False),
        ("salon/s001/probe-2/#", False),
        ("#", False),
        ("$CONTROL/#", False),
    ],
)
def test_a_device_may_listen_to_its_own_and_nothing_else(broker, started, topic_filter, granted):
    broker.files.add_device("probe-1")
    bus = started(broker.bus("probe-1"))
    bus.subscribe(topic_filter, print)
    assert until(lambda: not bus._unproven)
    assert (topic_filter not in bus.refused) is granted


def test_a_disabled_device_is_out_at_once_and_stays_out(broker, started):
    broker.files.add_device("probe-1")
    bus = started(broker.bus("probe-1", draw=lambda low, high: 0.05))
    broker.files.disable_device("probe-1")
    assert until(lambda: not bus.connected)
    assert not bus.wait_connected(0.5)
    broker.files.enable_device("probe-1")
    assert bus.wait_connected(60)


def test_a_removed_device_is_out(broker, started):
    broker.files.add_device("probe-1")
    bus = started(broker.bus("probe-1", draw=lambda low, high: 0.05))
    broker.files.remove_device("probe-1")
    assert until(lambda: not bus.connected)
    assert broker.files.devices() == []


def test_a_login_is_bound_to_its_client_id(broker):
    broker.files.add_device("probe-1")
    thief = broker.bus("probe-1", "another-id")
    thief.start()
    assert not thief.wait_connected(0.7)
    thief.stop()


def test_logins_added_while_it_runs_survive_a_kill(broker, started):
    broker.files.add_device("probe-1")
    broker.kill()
    broker.start()
    started(broker.bus("probe-1"))


def test_an_unknown_device_cannot_be_disabled(broker):
    with pytest.raises(BrokerRefused) as caught:
        broker.files.disable_device("nobody")
    assert caught.value.command == "disableClient"


def test_without_a_broker_the_document_itself_is_changed(files):
    files.add_device("probe-1")
    files.disable_device("probe-1")
    (login,) = (c for c in json.loads(files.logins.read_text())["clients"] if c["username"] == "probe-1")
    assert login["disabled"] is True
    with pytest.raises(BrokerRefused):
        files.disable_device("nobody")


def test_no_password_is_an_argument_of_a_process(broker):
    password = broker.files.add_device("probe-1")
    assert password not in " ".join(broker.command)


def test_what_was_kept_survives_a_power_cut_from_the_last_save_on(broker, started):
    """The save that comes every 60 s, asked for at once by its signal; then the process is killed as a power cut would."""
    assert "autosave_interval 60\n" in broker.files.configuration.read_text()
    broker.files.add_device("probe-1")
    probe = started(broker.bus("probe-1"))
    probe.publish("salon/s001/probe-1/status", b"online", qos=1, retain=True)
    kept = broker.files.folder / "data" / "mosquitto.db"

    def saved() -> bool:
        broker.process.send_signal(signal.SIGUSR1)
        return kept.is_file() and b"probe-1/status" in kept.read_bytes()

    assert until(saved)
    broker.kill()
    broker.start()
    heard = queue.Queue()
    edge = broker.bus("edge")
    edge.subscribe("salon/s001/probe-1/status", heard.put)
    started(edge)
    message = heard.get(timeout=60)
    assert (message.payload, message.retain) == (b"online", True)
