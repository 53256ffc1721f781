"""Points for spending (LOY-07): what a visit earns, and what an account holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from salon.policies import Policy
from salon.records import LedgerEntry, Visit
from salon.records.money import Unit
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, text


@dataclass(frozen=True)
class Posting:
    """Points to post on a member's account."""

    unit: Unit
    amount: int
    explain: Explain

    def entry(self, visit: Visit, now: Now) -> LedgerEntry:
        """As a ledger entry. Its id is made of the visit's, so that one visit never earns twice."""
        return LedgerEntry(
            rid=f"earn-{visit.rid}",
            member=visit.member,
            unit=self.unit,
            amount=self.amount,
            reason="earn",
            at=text(instant(now)),
            store=visit.store,
            visit=visit.rid,
            policy=self.explain.policy,
            explain=self.explain.line(),
        )


def earned(visit: Visit, policy: Policy, stored_fen: int | None = None) -> Posting:
    """What the visit earns: points for what was paid, rounded down. Stored value earned when it was topped up.

    `stored_fen`: how much of it was stored value, where it was paid in several ways.
    """
    if stored_fen is None:
        stored_fen = visit.paid_fen if visit.payment == "stored_value" else 0
    return for_money(visit.paid_fen - stored_fen, policy)


def for_money(fen: int, policy: Policy) -> Posting:
    """What so much new money earns."""
    paid_yuan = fen / 100
    rate = policy.points.per_yuan
    amount = int(paid_yuan * rate)
    points = "point" if rate == 1 else "points"
    said = Said(
        f"实付 {paid_yuan:,.2f} 元，每元 {rate:g} 分，得 {amount} 分",
        f"{paid_yuan:,.2f} yuan paid, {rate:g} {points} a yuan: +{amount}",
    )
    figures = {"paid_yuan": paid_yuan, "per_yuan": rate}
    return Posting("points", amount, Explain("points (LOY-07)", said, figures, policy.version))


def to_take_back(earned: int, taken: int, paid_fen: int, refunded_fen: int) -> int:
    """Points that a refund takes: of what the money earned, the share that went back in all, less what was taken before."""
    if paid_fen <= 0:
        return 0
    return min(earned, earned * refunded_fen // paid_fen) - taken


def price(fen: int, policy: Policy) -> int | None:
    """Points for a service or product of that price, rounded up; None where the house sells it for money alone (LOY-08)."""
    rate = policy.points.yuan_points
    return -(-fen * rate // 100) if rate and fen > 0 else None


def balance(entries: Iterable[LedgerEntry], unit: Unit) -> int:
    """What an account holds: the sum of its entries."""
    return sum(entry.amount for entry in entries if entry.unit == unit)
