"""Two scans of one customer: what changed for certain, what did not, and when they must not be compared at all.

A change is real only beyond 1.96 * sqrt(2) * the repeat SD of one capture: 95 of 100 honest repeats differ by less.
Other light makes other skin, and other models or regions make other figures; then there is no comparison.
"""

from __future__ import annotations

import math

from edge.vision.results import Change, Comparison, ConcernResult, Light, ScanResult
from edge.vision.texts import say

REAL = 1.96 * math.sqrt(2)

# How far the light of two captures may differ. 5 % of light moves ITA by 2.7 degrees; a fixed station repeats
# within 3 %. Whole-face changes of colour larger than these are put down to the light, because without a grey
# card in view nothing can tell the two apart.
MAX_LEVEL_EV = 0.2  # 15 % more or less light
MAX_WARMTH = 0.15  # log2 of red over blue
MAX_SIDE_EV = 0.35  # one cheek against the other


def compare(before: ScanResult, after: ScanResult) -> Comparison:
    """Row by row, or the reasons why not."""
    reasons = _obstacles(before, after)
    if reasons:
        return Comparison(comparable=False, reasons=[say(code) for code in reasons], reason_codes=reasons)
    earlier = {concern.key: concern for concern in before.concerns}
    changes = [
        _change(earlier[now.key], now)
        for now in after.concerns
        if now.key in earlier and _any(earlier[now.key], now)
    ]
    return Comparison(comparable=True, changes=changes)


def _obstacles(before: ScanResult, after: ScanResult) -> list[str]:
    if not (before.accepted and after.accepted):
        return ["compare.not_accepted"]
    found = []
    if _versions(before) != _versions(after):
        found.append("compare.models")
    if before.light is None or after.light is None:
        return [*found, "compare.light_level"]
    return found + _light_obstacles(before.light, after.light)


def _light_obstacles(before: Light, after: Light) -> list[str]:
    differences = (
        ("compare.light_level", before.level_ev - after.level_ev, MAX_LEVEL_EV),
        ("compare.light_colour", before.warmth - after.warmth, MAX_WARMTH),
        ("compare.light_side", before.side_ev - after.side_ev, MAX_SIDE_EV),
    )
    return [code for code, difference, limit in differences if abs(difference) > limit]


def _versions(scan: ScanResult) -> tuple[str, frozenset[tuple[str, str]]]:
    """All that a figure depends on, except the detector, which only says where to look."""
    return scan.regions_version, frozenset((m.id, m.sha256) for m in scan.models if m.role != "face-detector")


def _any(before: ConcernResult, after: ConcernResult) -> bool:
    return before.value is not None or after.value is not None


def _change(before: ConcernResult, after: ConcernResult) -> Change:
    # One of the two may have been taken without the colour card: then the larger error of that one counts.
    errors = [scan.repeat_sd for scan in (before, after) if scan.repeat_sd is not None]
    sd = max(errors) if errors else None
    change = Change(
        key=after.key,
        label=after.label,
        unit=after.unit,
        before=before.value,
        after=after.value,
        delta=None,
        smallest_real=None if sd is None else round(REAL * sd, 3),
        verdict="not_comparable",
        sentence=say("compare.not_comparable", label=after.label),
    )
    if before.value is None or after.value is None or sd is None or before.version != after.version:
        return change
    delta = after.value - before.value
    real = abs(delta) > REAL * sd
    change.delta = round(delta, 3)
    change.verdict = "real_change" if real else "no_real_change"
    if real and after.direction != "none":
        change.better = (delta < 0) == (after.direction == "lower_is_better")
    change.sentence = say(
        f"compare.{change.verdict}",
        label=after.label,
        before=f"{before.value:g}",
        after=f"{after.value:g}",
        limit=f"{REAL * sd:.2g}",
    )
    return change
