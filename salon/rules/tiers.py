"""The tier of a member (LOY-01, LOY-06): the highest level whose conditions all hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salon.policies import Policy
from salon.records import Visit
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between

NO_TIER = Said("顾客", "Guest")


@dataclass(frozen=True)
class Tier:
    """Where a member stands, and what the next level takes."""

    key: str
    """A level's key, or empty below the lowest."""
    label: Said
    next_label: Said | None
    yuan_to_next: int
    """What is still to be spent for the next level that spending reaches; 0 at the top."""
    explain: Explain


def tier(spent_fen: int, visits_a_year: int, referrals: int, policy: Policy) -> Tier:
    """The tier for what a member spent in all, visits of the last 365 days, and referrals."""
    spent = spent_fen // 100
    reached = None
    for level in policy.tiers.levels:
        if (
            spent >= level.amount_yuan
            and visits_a_year >= level.visits_a_year
            and referrals >= level.referrals
        ):
            reached = level
    above = [level for level in policy.tiers.levels if level.amount_yuan > spent]
    following = min(above, key=lambda level: level.amount_yuan, default=None)
    label = Said(reached.zh, reached.en) if reached else NO_TIER
    said = Said(
        f"累计消费 {spent:,} 元，近一年到店 {visits_a_year} 次，推荐 {referrals} 人：{label.zh}",
        f"{spent:,} yuan spent, {visits_a_year} visits in a year, {referrals} referrals: {label.en}",
    )
    figures = {"spent_yuan": spent, "visits_a_year": visits_a_year, "referrals": referrals}
    return Tier(
        reached.key if reached else "",
        label,
        Said(following.zh, following.en) if following else None,
        following.amount_yuan - spent if following else 0,
        Explain("tiers (LOY-01, LOY-06)", said, figures, policy.version),
    )


def of_visits(visits: Sequence[Visit], referrals: int, policy: Policy, now: Now) -> Tier:
    """The tier that a member's visits give."""
    closed = [visit for visit in visits if visit.state == "closed" and visit.arrived_at]
    spent = sum(visit.paid_fen for visit in closed)
    recent = sum(1 for visit in closed if days_between(visit.arrived_at, now) <= 365)
    return tier(spent, recent, referrals, policy)
