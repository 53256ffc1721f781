"""An event reaches the pages once, while it is new, and never again (MEA-13)."""

from __future__ import annotations

import json

import pytest

from edge.bus import Message
from edge.bus.happened import EXPIRES_S, Listener, Teller, moment

SAID = {
    "device": "scan-1",
    "profile": "scanner",
    "place": "前台",
    "event_type": "read",
    "text": "6901234567892",
}


class Wire:
    """A bus that keeps what was said."""

    def __init__(self):
        self.said = []

    def publish(self, topic, payload, qos=0, retain=False, expiry_s=None):
        self.said.append(Message(topic, payload.encode(), retain, qos))
        self.expiry_s = expiry_s
        return True


class Clock:
    def __init__(self, boot="boot-1", up_ms=1_000):
        self.boot, self.up_ms = boot, up_ms

    def __call__(self):
        return self.boot, self.up_ms


@pytest.fixture
def wire():
    return Wire()


def tell(wire, clock, number=1):
    Teller(wire, "s001", clock).tell("scan", **SAID, event_id=f"e-{number}", at="2026-11-22T03:00:00.000Z")
    return wire.said[-1]


def listener(clock):
    heard = []
    return heard, Listener(lambda what, told: heard.append((what, told.id)), clock)


def test_what_is_said_now_is_handed_on_with_its_kind_and_is_never_kept_by_the_broker(wire):
    clock = Clock()
    heard, ear = listener(clock)
    message = tell(wire, clock)
    assert ear.take(message)
    assert heard == [("scan", "e-1")]
    assert message.topic == "salon/s001/edge/happened/scan"
    assert (message.retain, message.qos, wire.expiry_s) == (False, 1, EXPIRES_S)


def test_the_same_message_twice_is_heard_once(wire):
    clock = Clock()
    heard, ear = listener(clock)
    message = tell(wire, clock)
    assert [ear.take(message), ear.take(message)] == [True, False]
    assert len(heard) == 1


def test_a_message_that_is_too_old_is_dropped_whatever_the_wall_clock_says(wire):
    clock = Clock()
    heard, ear = listener(clock)
    message = tell(wire, clock)
    clock.up_ms += EXPIRES_S * 1000 + 1
    assert not ear.take(message)
    assert heard == []


def test_a_message_of_an_earlier_boot_is_dropped(wire):
    message = tell(wire, Clock("boot-1", 5_000))
    heard, ear = listener(Clock("boot-2", 5_000))
    assert not ear.take(message)
    assert heard == []


def test_a_kept_message_is_dropped(wire):
    clock = Clock()
    _, ear = listener(clock)
    message = tell(wire, clock)
    assert not ear.take(Message(message.topic, message.payload, retain=True, qos=1))


def test_numbers_grow_over_a_restart_of_who_tells(wire):
    clock = Clock()
    first = json.loads(tell(wire, clock).payload)["seq"]
    clock.up_ms += 5  # the unit needs longer than that to start again
    assert json.loads(tell(wire, clock, 2).payload)["seq"] > first


def test_two_in_one_millisecond_are_both_heard(wire):
    clock = Clock()
    heard, ear = listener(clock)
    teller = Teller(wire, "s001", clock)
    for number in (1, 2):
        teller.tell("card", **SAID, event_id=f"e-{number}", at="")
        assert ear.take(wire.said[-1])
    assert [name for _, name in heard] == ["e-1", "e-2"]


@pytest.mark.parametrize("payload", [b"", b"{}", b"[" * 5000, b'{"device":1}', b"\xff\xfe", b"x" * 5000])
def test_what_is_not_as_agreed_is_dropped(payload):
    heard, ear = listener(Clock())
    assert not ear.take(Message("salon/s001/edge/happened/scan", payload, retain=False, qos=1))
    assert heard == []


def test_this_machine_knows_its_boot_and_its_time_runs():
    boot, up = moment()
    assert boot
    assert moment() >= (boot, up)
