"""Whether a customer is dormant: by the policy's days or cycles (CHN-01), and beside it by her own rhythm."""

from __future__ import annotations

from dataclasses import dataclass

from salon.policies import Policy
from salon.rules import rhythm
from salon.rules.history import History
from salon.rules.said import Explain, Said, days_en
from salon.rules.times import Now


@dataclass(frozen=True)
class Dormancy:
    """A yes or no with its reason."""

    holds: bool
    limit_days: int
    explain: Explain


def by_policy(history: History, policy: Policy, now: Now) -> Dormancy:
    """Dormant by the house's figure: cycles of the services she had last, or days."""
    rule, last = policy.dormant_after, history.last
    since = history.days_since(now)
    if last is None or since is None:
        said = Said("还没有到店", "She has not been here yet")
        return Dormancy(False, 0, Explain("dormant (CHN-01)", said, {}, policy.version))
    known = [history.services[rid].cycle_days for rid in last.services if rid in history.services]
    cycle = max((days for days in known if days), default=0) if rule.per_cycle else 0
    limit = round(cycle * rule.cycles) if cycle else rule.days
    said = (
        Said(
            f"距上次到店 {since} 天，项目周期 {cycle} 天 × {rule.cycles:g} = {limit} 天",
            f"{days_en(since)} since the last visit; cycle {days_en(cycle)} × {rule.cycles:g} = {limit}",
        )
        if cycle
        else Said(
            f"距上次到店 {since} 天，界限 {limit} 天", f"{days_en(since)} since the last visit; limit {limit}"
        )
    )
    figures = {"days_since": since, "cycle_days": cycle, "limit_days": limit}
    return Dormancy(since > limit, limit, Explain("dormant (CHN-01)", said, figures, policy.version))


def by_rhythm(history: History, policy: Policy, now: Now) -> Dormancy:
    """Late by her own rhythm, in every kind of service in which she has one."""
    rhythms = rhythm.of(history, policy, now)
    if not rhythms:
        need = policy.churn_triggers.rhythm_visits
        said = Said(
            f"同类项目不足 {need} 次，还没有自己的节奏",
            f"Fewer than {need} visits for one kind of service: no rhythm of her own yet",
        )
        return Dormancy(False, 0, Explain("own rhythm (CHN-01)", said, {}, policy.version))
    late = all(item.late for item in rhythms)
    said = Said("；".join(r.explain.said.zh for r in rhythms), "; ".join(r.explain.said.en for r in rhythms))
    figures = {r.category: r.explain.figures for r in rhythms}
    limit = int(max(r.every_days for r in rhythms) * policy.churn_triggers.rhythm_late)
    return Dormancy(late, limit, Explain("own rhythm (CHN-01)", said, figures, policy.version))
