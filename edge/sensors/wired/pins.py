"""The GPIO kinds as parts of a node, over gpiozero: real pins on a Pi, its mock factory in tests and on a laptop.

`address` is `gpio:PIN` by Broadcom number. Buttons pull to ground. Lights are PWM, so that a ring of them is dimmed without flicker; a light
that nobody set is off, also after this unit was killed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from edge.sensors.fakes import State
from edge.sensors.node import Node
from edge.sensors.wired.errors import BadAddress

BOUNCE = 0.03  # s: contacts of a push button settle within 20 ms
PWM_HZ = 1000  # above what an eye or a camera at 30 pictures a second sees flicker
_ADDRESS = re.compile(r"gpio:([0-9]|1[0-9]|2[0-7])")


def parse(device: str, address: str) -> int:
    """The pin. Raises BadAddress."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise BadAddress(device, address)
    return int(match[1])


def _gpiozero() -> Any:
    """Loaded when a pin is used, and without types: it has none."""
    return import_module("gpiozero")


class ButtonPart:
    """A button or footswitch: its state on change, and an event for each press."""

    def __init__(self, key: str, pin: int) -> None:
        self._key = key
        self._button = _gpiozero().Button(pin, pull_up=True, bounce_time=BOUNCE)
        self._said: bool | None = None

    alive = True  # gpiozero's thread is none of ours

    def start(self, node: Node) -> None:
        """Tell of presses from now on. gpiozero calls from its own thread."""

        def changed() -> None:
            node.say(self.tick(0.0))

        def pressed() -> None:
            changed()
            node.happened("press", "pressed")

        self._button.when_pressed = pressed
        self._button.when_released = changed

    def tick(self, now: float) -> Sequence[State]:  # noqa: ARG002
        """Its state if that has changed."""
        held = bool(self._button.is_pressed)
        if held == self._said:
            return []
        self._said = held
        return [(self._key, float(held))]

    def press(self, button: str, now: float) -> Sequence[State]:  # noqa: ARG002 - it has no button of its own on the bus
        return []

    def stop(self) -> None:
        self._button.close()


class LightPart:
    """A light on a PWM pin, 0 to 100 %."""

    def __init__(self, key: str, pin: int) -> None:
        self._key = key
        self._light = _gpiozero().PWMLED(pin, frequency=PWM_HZ)
        self._told = False

    alive = True  # it has no thread

    def start(self, node: Node) -> None:
        """It obeys its node from now on."""
        del node

    def tick(self, now: float) -> Sequence[State]:  # noqa: ARG002
        """How bright it is, once at the start."""
        if self._told:
            return []
        self._told = True
        return [self._state()]

    def press(self, button: str, now: float) -> Sequence[State]:  # noqa: ARG002 - it has no button
        return []

    def set(self, key: str, value: float) -> Sequence[State]:
        """Set it and say what the pin now does, which is the confirmation."""
        if key == self._key:
            self._light.value = value / 100
        return [self._state()]

    def stop(self) -> None:
        self._light.close()

    def _state(self) -> State:
        return self._key, round(100 * self._light.value, 1)
