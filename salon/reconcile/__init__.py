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
    chain_text,
    chain_wire,
    wire_text,
)
from salon.reconcile.clock import BadStamp, Clock, Stamp
from salon.reconcile.difference import difference, split
from salon.reconcile.digest import Buckets, keeps_state
from salon.reconcile.fitting import check
from salon.reconcile.joining import join
from salon.reconcile.merge import (
    WITHDRAWN,
    Loser,
    Merged,
    State,
    document,
    empty,
    health_fields,
    live_dots,
    merge,
    orphaned,
    shares,
    unknown_fields,
    with_stamp,
    without_health,
    without_removals,
)
from salon.reconcile.restamp import Told, restamp

__all__ = [
    "CHAIN_START",
    "MAX_CHANGE_BYTES",
    "WITHDRAWN",
    "BadChange",
    "BadStamp",
    "Buckets",
    "Change",
    "Clock",
    "Loser",
    "Merged",
    "Origin",
    "Stamp",
    "State",
    "Told",
    "canonical",
    "chain",
    "chain_text",
    "chain_wire",
    "check",
    "difference",
    "document",
    "empty",
    "health_fields",
    "join",
    "keeps_state",
    "live_dots",
    "merge",
    "orphaned",
    "restamp",
    "shares",
    "split",
    "unknown_fields",
    "wire_text",
    "with_stamp",
    "without_health",
    "without_removals",
]
