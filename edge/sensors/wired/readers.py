"""What a frame of a serial reader means. Pure functions: bytes in, a value or a named refusal out.

- scanner: the text of the code, as all serial scanners send it (UTF-8, ended by CR or LF);
- card reader: the UID in hexadecimal, 4, 7 or 10 bytes (ISO/IEC 14443-3), or the frame of the common 125 kHz modules: STX, ten hexadecimal
  digits, two of their XOR, ETX;
- body scale: pairs of tag and value, `Wk,65.20,FW,28.4,ww,51.2,mW,44.1`, the tags of Tanita's serial and card output; other tags are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from operator import xor

from edge.sensors.errors import Refused
from edge.sensors.fakes import State
from edge.sensors.kinds import MEASURES
from edge.sensors.wired.framing import STX

MAX_TEXT = 512  # characters of a code
_UID = re.compile(r"(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})")
_MODULE = re.compile(rb"\x02([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}(\.[0-9]{1,3})?")
_TAGS = {"Wk": "body_weight", "FW": "body_fat", "ww": "body_water", "mW": "body_muscle"}
MAX_FIELDS = 128


def code(frame: bytes) -> str:
    """The text of a scanned code. Raises Refused."""
    try:
        text = frame.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise Refused("not_text", str(error)[:100]) from error
    if not text or len(text) > MAX_TEXT:
        raise Refused("bad_code", f"{len(text)} characters")
    if not text.isprintable():
        raise Refused("bad_code", "control characters: noise on the line, or the wrong baud rate")
    return text


def card(frame: bytes) -> str:
    """The UID of a card in upper-case hexadecimal. Raises Refused."""
    if frame[:1] == bytes([STX]):
        return _module_card(frame)
    try:
        text = frame.decode("ascii").strip().replace(":", "").replace(" ", "").upper()
    except UnicodeDecodeError as error:
        raise Refused("not_a_card", "not text") from error
    if not _UID.fullmatch(text):
        raise Refused("not_a_card", "not 4, 7 or 10 bytes in hexadecimal")
    if set(text) == {"0"} or set(text) == {"F"}:
        raise Refused("not_a_card", "an empty UID: the card was taken away too early")
    return text


def body(frame: bytes) -> list[State]:
    """What a body scale measured. Raises Refused; one value out of range refuses all, since they belong to one person."""
    try:
        fields = frame.decode("ascii").strip().split(",")
    except UnicodeDecodeError as error:
        raise Refused("not_text", "not ASCII") from error
    if len(fields) > MAX_FIELDS:
        raise Refused("too_long", f"{len(fields)} fields")
    found: dict[str, float] = {}
    for tag, text in zip(fields[::2], fields[1::2], strict=False):
        key = _TAGS.get(tag)
        if key is None:
            continue
        if not _NUMBER.fullmatch(text):
            raise Refused("not_a_number", f"{tag} is {text[:20]!r}")
        value, measure = float(text), MEASURES[key]
        if not measure.low <= value <= measure.high:
            raise Refused(
                "out_of_range", f"{key} {value:g} is not within {measure.low:g} to {measure.high:g}"
            )
        found[key] = value
    if "body_weight" not in found:
        raise Refused("no_value", "no weight in it")
    return list(found.items())


def _module_card(frame: bytes) -> str:
    match = _MODULE.fullmatch(frame)
    if match is None:
        raise Refused("not_a_card", "a frame that is not ten digits and two of checksum")
    data = bytes.fromhex(match[1].decode())
    if reduce(xor, data) != int(match[2], 16):
        raise Refused("bad_checksum", "the digits do not fit their checksum: noise on the line")
    return data.hex().upper()


READERS: dict[str, tuple[str, Callable[[bytes], str]]] = {
    "scanner": ("scan", code),
    "card_reader": ("card", card),
}
"""Profile -> the event it tells of, and what makes the text of a frame."""
