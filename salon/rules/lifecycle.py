"""Where a customer stands: lifecycle stage (SEG-01), trust window (SEG-02), potential (SEG-04), value (SEG-05), and what
is to be done for her kind (SEG-08).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from salon.policies import Policy
from salon.rules import dormancy
from salon.rules.history import MONTH, YEAR, History
from salon.rules.said import Explain, Said, visits_en
from salon.rules.times import Now, instant, later

StageKey = Literal["prospect", "new", "potential", "regular", "high_value", "dormant", "retention", "loyal"]
STAGES: Mapping[StageKey, Said] = {
    "prospect": Said("未到店", "Not yet here"),
    "new": Said("新客", "New"),
    "potential": Said("潜力客", "Potential"),
    "regular": Said("常客", "Regular"),
    "high_value": Said("高价值客", "High value"),
    "dormant": Said("沉睡客", "Dormant"),
    "retention": Said("留存客", "Retention"),
    "loyal": Said("忠诚客", "Loyal"),
}
ACTIONS: Mapping[StageKey, Said] = {
    "prospect": Said("邀请首次体验，先填问卷", "Invite her to a first visit; the questionnaire comes first"),
    "new": Said("发放体验券，48 小时内回访", "Give a trial voucher, follow up within 48 hours"),
    "potential": Said("推荐季度套餐与居家组合", "Offer the quarterly package and a home pack"),
    "regular": Said("按她的节奏预约下次护理", "Book the next visit by her own rhythm"),
    "high_value": Said("安排专属技师", "Give her a technician of her own"),
    "dormant": Said("发放回归券并作个人推荐", "A return voucher with a personal recommendation"),
    "retention": Said("推荐季卡与居家组合", "Offer the quarterly card and a home pack"),
    "loyal": Said("专属技师、季度方案", "A technician of her own, a plan each quarter"),
}
"""SEG-08, with the two stages of document 000 beside those of 002."""


@dataclass(frozen=True)
class Stage:
    """A stage, what it is called, and what to do."""

    key: StageKey
    label: Said
    action: Said
    explain: Explain


@dataclass(frozen=True)
class Verdict:
    """A yes or no with its reason."""

    holds: bool
    explain: Explain


def stage(history: History, policy: Policy, now: Now) -> Stage:
    """Her stage by the policy's scheme (SEG-01)."""
    visits = len(history.visits)
    figures = {"visits": visits, "scheme": policy.lifecycle.scheme}
    if not visits:
        key: StageKey = "prospect"
    elif policy.lifecycle.scheme == "three":
        key = _three(history, policy, now)
    else:
        key = _four(history, policy, now)
    value = high_value(history, policy, now)
    said = Said(
        f"到店 {visits} 次：{STAGES[key].zh}（{value.explain.said.zh}）",
        f"{visits_en(visits)}: {STAGES[key].en} ({value.explain.said.en})",
    )
    explain = Explain("lifecycle (SEG-01, SEG-08)", said, figures | value.explain.figures, policy.version)
    return Stage(key, STAGES[key], ACTIONS[key], explain)


def _four(history: History, policy: Policy, now: Now) -> StageKey:
    if dormancy.by_policy(history, policy, now).holds:
        return "dormant"
    if high_value(history, policy, now).holds:
        return "high_value"
    if len(history.visits) < policy.lifecycle.potential_visits:
        return "new"
    return "potential" if potential(history, policy).holds else "regular"


def _three(history: History, policy: Policy, now: Now) -> StageKey:
    if loyal(history, policy, now).holds:
        return "loyal"
    return "retention" if len(history.visits) >= policy.lifecycle.potential_visits else "new"


def loyal(history: History, policy: Policy, now: Now) -> Verdict:
    """More visits a year than the limit, or more topped up (SEG-01 of document 000)."""
    rule = policy.lifecycle
    a_year, topped = len(history.within(YEAR, now)), history.topped_up_fen // 100
    said = Said(
        f"近一年 {a_year} 次（需超过 {rule.loyal_visits_a_year}），储值 {topped:,} 元（需超过 {rule.loyal_top_up_yuan:,}）",
        f"{visits_en(a_year)} in a year (more than {rule.loyal_visits_a_year}), {topped:,} yuan topped up (more than {rule.loyal_top_up_yuan:,})",
    )
    holds = a_year > rule.loyal_visits_a_year or topped > rule.loyal_top_up_yuan
    figures = {"visits_a_year": a_year, "topped_up_yuan": topped}
    return Verdict(holds, Explain("loyal (SEG-01)", said, figures, policy.version))


