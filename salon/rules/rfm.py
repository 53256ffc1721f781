"""RFM: how recently, how often and for how much a customer comes, each 1 to 5 (SEG-03)."""

from __future__ import annotations

from dataclasses import dataclass

from salon.policies import Policy
from salon.rules.history import YEAR, History
from salon.rules.said import Explain, Said, days_en, visits_en
from salon.rules.times import Now


@dataclass(frozen=True)
class Rfm:
    """Three scores; 0 for one who has not come yet."""

    recency: int
    frequency: int
    ticket: int
    explain: Explain

    @property
    def text(self) -> str:
        """5-4-3."""
        return f"{self.recency}-{self.frequency}-{self.ticket}"


def score(history: History, policy: Policy, now: Now) -> Rfm:
    """Her scores by the limits of the policy."""
    since = history.days_since(now)
    if since is None:
        return Rfm(
            0, 0, 0, Explain("RFM (SEG-03)", Said("还没有到店", "Not been here yet"), {}, policy.version)
        )
    a_year, ticket = len(history.within(YEAR, now)), history.ticket_yuan
    r = _points([since <= limit for limit in policy.rfm.recency_days])
    f = _points([a_year >= limit for limit in policy.rfm.visits_a_year])
    m = _points([ticket >= limit for limit in policy.rfm.ticket_yuan])
    said = Said(
        f"{since} 天前到店（{r} 分），近一年 {a_year} 次（{f} 分），客单价 {ticket:,.0f} 元（{m} 分）",
        f"{days_en(since)} ago ({r}), {visits_en(a_year)} in a year ({f}), {ticket:,.0f} yuan a visit ({m})",
    )
    figures = {"days_since": since, "visits_a_year": a_year, "ticket_yuan": round(ticket, 2)}
    return Rfm(r, f, m, Explain("RFM (SEG-03)", said, figures, policy.version))


def _points(reached: list[bool]) -> int:
    """5 for the first limit that is reached, then 4, 3, 2; 1 for none."""
    return 5 - reached.index(True) if True in reached else 1
