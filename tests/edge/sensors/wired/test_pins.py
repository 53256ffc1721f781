"""Buttons and lights on gpiozero's mock pins: the driver that runs on a Pi, with the pins of its own test factory."""

from __future__ import annotations

import pytest

from edge.sensors.wired import pins
from edge.sensors.wired.errors import BadAddress

gpiozero = pytest.importorskip("gpiozero")


@pytest.fixture
def factory():
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    made = gpiozero.Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield made
    made.reset()
    gpiozero.Device.pin_factory = None


class Heard:
    def __init__(self):
        self.states, self.events = [], []

    def say(self, states):
        self.states += states

    def happened(self, what, event_type):
        self.events.append((what, event_type))


def test_an_address_is_a_pin_of_the_header():
    assert pins.parse("b", "gpio:17") == 17
    for bad in ("gpio:28", "gpio:-1", "17", "serial:/dev/x"):
        with pytest.raises(BadAddress):
            pins.parse("b", bad)


def test_a_call_button_says_its_state_and_one_event_a_press(factory):
    part, heard = pins.ButtonPart("call", 17), Heard()
    assert part.tick(0.0) == [("call", 0.0)]
    part.start(heard)
    factory.pin(17).drive_low()
    factory.pin(17).drive_high()
    part.stop()
    assert heard.states == [("call", 1.0), ("call", 0.0)]
    assert heard.events == [("press", "pressed")]


def test_a_light_is_dimmed_by_pwm_and_says_what_its_pin_does(factory):
    part = pins.LightPart("ring_light", 18)
    assert part.tick(0.0) == [("ring_light", 0.0)]
    assert part.set("ring_light", 40.0) == [("ring_light", 40.0)]
    assert factory.pin(18).state == pytest.approx(0.4)
    part.stop()


def test_a_light_goes_out_when_its_unit_ends(factory):
    part = pins.LightPart("status_light", 18)
    part.set("status_light", 100.0)
    part.stop()
    assert factory.pin(18).state in (0, None)
