"""The heart of sync, and nothing but data: clock, change, merge. Both sides run this code."""

from __future__ import annotations

from salon.reconcile.change import (
    CHAIN_START,
    MAX_CHANGE_BYTES,
    BadChange,
    Change,
    Origin,
    canonical,
    chain,
    chain_wire,
)
from salon.reconcile.clock import BadStamp, Clock, Stamp
from salon.reconcile.difference import difference, split
from salon.reconcile.fitting import check
from salon.reconcile.joining import join
from salon.reconcile.merge import Loser, Merged, State, document, empty, live_dots, merge, unknown_fields

__all__ = [
    "CHAIN_START",
    "MAX_CHANGE_BYTES",
    "BadChange",
    "BadStamp",
    "Change",
    "Clock",
    "Loser",
    "Merged",
    "Origin",
    "Stamp",
    "State",
    "canonical",
    "chain",
    "chain_wire",
    "check",
    "difference",
    "document",
    "empty",
    "join",
    "live_dots",
    "merge",
    "split",
    "unknown_fields",
]
