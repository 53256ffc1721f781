"""The rights as a real Mosquitto gives them: device x topic x publish or subscribe, by MQTT v5 reason code (printed with -s)."""

from __future__ import annotations

import json
import queue
import socket
import ssl

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.bus.broker import BrokerFiles, find_mosquitto
from tests.edge.bus.brokers import RunningBroker, until
from tests.ports import free_port

OK, DENIED = 0x00, 0x87  # success (or QoS 0 granted); not authorized
NOBODY_LISTENS = 0x10  # published, and no one has subscribed: allowed

#         who              verb         topic                                              allowed
MATRIX = [
    ("probe-1", "publish", "salon/s001/probe-1/status", True),
    ("probe-1", "publish", "salon/s001/probe-1/sensor/skin_moisture/state", True),
    ("probe-1", "publish", "salon/s001/probe-1/event/press/state", True),
    ("probe-1", "publish", "salon/s001/probe-1/button/measure/command", False),
    ("probe-1", "publish", "salon/s001/probe-1/event/press/command", False),
    ("probe-1", "publish", "salon/s001/probe-1/debug", False),
    ("probe-1", "publish", "salon/s001/air-1/sensor/co2/state", False),
    ("probe-1", "publish", "salon/s001/air-1/event/press/state", False),
    ("probe-1", "publish", "salon/s001/bed-1/number/chair_height/command", False),
    ("probe-1", "publish", "salon/s001/edge/health", False),
    ("probe-1", "publish", "salon/s002/probe-1/status", False),
    ("probe-1", "publish", "homeassistant/sensor/probe-1/skin_moisture/config", True),
    ("probe-1", "publish", "homeassistant/sensor/air-1/co2/config", False),
    ("probe-1", "publish", "homeassistant/status", False),
    ("probe-1", "publish", "esphome/discover/probe-1", True),
    ("probe-1", "publish", "esphome/discover/air-1", False),
    ("probe-1", "publish", "$CONTROL/dynamic-security/v1", False),
    ("probe-1", "publish", "tasmota/discovery/x/config", False),
    ("probe-1", "subscribe", "salon/s001/probe-1/button/measure/command", True),
    ("probe-1", "subscribe", "salon/s001/probe-1/+/+/command", True),
    ("probe-1", "subscribe", "salon/s001/probe-1/event/+/command", True),
    ("probe-1", "subscribe", "salon/s001/probe-1/sensor/skin_moisture/state", False),
    ("probe-1", "subscribe", "salon/s001/probe-1/#", False),
    ("probe-1", "subscribe", "salon/s001/bed-1/number/chair_height/command", False),
    ("probe-1", "subscribe", "salon/s001/air-1/#", False),
    ("probe-1", "subscribe", "salon/s001/+/status", False),
    ("probe-1", "subscribe", "salon/#", False),
    ("probe-1", "subscribe", "#", False),
    ("probe-1", "subscribe", "$SYS/#", False),
    ("probe-1", "subscribe", "$CONTROL/#", False),
    ("probe-1", "subscribe", "homeassistant/status", True),
    ("probe-1", "subscribe", "homeassistant/#", False),
    ("probe-1", "subscribe", "esphome/ping/probe-1", True),
    ("edge", "publish", "salon/s001/probe-1/button/measure/command", True),
    ("plug-1", "publish", "tele/plug-1/SENSOR", True),
    ("plug-1", "publish", "stat/plug-1/POWER", True),
    ("plug-1", "publish", "cmnd/plug-1/POWER", False),
    ("plug-1", "publish", "tele/plug-2/SENSOR", False),
    ("plug-1", "publish", "salon/s001/plug-1/status", False),
    ("plug-1", "publish", "tasmota/discovery/AABBCCDDEEFF/config", True),
    ("plug-1", "publish", "tasmota/discovery/AABBCCDDEE00/config", False),
    ("plug-1", "subscribe", "cmnd/plug-1/#", True),
    ("plug-1", "subscribe", "cmnd/plug-2/#", False),
    ("edge", "publish", "homeassistant/device/x/config", True),
    ("edge", "publish", "$CONTROL/dynamic-security/v1", False),
    ("edge", "subscribe", "salon/s001/#", True),
    ("edge", "subscribe", "salon/s002/#", False),
    ("home-assistant", "publish", "salon/s001/bed-1/number/chair_height/command", True),
    ("home-assistant", "publish", "salon/s001/bed-1/number/chair_height/state", False),
    ("home-assistant", "publish", "salon/s001/edge/health", False),
    ("home-assistant", "subscribe", "homeassistant/#", True),
    ("home-assistant", "subscribe", "$CONTROL/#", False),
    ("parlour-admin", "publish", "salon/s001/probe-1/status", False),
    ("parlour-admin", "subscribe", "salon/#", False),
]


