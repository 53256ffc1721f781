"""The client over a real Mosquitto that comes and goes."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from edge.bus import BadPasswordFile, Bus, Message, Will
from tests.edge.bus.brokers import until

QUICK = {"draw": lambda low, high: 0.05}  # no waiting for the sake of it


def test_what_is_published_arrives_with_its_flags(broker, started):
    bus = started(broker.bus("edge"))
    got = queue.Queue()
    bus.subscribe("salon/s001/a/status", got.put)
    assert bus.publish("salon/s001/a/status", b"online", qos=1)
    assert got.get(timeout=60) == Message("salon/s001/a/status", b"online", retain=False, qos=1)


def test_without_a_broker_a_publish_says_so_and_nothing_waits_to_be_sent_later(broker, started):
    bus = started(broker.bus("edge", **QUICK))
    got = queue.Queue()
    bus.subscribe("salon/s001/#", got.put)
    broker.kill()
    assert until(lambda: not bus.connected)
    assert bus.publish("salon/s001/a/status", b"stale", qos=1) is False
    broker.start()
    assert bus.wait_connected(60)
    assert until(lambda: bus.publish("salon/s001/a/status", b"fresh", qos=1))
    assert got.get(timeout=60).payload == b"fresh"


def test_after_the_brokers_return_all_subscriptions_stand_and_greetings_are_sent_again(broker, started):
    bus = broker.bus("edge", "edge-one", **QUICK)
    greeted, got = [], queue.Queue()
    bus.on_connect(lambda: greeted.append(1))
    bus.subscribe("salon/s001/+/status", got.put)
    bus.subscribe("homeassistant/status", got.put)
    started(bus)
    for times in (2, 3):
        broker.kill()
        assert until(lambda: not bus.connected)
        broker.start()
        assert until(lambda times=times: len(greeted) == times)
    other = started(broker.bus("edge", "edge-two"))
    other.publish("salon/s001/a/status", b"online", qos=1)
    other.publish("homeassistant/status", b"online", qos=1)
    assert {got.get(timeout=60).topic, got.get(timeout=60).topic} == {
        "salon/s001/a/status",
        "homeassistant/status",
    }


def test_a_retained_command_is_never_acted_on(broker, started):
    sender = started(broker.bus("edge", "edge-one"))
    sender.publish("salon/s001/bed-1/switch/heat/command", b"ON", qos=1, retain=True)
    assert until(lambda: not sender._unproven)
    bus = broker.bus("edge", "edge-two")
    got = queue.Queue()
    bus.subscribe("salon/s001/bed-1/#", got.put)
    started(bus)
    assert until(lambda: not bus._unproven)
    sender.publish("salon/s001/bed-1/status", b"online", qos=1)
    assert got.get(timeout=60).topic.endswith("/status")  # it came second, so the kept command was dropped
    assert got.empty()


def test_a_handler_that_fails_does_not_end_the_client(broker, started, caplog):
    bus = started(broker.bus("edge"))
    got = queue.Queue()
    bus.subscribe("salon/s001/a/status", lambda message: 1 / 0)
    bus.subscribe("salon/s001/#", got.put)
    bus.publish("salon/s001/a/status", b"1", qos=1)
    assert got.get(timeout=60).payload == b"1"
    bus.publish("salon/s001/a/status", b"2", qos=1)
    assert got.get(timeout=60).payload == b"2"
    assert "a handler failed" in caplog.text


def test_a_refusal_is_logged_once(broker, started, caplog):
    bus = started(broker.bus("edge"))
    for _ in range(3):
        bus.publish("salon/s999/x/status", b"", qos=1)
    assert until(lambda: bus.refused and not bus._unproven)
    assert caplog.text.count("refused salon/s999/x/status: Not authorized") == 1


def test_the_will_is_said_when_a_client_vanishes_and_not_when_it_leaves(broker, started):
    broker.files.add_device("probe-1")
    got = queue.Queue()
    started(broker.bus("edge")).subscribe("salon/s001/probe-1/status", got.put)
    probe = started(broker.bus("probe-1", will=Will("salon/s001/probe-1/status", b"offline"), **QUICK))
    probe._client.socket().shutdown(2)
    assert got.get(timeout=60).payload == b"offline"
    assert probe.wait_connected(60)
    probe.publish("salon/s001/probe-1/status", b"leaving", qos=1)
    probe.stop()
    assert got.get(timeout=60).payload == b"leaving"
    assert got.empty()


def test_a_lost_broker_is_logged_once_not_at_each_attempt(broker, started, caplog):
    bus = started(broker.bus("edge", draw=lambda low, high: 0.01))
    broker.kill()
    assert until(lambda: bus._backoff.ceiling > 30)
    assert caplog.text.count("no broker at") == 1


@pytest.mark.parametrize("content", [None, "", "  \n"])
def test_a_missing_or_empty_password_file_is_named(tmp_path, content):
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadPasswordFile) as caught:
        Bus("127.0.0.1", 1, "edge", path, "edge").start()
    assert caught.value.path == path


def test_the_v3_fallback_for_the_embedded_broker_comes_from_the_environment(broker, started, monkeypatch):
    monkeypatch.setenv("PARLOUR_MQTT_PROTOCOL", "3.1.1")
    bus = started(broker.bus("edge"))
    got = queue.Queue()
    bus.subscribe("salon/s001/a/status", got.put)
    bus.publish("salon/s001/a/status", b"online", qos=1, expiry_s=10)
    assert got.get(timeout=60).payload == b"online"


def test_coming_and_going_leaves_no_file_open(broker, started):
    bus = broker.bus("edge", draw=lambda low, high: 0.01)
    connections, opened = [], []
    bus.on_connect(lambda: connections.append(1))
    started(bus)
    for times in range(2, 10):
        bus._client.socket().shutdown(2)
        assert until(lambda times=times: len(connections) == times)
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    assert opened[-1] <= opened[1]