def potential(history: History, policy: Policy) -> Verdict:
    """2-3 visits with a medium ticket (SEG-04): offer the quarterly card and a home pack."""
    rule = policy.potential
    visits, ticket = len(history.visits), history.ticket_yuan
    holds = rule.visits_from <= visits <= rule.visits_to
    holds = holds and rule.ticket_from_yuan <= ticket <= rule.ticket_to_yuan
    said = Said(
        f"到店 {visits} 次，客单价 {ticket:,.0f} 元（中等为 {rule.ticket_from_yuan}–{rule.ticket_to_yuan} 元）",
        f"{visits_en(visits)}, {ticket:,.0f} yuan each (medium: {rule.ticket_from_yuan}-{rule.ticket_to_yuan})",
    )
    figures = {"visits": visits, "ticket_yuan": round(ticket, 2)}
    return Verdict(holds, Explain("potential (SEG-04)", said, figures, policy.version))


def high_value(history: History, policy: Policy, now: Now) -> Verdict:
    """Whether she is of high value, by the policy's rule (SEG-05)."""
    if policy.high_value.rule == "loyal":
        verdict = loyal(history, policy, now)
        return Verdict(
            verdict.holds,
            Explain("high value (SEG-05)", verdict.explain.said, verdict.explain.figures, policy.version),
        )
    spent = history.spent_fen(MONTH, now) // 100
    limit = policy.high_value.month_yuan
    said = Said(
        f"近 {MONTH} 天消费 {spent:,} 元，高价值需 {limit:,} 元",
        f"{spent:,} yuan in {MONTH} days; high value from {limit:,}",
    )
    return Verdict(
        spent >= limit,
        Explain(
            "high value (SEG-05)", said, {"month_spent_yuan": spent, "limit_yuan": limit}, policy.version
        ),
    )


@dataclass(frozen=True)
class Trust:
    """The trust window after a first visit (SEG-02)."""

    open: bool
    ends_at: str
    explain: Explain


def trust_window(history: History, policy: Policy, now: Now) -> Trust:
    """Whether she is within the first hours after her first treatment: her own follow-up plan runs."""
    hours = policy.trust_window.hours
    if len(history.visits) != 1:
        said = Said("不是首次到店后", "Not after a first visit")
        return Trust(False, "", Explain("trust window (SEG-02)", said, {"hours": hours}, policy.version))
    visit = history.visits[0]
    ends = later(visit.aftercare_at or visit.closed_at or visit.arrived_at, hours=hours)
    is_open = instant(now) < instant(ends)
    said = Said(f"首次护理后 {hours} 小时内为信任期", f"The first {hours} hours after her first treatment")
    return Trust(
        is_open,
        ends,
        Explain("trust window (SEG-02)", said, {"hours": hours, "ends_at": ends}, policy.version),
    )


@dataclass(frozen=True)
class Share:
    """Customers of high value among all who came (SEG-05)."""

    people: tuple[str, ...]
    of: int
    share: float
    target: float
    explain: Explain


def high_value_share(histories: Sequence[History], policy: Policy, now: Now) -> Share:
    """Who is of high value, and what share of those who ever came they are."""
    came = [h for h in histories if h.visits]
    people = tuple(h.member.rid for h in came if high_value(h, policy, now).holds)
    share = len(people) / len(came) if came else 0.0
    target = policy.high_value.target_share
    said = Said(
        f"{len(came)} 位顾客中 {len(people)} 位高价值，目标 {target:.0%}",
        f"{len(people)} of {len(came)} customers; target {target:.0%}",
    )
    figures = {"high_value": len(people), "customers": len(came), "target": target}
    return Share(
        people,
        len(came),
        share,
        target,
        Explain("share of high value (SEG-05)", said, figures, policy.version),
    )
