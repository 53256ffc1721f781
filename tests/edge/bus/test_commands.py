"""A command is done when the device says so, and not before."""

from __future__ import annotations

import pytest

from edge.bus.commands import Commands
from tests.edge.bus.brokers import until


@pytest.fixture
def bed(broker, started):
    """A bed's node that obeys, late or never as a test wants."""
    broker.files.add_device("bed-1")
    node = started(broker.bus("bed-1"))
    node.says = lambda payload: payload
    heard = []

    def obey(message):
        heard.append(message)
        answer = node.says(message.payload)
        if answer is not None:
            node.publish("salon/s001/bed-1/number/chair_height/state", answer, retain=True)

    node.subscribe("salon/s001/bed-1/number/chair_height/command", obey)
    assert until(lambda: not node._unproven)
    node.heard = heard
    return node


@pytest.fixture
def commands(broker, started):
    bus = broker.bus("edge", "edge-page")
    made = Commands(bus, "s001")
    started(bus)
    assert until(lambda: not bus._unproven)
    made.bus = bus
    return made


def test_what_the_device_says_confirms_it_MEA_09(bed, commands):
    bed.says = lambda payload: payload + b".0"
    assert commands.send("bed-1", "number", "chair_height", "72") == "confirmed"
    assert bed.heard[0].retain is False


def test_a_device_that_stays_where_it_was_has_not_confirmed(bed, commands):
    bed.says = lambda payload: b"60"
    assert commands.send("bed-1", "number", "chair_height", "72", within_s=0.5) == "not_confirmed"
    bed.says = lambda payload: None
    assert commands.send("bed-1", "number", "chair_height", "60", within_s=0.5) == "not_confirmed"


def test_what_was_said_before_the_question_confirms_nothing(bed, commands):
    bed.publish("salon/s001/bed-1/number/chair_height/state", b"72", qos=1)
    assert until(lambda: commands._states)
    bed.says = lambda payload: None
    assert commands.send("bed-1", "number", "chair_height", "72", within_s=0.3) == "not_confirmed"


def test_without_a_broker_it_is_not_sent(bed, commands, broker):
    broker.kill()
    assert until(lambda: not commands.bus.connected)
    assert commands.send("bed-1", "number", "chair_height", "72") == "not_sent"


def test_a_command_expires_before_a_device_that_was_away_comes_back(bed, commands, broker, monkeypatch):
    monkeypatch.setattr("edge.bus.commands.EXPIRY_S", 1)
    bed.stop()
    assert commands.send("bed-1", "number", "chair_height", "72", within_s=0.2) == "not_confirmed"
    bed.start()
    assert bed.wait_connected(60)
    assert not until(lambda: bed.heard, 1.5)
