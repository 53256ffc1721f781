"""Hair and scalp as a person sees them (MEA-14): four things, four levels, again at each visit; and what changed since the first time.

Two people, or one on two days, differ by a level: only more than one is called a change. It is cosmetic, and never a diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from salon.records import Observation
from salon.rules.said import Explain, Said
from salon.rules.times import instant

ITEMS: Mapping[str, Said] = {
    "oil": Said("出油", "Oil"),
    "flakes": Said("头屑", "Flakes"),
    "loss": Said("掉发", "Hair loss"),
    "redness": Said("头皮泛红", "Redness"),
}
LEVELS: Mapping[int, Said] = {
    0: Said("没有", "None"),
    1: Said("少许", "A little"),
    2: Said("明显", "Marked"),
    3: Said("较多", "Much"),
}
SPREAD = 1
"""Levels by which two looks at the same scalp differ."""
Verdict = Literal["better", "worse", "same"]


@dataclass(frozen=True)
class Trend:
    """One item over the visits."""

    item: str
    levels: tuple[int, ...]
    """One a visit, the oldest first."""
    verdict: Verdict
    explain: Explain


def by_visit(seen: Sequence[Observation]) -> list[Observation]:
    """The last look of each visit, the oldest first: a slip is put right by looking again."""
    last: dict[str, Observation] = {}
    for look in sorted(seen, key=lambda look: instant(look.at)):
        last[look.visit] = look
    return sorted(last.values(), key=lambda look: instant(look.at))


def trends(seen: Sequence[Observation]) -> list[Trend]:
    """Each item from the first visit to the last; empty before the second visit."""
    looks = by_visit(seen)
    found: list[Trend] = []
    for item, name in ITEMS.items():
        levels = tuple(look.levels[item] for look in looks if item in look.levels)
        if len(levels) < 2:
            continue
        delta = levels[-1] - levels[0]
        verdict: Verdict = "same" if abs(delta) <= SPREAD else ("better" if delta < 0 else "worse")
        first, last = LEVELS[levels[0]], LEVELS[levels[-1]]
        said = {
            "same": Said(
                f"{name.zh}：{first.zh} → {last.zh}，无明显变化",
                f"{name.en}: {first.en} → {last.en}, no clear change",
            ),
            "better": Said(
                f"{name.zh}：{first.zh} → {last.zh}，好转", f"{name.en}: {first.en} → {last.en}, better"
            ),
            "worse": Said(
                f"{name.zh}：{first.zh} → {last.zh}，加重", f"{name.en}: {first.en} → {last.en}, worse"
            ),
        }[verdict]
        found.append(
            Trend(item, levels, verdict, Explain("scalp as seen (MEA-14)", said, {"visits": len(levels)}))
        )
    return found
