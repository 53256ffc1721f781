"""A fake body scale: one weighing as the line that such scales send, with tags that nobody here asks for among them."""

from __future__ import annotations

TAGS = ("Wk", "FW", "ww", "mW")


def frame(text: str) -> bytes:
    """Of `weight fat water muscle`, as many of them as are given."""
    pairs = zip(TAGS, text.split(), strict=False)
    return (
        ",".join(["{0,16", "~0,2", 'MO,"BC"', *(f"{tag},{value}" for tag, value in pairs), "CS,5E"]).encode()
        + b"\r\n"
    )
