"""Improv Wi-Fi over serial, exactly (https://www.improv-wifi.com/serial/): frames as bytes, and nothing that touches a port.

A frame is `IMPROV`, version 1, type, length, data, checksum (sum of all before it, mod 256), line end. The device's log shares the port, so frames are
looked for anywhere in what comes. Results are read by their inner total: one common SDK counts a trailing zero in the outer length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from edge.provision.errors import ProvisionError

HEADER = b"IMPROV\x01"
LONGEST = len(HEADER) + 2 + 255 + 2  # bytes of a frame
MAX_SSID, MAX_PASSWORD = 32, 64  # bytes: IEEE 802.11


class Kind(IntEnum):
    """What a frame is."""

    STATE = 1
    ERROR = 2
    RPC = 3
    RESULT = 4


class Command(IntEnum):
    """What is asked of a device."""

    WIFI_SETTINGS = 1
    GET_STATE = 2
    DEVICE_INFO = 3
    SCAN = 4


class State(IntEnum):
    """Where a device stands."""

    STOPPED = 0
    AWAITING = 1
    READY = 2
    PROVISIONING = 3
    PROVISIONED = 4


class Fault(IntEnum):
    """What a device says is wrong."""

    NONE = 0
    BAD_PACKET = 1
    UNKNOWN_COMMAND = 2
    UNABLE_TO_CONNECT = 3
    NOT_AUTHORISED = 4
    BAD_HOSTNAME = 5
    TIMEOUT = 0xFE
    UNKNOWN = 0xFF


class BadText(ProvisionError, ValueError):
    """Raised when a network's name or password does not fit into a frame; `.what`."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.what = what
        super().__init__(
            f"{what} has {size} bytes; at most {limit} are possible, and a name has at least one"
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, whole and with its checksum checked."""

    kind: int
    data: bytes


def encode(kind: Kind, data: bytes) -> bytes:
    """A frame on the wire."""
    body = HEADER + bytes([kind, len(data)]) + data
    return body + bytes([sum(body) & 0xFF]) + b"\n"


def command(which: Command, data: bytes = b"") -> bytes:
    """A question on the wire."""
    return encode(Kind.RPC, bytes([which, len(data)]) + data)


def wifi_settings(ssid: str, password: str) -> bytes:
    """The command that gives a device its network. Raises BadText."""
    name, secret = ssid.encode(), password.encode()
    if not 1 <= len(name) <= MAX_SSID:
        raise BadText("the network's name", len(name), MAX_SSID)
    if len(secret) > MAX_PASSWORD:
        raise BadText("the password", len(secret), MAX_PASSWORD)
    return command(Command.WIFI_SETTINGS, bytes([len(name)]) + name + bytes([len(secret)]) + secret)


def result(data: bytes) -> tuple[int, list[str]]:
    """The command that a result answers, and its texts. What is cut short is left out; surplus is ignored."""
    if len(data) < 2:
        return (data[0] if data else 0), []
    which, total = data[0], data[1]
    inner, texts, at = data[2 : 2 + total], [], 0
    while at < len(inner):
        size = inner[at]
        text = inner[at + 1 : at + 1 + size]
        if len(text) < size:
            break
        texts.append(text.decode("utf-8", "replace"))
        at += 1 + size
    return which, texts


class Reader:
    """Finds frames in what a port delivers: log lines, noise and half frames in between."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.damaged = 0
        """Frames whose checksum was wrong."""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Whole frames; never holds more than one frame's worth."""
        for start in range(0, len(data), LONGEST):
            self._held += data[start : start + LONGEST]
            yield from self._whole()

    def _whole(self) -> Iterator[Frame]:
        while True:
            at = self._held.find(HEADER)
            if at < 0:
                keep = _beginning(self._held)
                del self._held[: len(self._held) - keep]
                return
            del self._held[:at]
            if len(self._held) < len(HEADER) + 2:
                return
            if self._held[len(HEADER)] not in Kind._value2member_map_:  # a log line that names the protocol
                del self._held[: len(HEADER)]
                continue
            end = len(HEADER) + 2 + self._held[len(HEADER) + 1]
            if len(self._held) <= end:
                return
            frame = bytes(self._held[: end + 1])
            if sum(frame[:-1]) & 0xFF != frame[-1]:
                self.damaged += 1
                del self._held[: len(HEADER)]  # perhaps a true header stands within what looked like a frame
                continue
            del self._held[: end + 1]
            yield Frame(frame[len(HEADER)], frame[len(HEADER) + 2 : -1])


def _beginning(held: bytearray) -> int:
    """How many bytes at the end may be the beginning of a header."""
    return next(
        (size for size in range(min(len(HEADER) - 1, len(held)), 0, -1) if held.endswith(HEADER[:size])), 0
    )
