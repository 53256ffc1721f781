"""A customer's own rhythm: the median of the days between her visits, per kind of service, from the third visit on.

Two visits have one interval, and one interval is chance; three have two. The median, because one long holiday must not move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from salon.policies import Policy
from salon.rules.history import History
from salon.rules.said import Explain, Said, days_en
from salon.rules.times import Now, days_between, later

CATEGORIES: dict[str, Said] = {
    "skin": Said("皮肤护理", "skin care"),
    "nails": Said("美甲", "nails"),
    "hair": Said("头皮与头发", "hair and scalp"),
    "body": Said("身体护理", "body care"),
}


@dataclass(frozen=True)
class Rhythm:
    """How often she comes for one kind of service."""

    category: str
    visits: int
    every_days: int
    """Median interval."""
    days_since: int
    next_at: str
    """When the next visit would be by her rhythm."""
    late: bool
    explain: Explain


def of(history: History, policy: Policy, now: Now) -> list[Rhythm]:
    """Her rhythm in each kind of service she had often enough: the house says how often, and how late is late."""
    rule = policy.churn_triggers
    found: list[Rhythm] = []
    for category, name in CATEGORIES.items():
        visits = [v for v in history.paying if category in history.categories(v)]
        if len(visits) < rule.rhythm_visits:
            continue
        every = max(1, round(median(days_between(a.arrived_at, b.arrived_at) for a, b in pairwise(visits))))
        since = days_between(visits[-1].arrived_at, now)
        limit = int(every * rule.rhythm_late)
        said = Said(
            f"{name.zh}：通常每 {every} 天来一次（{len(visits)} 次到店的中位数），已 {since} 天未来，超过 {limit} 天为晚",
            f"{name.en.capitalize()}: every {days_en(every)} (median of {len(visits)} visits), {days_en(since)} ago now, late after {limit}",
        )
        figures = {"category": category, "visits": len(visits), "every_days": every, "days_since": since}
        found.append(
            Rhythm(
                category,
                len(visits),
                every,
                since,
                later(visits[-1].arrived_at, days=every),
                since > every * rule.rhythm_late,
                Explain(
                    "own rhythm (CHN-01)", said, {**figures, "late_after": rule.rhythm_late}, policy.version
                ),
            )
        )
    return found
