"""What a gateway of messages and a store send each other, signed: `timestamp.body` with HMAC-SHA256 under the key that both have.

The time is signed too, so that a receiver can refuse what is old: what was listened to cannot be sent again next week.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

TIMESTAMP, SIGNATURE = "X-Parlour-Timestamp", "X-Parlour-Signature"
OLDEST_S = 300
"""A receiver refuses a timestamp further off than this (five minutes of clock error)."""
SHORTEST_KEY = 16
"""Bytes."""


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `timestamp.body`, in hex."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def headers(secret: bytes, stamp: str, body: bytes) -> dict[str, str]:
    """What goes with a body."""
    return {TIMESTAMP: stamp, SIGNATURE: f"sha256={sign(secret, stamp, body)}"}


def problem(
    secret: bytes, stamp: str, body: bytes, signature: str, now: float
) -> Literal["", "unsigned", "old"]:
    """What is wrong with a signed body, nothing first. The signature is looked at before the time, which it covers."""
    given, ours = signature.encode(), f"sha256={sign(secret, stamp, body)}".encode()
    if not (stamp.isascii() and stamp.isdigit() and hmac.compare_digest(ours, given)):
        return "unsigned"
    return "" if abs(now - int(stamp)) <= OLDEST_S else "old"
