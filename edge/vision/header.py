"""Read what a JPEG, PNG or WebP promises from its first bytes, before any decoder is let near them.

A 60 KB file can promise a gigapixel; decoders allocate first and ask later. So size, depth, number of channels
and animation are judged from the header alone. Layouts: ITU-T T.81 B.2 (JPEG), W3C PNG 3 (IHDR, acTL),
RFC 9649 (WebP).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from edge.vision.errors import PhotoNotAnImage, PhotoTruncated

Format = Literal["jpeg", "png", "webp"]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_MODES = {0: "grey", 2: "rgb", 3: "palette", 4: "grey", 6: "rgba"}
_JPEG_MODES = {1: "grey", 3: "rgb", 4: "cmyk"}
# SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC): the markers that carry the size.
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True)
class Header:
    format: Format
    width: int
    height: int
    bits: int  # per channel
    mode: str  # rgb | rgba | grey | palette | cmyk
    animated: bool


def read_header(data: bytes) -> Header:
    """The promise of `data`, or a named refusal."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(_PNG_SIGNATURE):
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise PhotoTruncated(bytes=len(data)) from error
    raise PhotoNotAnImage(bytes=len(data))


def _jpeg(data: bytes) -> Header:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise PhotoTruncated(bytes=len(data))
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _JPEG_BARE:
            at += 2
            continue
        if marker in _JPEG_SIZES:
            bits, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            return Header("jpeg", width, height, bits, _JPEG_MODES.get(channels, "unknown"), animated=False)
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + length


def _png(data: bytes) -> Header:
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    # acTL must stand before the first IDAT; chunk lengths lead from one to the next.
    at, animated = 8, False
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in {b"IDAT", b"IEND"}:
            break
        animated |= kind == b"acTL"
        at += 12 + length
    return Header("png", width, height, bits, _PNG_MODES.get(colour, "unknown"), animated)


def _webp(data: bytes) -> Header:
    if len(data) < 30:  # the shortest header of the three kinds
        raise PhotoTruncated(bytes=len(data))
    kind = data[12:16]
    if kind == b"VP8X":
        flags = data[20]
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        return Header("webp", width, height, 8, "rgba" if flags & 0x10 else "rgb", bool(flags & 0x02))
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("webp", width & 0x3FFF, height & 0x3FFF, 8, "rgb", animated=False)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        mode = "rgba" if bits >> 28 & 1 else "rgb"
        return Header("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 8, mode, animated=False)
    raise PhotoNotAnImage(bytes=len(data))
