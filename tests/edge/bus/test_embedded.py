"""The embedded broker: the same logins and rights as Mosquitto, as far as MQTT 3.1.1 can say."""

from __future__ import annotations

import queue
import sys

import pytest

from edge.bus._amqtt import covers
from tests.edge.bus.brokers import RunningBroker, until


@pytest.fixture
def embedded(files, monkeypatch):
    monkeypatch.setenv("PARLOUR_MQTT_PROTOCOL", "3.1.1")
    files.add_device("probe-1")
    running = RunningBroker(files, [sys.executable, "-m", "edge.bus.embedded", str(files.folder)])
    assert until((files.folder / "embedded").exists)
    yield running
    running.stop()


def test_it_says_what_it_cannot_do(embedded):
    log = (embedded.files.folder / "log").read_text()
    assert "3.1.1" in log
    assert "试用" in log


def test_readings_flow_and_neighbours_are_kept_apart(embedded, started):
    got = queue.Queue()
    edge = started(embedded.bus("edge"))
    edge.subscribe("salon/s001/#", got.put)
    assert until(lambda: not edge._unproven)
    probe = started(embedded.bus("probe-1"))
    probe.publish("salon/s001/probe-2/status", b"online", qos=1)
    probe.publish("salon/s001/probe-1/status", b"online", qos=1)
    assert got.get(timeout=60).topic == "salon/s001/probe-1/status"
    assert got.empty()


def test_a_device_added_while_it_runs_gets_in_and_a_disabled_one_falls_silent(embedded, started):
    embedded.files.add_device("air-1")
    got = queue.Queue()
    edge = started(embedded.bus("edge"))
    edge.subscribe("salon/s001/#", got.put)
    assert until(lambda: not edge._unproven)
    air = started(embedded.bus("air-1"))
    air.publish("salon/s001/air-1/status", b"1", qos=1)
    assert got.get(timeout=60).payload == b"1"
    embedded.files.disable_device("air-1")
    air.publish("salon/s001/air-1/status", b"2", qos=1)
    edge.publish("salon/s001/edge/health", b"3", qos=1)
    assert got.get(timeout=60).payload == b"3"


def test_a_wrong_password_is_refused(embedded):
    embedded.files.password_file("probe-1").write_text("wrong")
    bus = embedded.bus("probe-1")
    bus.start()
    assert not bus.wait_connected(0.5)
    bus.stop()


@pytest.mark.parametrize(
    ("right", "asked", "covered"),
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a/#", True),
        ("a/#", "#", False),
        ("a/#", "+/b", False),
        ("a/+/c", "a/+/c", True),
        ("a/b/c", "a/+/c", False),
        ("a/+/c", "a/#", False),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
        ("a/b/#", "a/c/d", False),
        ("a/b/#", "a/b", True),
    ],
)
def test_a_filter_wider_than_the_right_is_not_covered(right, asked, covered):
    assert covers(right, asked) is covered
