"""Signs that a customer may be lost (CHN-01..05): the documents' triggers and her own rhythm, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from salon.policies import Policy
from salon.rules import dormancy, winback
from salon.rules.history import YEAR, History
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant


@dataclass(frozen=True)
class Signal:
    """One sign, whether it holds or not."""

    key: str
    """dormant, rhythm, ticket, rating, cancellations."""
    id: str
    """Of the inventory."""
    holds: bool
    tells: str
    """The role that is told."""
    explain: Explain


@dataclass(frozen=True)
class Churn:
    """All signs of one customer."""

    signals: tuple[Signal, ...]
    action: Said
    """What to do first (CHN-05)."""

    @property
    def raised(self) -> tuple[Signal, ...]:
        return tuple(signal for signal in self.signals if signal.holds)

    @property
    def at_risk(self) -> bool:
        return bool(self.raised)


def assess(history: History, policy: Policy, now: Now) -> Churn:
    """Every sign, with its figures. One whose trigger the policy switched off never holds."""
    dormant = dormancy.by_policy(history, policy, now)
    late = dormancy.by_rhythm(history, policy, now)
    signals = (
        Signal(
            "dormant",
            "CHN-01",
            dormant.holds and policy.churn_triggers.dormant,
            "manager",
            dormant.explain,
        ),
        Signal("rhythm", "CHN-01", late.holds and policy.churn_triggers.rhythm, "manager", late.explain),
        falling_ticket(history, policy),
        low_ratings(history, policy),
        cancellations(history, policy, now),
    )
    raised = [signal.key for signal in signals if signal.holds]
    return Churn(signals, winback.first_step(raised, policy))


def falling_ticket(history: History, policy: Policy) -> Signal:
    """The ticket fell so many times in a row (CHN-02): the consultant is told."""
    need = policy.churn_triggers.ticket_falls
    tickets = [v.paid_fen for v in history.paying][-(need + 1) :]
    falls = len(tickets) > need and all(b < a for a, b in pairwise(tickets))
    yuan = [round(fen / 100) for fen in tickets]
    trail = " → ".join(map(str, yuan))
    said = Said(
        f"最近客单价：{f'{trail} 元' if trail else '暂无'}（连降 {need} 次为预警）",
        f"Last tickets: {f'{trail} yuan' if trail else 'none yet'} (falling {need} times is a sign)",
    )
    explain = Explain("falling ticket (CHN-02)", said, {"tickets_yuan": yuan, "falls": need}, policy.version)
    return Signal("ticket", "CHN-02", falls, "consultant", explain)


def low_ratings(history: History, policy: Policy) -> Signal:
    """So many ratings running below the limit (CHN-03)."""
    rule = policy.churn_triggers
    last = [survey.satisfaction for survey in history.surveys][-rule.low_ratings :]
    low = len(last) == rule.low_ratings and all(rating < rule.low_rating for rating in last)
    said = Said(
        f"最近评分：{'、'.join(map(str, last)) or '暂无'}（连续 {rule.low_ratings} 次低于 {rule.low_rating} 为预警）",
        f"Last ratings: {', '.join(map(str, last)) or 'none yet'} ({rule.low_ratings} running below {rule.low_rating} is a sign)",
    )
    explain = Explain(
        "low ratings (CHN-03)", said, {"ratings": last, "limit": rule.low_rating}, policy.version
    )
    return Signal("rating", "CHN-03", low, "manager", explain)


def cancellations(history: History, policy: Policy, now: Now) -> Signal:
    """More cancellations and no-shows in a year than the limit (CHN-04)."""
    rule = policy.churn_triggers
    missed = [
        a
        for a in history.appointments
        if a.status in {"cancelled", "no_show"} and abs(days_between(a.starts_at, now)) <= YEAR
    ]
    last = history.last.arrived_at if history.last else ""
    since = [a for a in missed if not last or instant(a.starts_at) > instant(last)]
    said = Said(
        f"近一年取消或未到 {len(missed)} 次，其中上次到店后 {len(since)} 次（超过 {rule.cancellations_over} 次为预警）",
        f"{len(missed)} cancelled or missed in a year, {len(since)} since the last visit (more than {rule.cancellations_over} is a sign)",
    )
    figures = {"missed": len(missed), "since_last_visit": len(since), "limit": rule.cancellations_over}
    explain = Explain("cancellations (CHN-04)", said, figures, policy.version)
    return Signal("cancellations", "CHN-04", len(missed) > rule.cancellations_over, "manager", explain)
