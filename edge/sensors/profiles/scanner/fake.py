"""A fake scanner: what a serial scanner sends for a code."""

from __future__ import annotations


def frame(text: str) -> bytes:
    """The text and the line end that scanners are shipped with."""
    return text.encode() + b"\r\n"