class Asker:
    """A plain paho client, so that the answers are the broker's and not our own code's."""

    def __init__(self, files, who, **tls):
        self.answers = queue.Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=who, protocol=paho.MQTTv5)
        self.client.username_pw_set(who, files.password_file(who).read_text())
        self.client.on_connect = lambda c, u, f, reason, p: self.answers.put(reason.value)
        self.client.on_publish = lambda c, u, mid, reason, p: self.answers.put(reason.value)
        self.client.on_subscribe = lambda c, u, mid, reasons, p: self.answers.put(reasons[0].value)
        if tls:
            self.client.tls_set(**tls)
        self.client.connect("127.0.0.1" if not tls else "localhost", files.tls_port if tls else files.port)
        self.client.loop_start()
        self.connected = self.answers.get(timeout=60)

    def ask(self, verb, topic):
        if verb == "publish":
            self.client.publish(topic, b"x", qos=1)
        else:
            self.client.subscribe(topic, qos=0)
        return self.answers.get(timeout=60)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def files(tmp_path):
    made = BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())
    for device in ("probe-1", "air-1", "bed-1"):
        made.add_device(device)
    made.add_device("plug-1", tasmota="AABBCCDDEEFF")
    return made


def test_the_matrix_of_rights(broker, capsys):
    askers, wrong, lines = {}, [], []
    for who, verb, topic, allowed in MATRIX:
        if who not in askers:
            askers[who] = Asker(broker.files, who)
            assert askers[who].connected == OK
        asker = askers[who]
        code = asker.ask(verb, topic)
        lines.append(
            f"  {who:15}{verb:10}{topic:52}0x{code:02x} {'allowed' if code != DENIED else 'not authorized'}"
        )
        if code not in ({OK, NOBODY_LISTENS} if allowed else {DENIED}):
            wrong.append(lines[-1])
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    for asker in askers.values():
        asker.close()
    assert wrong == []


def test_the_devices_of_an_older_version_lose_their_own_commands_and_keep_their_password(files):
    document = json.loads(files.logins.read_text())
    [role] = [r for r in document["roles"] if r["rolename"] == "probe-1"]
    before = role["acls"]
    role["acls"] = [
        {"acltype": right, "topic": "salon/s001/probe-1/#", "priority": 0, "allow": True}
        for right in ("publishClientSend", "subscribePattern")
    ]
    files.logins.write_text(json.dumps(document))
    password = files.password_file("probe-1").read_text()
    BrokerFiles.prepare(files.folder, "s001", files.port)
    after = json.loads(files.logins.read_text())
    [role] = [r for r in after["roles"] if r["rolename"] == "probe-1"]
    assert role["acls"] == before
    assert after["clients"] == document["clients"]
    assert files.password_file("probe-1").read_text() == password


def test_a_neighbours_client_id_with_ones_own_password_is_refused(broker):
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="air-1", protocol=paho.MQTTv5)
    client.username_pw_set("probe-1", broker.files.password_file("probe-1").read_text())
    answers = queue.Queue()
    client.on_connect = lambda c, u, f, reason, p: answers.put(reason.value)
    client.connect(broker.files.host, broker.files.port)
    client.loop_start()
    assert answers.get(timeout=60) == DENIED
    client.disconnect()
    client.loop_stop()


def test_devices_of_the_network_come_in_by_tls_and_believe_no_other_broker(tmp_path):
    if not find_mosquitto():
        pytest.skip("Mosquitto with its dynamic-security plugin is not installed")
    files = BrokerFiles.prepare(
        tmp_path / "broker", "s001", free_port(), tls_port=free_port(), names=["localhost", "192.168.1.10"]
    )
    files.add_device("probe-1")
    running = RunningBroker(BrokerFiles.open(files.folder))
    try:
        asker = Asker(files, "probe-1", ca_certs=str(files.folder / "ca.crt"))
        assert asker.connected == OK
        assert asker.ask("publish", "salon/s001/air-1/status") == DENIED
        asker.close()
        other = BrokerFiles.prepare(tmp_path / "other", "s002", free_port(), tls_port=1, names=["localhost"])
        believes_another = ssl.create_default_context(cafile=str(other.folder / "ca.crt"))
        with (
            socket.create_connection(("localhost", files.tls_port)) as line,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            believes_another.wrap_socket(line, server_hostname="localhost")
    finally:
        running.stop()
    assert "BEGIN CERTIFICATE" in files.authority
    assert (files.folder / "broker.key").stat().st_mode & 0o077 == 0


def test_a_disabled_device_is_out_at_once(broker):
    asker = Asker(broker.files, "probe-1")
    assert asker.connected == OK
    broker.files.disable_device("probe-1")
    assert until(lambda: not asker.client.is_connected())
    asker.close()
