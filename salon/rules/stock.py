"""Bottles that weigh themselves (MEA-10): when one has to be replaced, and how many doses a customer was given.

Counted by a counter that only grows, never by events: what a scale says while it is offline is lost, its counter is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from salon.records import Reading
from salon.rules.said import Explain, Said
from salon.rules.times import instant

if TYPE_CHECKING:
    from salon.policies import Policy


def is_low(left: float, policy: Policy) -> bool:
    """Whether so many per cent are too few."""
    return left <= policy.restock.left_percent


def low(name: Said, left: float, policy: Policy) -> Explain | None:
    """Whether a bottle has to be replaced, with the figures; None while there is enough in it."""
    if not is_low(left, policy):
        return None
    said = Said(f"{name.zh}只剩 {left:.0f}%，请补货", f"{name.en} has {left:.0f} % left: restock it")
    return Explain(
        "restock (MEA-10)", said, {"left": left, "limit": policy.restock.left_percent}, policy.version
    )


def doses(counter: Iterable[Reading], since: str, until: str = "") -> int:
    """Doses between two moments by the readings of one counter, of which some lie before. A counter that fell was begun anew: a new scale."""
    begin = instant(since)
    end = instant(until) if until else None
    before: float | None = None
    total = 0.0
    for reading in sorted(counter, key=lambda row: instant(row.at)):
        at = instant(reading.at)
        if end is not None and at > end:
            break
        if at >= begin and before is not None:
            total += reading.value - before if reading.value >= before else reading.value
        before = reading.value
    return round(total)
