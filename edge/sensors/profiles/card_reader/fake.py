"""A fake card reader: the two ways in which such readers say a UID."""

from __future__ import annotations

from functools import reduce
from operator import xor

from edge.sensors.wired.framing import ETX, STX

MODULE_DIGITS = 10  # of a 125 kHz card: the common modules send those in a frame with a checksum


def frame(text: str) -> bytes:
    """A line of hexadecimal digits; a UID of five bytes as the 125 kHz modules frame it."""
    uid = text.replace(":", "").upper()
    if len(uid) != MODULE_DIGITS:
        return uid.encode() + b"\r\n"
    checksum = reduce(xor, bytes.fromhex(uid))
    return bytes([STX]) + f"{uid}{checksum:02X}".encode() + bytes([ETX])
