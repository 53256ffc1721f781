"""Giving a node its network over the USB cable, and saying which step failed: look, ask, scan, send, join.

One question at a time. A node drops a half frame after 100 ms of silence, so each question is one write; it is asked again each second, since a node that
is still starting hears nothing. Joining may take 30 s, and 90 s when the node changes networks.
"""

from __future__ import annotations

import re
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import serial

from edge.provision import improv
from edge.provision.errors import ProvisionError
from edge.provision.improv import Command, Fault, Frame, Kind, State

BAUD = 115_200  # ESPHome's logger
READ_FOR = 0.1  # s
ASK_AGAIN = 1.0  # s between two questions without an answer
ANSWER_WITHIN = 10.0  # s: a node that restarts on being plugged in needs 5
SCAN_WITHIN = 20.0  # s
JOIN_WITHIN = 90.0  # s

UNHEARD = -127  # dBm: of a network whose strength is not told as a number
_RSSI = re.compile(r"-?[0-9]{1,4}")

Step = Literal["port", "device", "scan", "password", "join"]


class Port(Protocol):
    """What is needed of a serial port; `serial.Serial` has it."""

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> object: ...

    def close(self) -> None: ...


class WifiFailed(ProvisionError, ConnectionError):
    """Raised when a node did not come onto the network; `.step` is where it failed, `.reason` a code."""

    def __init__(self, step: Step, reason: str, detail: str) -> None:
        self.step = step
        self.reason = reason
        super().__init__(f"{step}: {detail}")


@dataclass(frozen=True, slots=True)
class About:
    """What a node says of itself."""

    firmware: str
    version: str
    chip: str
    name: str


@dataclass(frozen=True, slots=True)
class Network:
    """A network that a node sees."""

    ssid: str
    rssi: int
    locked: bool


def open_port(path: str) -> Port:
    """Open a port as a node wants it. Raises WifiFailed."""
    try:
        opened: Port = serial.Serial(path, BAUD, timeout=READ_FOR, exclusive=True)
    except (
        OSError,
        ValueError,
        termios.error,
    ) as error:  # the last is no OSError: pulled while it was being set up
        raise WifiFailed("port", "no_port", f"{path} cannot be opened: {error}") from error
    return opened


class Session:
    """One node at the end of a cable."""

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._reader = improv.Reader()

    def state(self) -> State:
        """Where the node stands. Raises WifiFailed when nobody answers."""
        for frame in self._ask(improv.command(Command.GET_STATE), "device", ANSWER_WITHIN):
            if frame.kind == Kind.STATE and frame.data:
                state = _state(frame.data[0])
                if state is None:
                    continue
                if state is State.STOPPED:
                    raise WifiFailed(
                        "device", "no_wifi", "this node has no Wi-Fi, or its firmware has it switched off"
                    )
                return state
        raise WifiFailed("device", "silent", "nothing answers: is it a node of ours, and is this its port?")

    def about(self) -> About:
        """Firmware, version, chip and name. Raises WifiFailed."""
        for texts in self._results(improv.command(Command.DEVICE_INFO), "device", ANSWER_WITHIN):
            return About(*[*texts, "", "", "", ""][:4])
        raise WifiFailed("device", "silent", "the node did not say what it is")

    def networks(self) -> list[Network]:
        """The networks that the node sees, the strongest first. Raises WifiFailed."""
        found: dict[str, Network] = {}
        for texts in self._results(improv.command(Command.SCAN), "scan", SCAN_WITHIN, again=False):
            if not texts:
                return sorted(found.values(), key=lambda network: -network.rssi)
            name, rssi, locked = [*texts, "", "", ""][:3]
            strength = int(rssi) if _RSSI.fullmatch(rssi) else UNHEARD
            if name and (name not in found or strength > found[name].rssi):
                found[name] = Network(name, strength, locked == "YES")
        raise WifiFailed("scan", "silent", "the node did not finish looking for networks")

    def join(self, ssid: str, password: str) -> list[str]:
        """Give the node its network and wait until it is in it; the addresses it names. Raises WifiFailed, BadText."""
        question = improv.wifi_settings(ssid, password)
        accepted = False
        for frame in self._ask(question, "join", JOIN_WITHIN, again=False):
            if frame.kind == Kind.STATE and frame.data and _state(frame.data[0]) is State.PROVISIONING:
                accepted = True
            if frame.kind == Kind.RESULT and improv.result(frame.data)[0] == Command.WIFI_SETTINGS:
                return improv.result(frame.data)[1]
        step: Step = "join" if accepted else "password"
        raise WifiFailed(step, "timeout", f"the node did not come into {ssid!r} within {JOIN_WITHIN:g} s")

    def close(self) -> None:
        self._port.close()

    # --- how

    def _results(
        self, question: bytes, step: Step, within: float, *, again: bool = True
    ) -> Iterator[list[str]]:
        asked = question[len(improv.HEADER) + 2]
        for frame in self._ask(question, step, within, again=again):
            if frame.kind == Kind.RESULT and improv.result(frame.data)[0] == asked:
                yield improv.result(frame.data)[1]

    def _ask(self, question: bytes, step: Step, within: float, *, again: bool = True) -> Iterator[Frame]:
        """Ask, and give all frames that come, until the time is over. Raises WifiFailed when the node says what is wrong."""
        end = self._clock() + within
        ask_at = self._clock()
        heard = False
        while self._clock() < end:
            if self._clock() >= ask_at:
                self._write(question, step)
                ask_at = self._clock() + ASK_AGAIN if again and not heard else end
            for frame in self._reader.feed(self._read(step)):
                heard = True
                if frame.kind == Kind.ERROR and frame.data and frame.data[0] != Fault.NONE:
                    raise _failed(step, frame.data[0])
                yield frame

    def _read(self, step: Step) -> bytes:
        try:
            return self._port.read(512)
        except (OSError, TypeError) as error:
            raise WifiFailed(step, "unplugged", f"the cable was pulled: {error}") from error

    def _write(self, data: bytes, step: Step) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            raise WifiFailed(step, "unplugged", f"the cable was pulled: {error}") from error


def _state(value: int) -> State | None:
    return State(value) if value in State._value2member_map_ else None


def _failed(step: Step, value: int) -> WifiFailed:
    fault = Fault(value) if value in Fault._value2member_map_ else Fault.UNKNOWN
    told: dict[Fault, tuple[Step, str]] = {
        Fault.UNABLE_TO_CONNECT: ("join", "it could not join: a wrong password, or the signal is too weak"),
        Fault.BAD_PACKET: (step, "it did not understand: try another cable"),
        Fault.UNKNOWN_COMMAND: (step, "its firmware cannot do this"),
        Fault.NOT_AUTHORISED: (step, "it wants its button pressed first"),
    }
    where, why = told.get(fault, (step, "it failed without saying why"))
    return WifiFailed(where, fault.name.lower(), why)
