"""Tags that rules put on a customer (SEG-06, PRF-23): need, preference, season, allergen, scene. Tags by hand stay untouched.

A rule's tag is computed each time and never stored, so that it cannot be out of date; what staff or a survey wrote is kept in
the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from salon.policies import Policy
from salon.records import Scan
from salon.rules import allergens, concerns, lifecycle, seasons
from salon.rules.history import History
from salon.rules.said import Explain, Said
from salon.rules.times import Now, local

Group = Literal["level", "need", "preference", "season", "allergen", "scene", "by_hand"]
NEEDS: Mapping[str, Said] = {
    "sensitive": Said("舒缓", "Soothing"),
    "dry": Said("补水", "Hydration"),
    "oily": Said("控油", "Shine control"),
    "combination": Said("水油平衡", "Balance"),
    "pigmentation": Said("美白", "Brightening"),
    "spots": Said("淡斑", "Dark spots"),
    "wrinkles": Said("抗衰", "Anti-ageing"),
    "elasticity": Said("紧致", "Firming"),
    "redness": Said("舒缓", "Soothing"),
    "pores": Said("毛孔护理", "Pores"),
}
SCENES: Mapping[str, Said] = {
    "wedding": Said("婚礼", "Wedding"),
    "business": Said("商务", "Business"),
    "travel": Said("旅行", "Travel"),
    "gift": Said("送礼", "Gift"),
    "treat": Said("犒赏自己", "A treat"),
}
POOR = 70
"""Scores below this name a need (the bands of a scan: good from 70)."""


@dataclass(frozen=True)
class Tag:
    """One tag and where it comes from."""

    group: Group
    label: Said
    explain: Explain


def tags(history: History, scan: Scan | None, policy: Policy, now: Now, timezone: str) -> list[Tag]:
    """All tags of a customer: by rule, then those that were written by hand."""
    member = history.member
    stage = lifecycle.stage(history, policy, now)
    found = [Tag("level", stage.label, stage.explain)]
    found += _needs(history, scan)
    found += [_tag("allergen", allergens.label(key), {"allergen": key}) for key in member.allergens]
    season = seasons.season(local(now, timezone).date())
    found.append(_tag("season", season.need, {"season": season.key}))
    occasions = {v.occasion for v in history.visits[-3:]} - {""}
    found += [_tag("scene", SCENES[key], {"occasion": key}) for key in sorted(occasions)]
    preferences = {
        "in_a_hurry": Said("赶时间", "In a hurry"),
        "odour_sensitive": Said("对气味敏感", "Sensitive to odours"),
    }
    found += [
        _tag("preference", said, {name: True}) for name, said in preferences.items() if getattr(member, name)
    ]
    by_rule = {tag.label.zh for tag in found}
    found += [_tag("by_hand", Said(t, t), {}) for t in member.tags if t not in by_rule]
    return found


def _needs(history: History, scan: Scan | None) -> list[Tag]:
    """Needs by skin type and by what the last scan saw, each named once."""
    found: dict[str, Tag] = {}
    if history.member.skin_type in NEEDS:
        said = NEEDS[history.member.skin_type]
        found[said.zh] = _tag("need", said, {"skin_type": history.member.skin_type})
    for key, body in (scan.concerns if scan else {}).items():
        low = concerns.measured(body) and body.get("score") is not None and body["score"] < POOR
        if low and key in NEEDS:
            found.setdefault(
                NEEDS[key].zh, _tag("need", NEEDS[key], {"concern": key, "score": body["score"]})
            )
    return list(found.values())


def _tag(group: Group, said: Said, figures: dict[str, Any]) -> Tag:
    return Tag(group, said, Explain("tags (SEG-06)", said, figures))
