"""What a visit costs, line by line, and what may go back of it (SVC-14, SVC-17, LOY-07, LOY-09, LOY-11, LOY-13, LOY-14).

Whole fen throughout. Deductions never add up beyond the price: each takes at most what is still to be paid, in this order: a visit
that makes good, the best discount, a benefit of her tier, a service bought with points, a voucher, the deposit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from salon.records import Bill, BillLine, Service, Visit
from salon.records.money import Method
from salon.rules.said import Said

METHODS: Mapping[Method, Said] = {
    "wechat": Said("微信支付", "WeChat Pay"),
    "alipay": Said("支付宝", "Alipay"),
    "cash": Said("现金", "Cash"),
    "card": Said("银行卡", "Bank card"),
    "stored_value": Said("储值", "Stored value"),
}


@dataclass(frozen=True)
class Quote:
    """What is to be paid, and how it comes about."""

    lines: tuple[BillLine, ...]

    @property
    def list_fen(self) -> int:
        """By the list of prices."""
        return sum(line.fen for line in self.lines if line.kind == "service")

    @property
    def total_fen(self) -> int:
        """What is left to be paid."""
        return sum(line.fen for line in self.lines)

    def off(self, line: BillLine) -> Quote:
        """With one more deduction, which takes at most what is left; left out where it takes nothing."""
        fen = min(-line.fen, self.total_fen)
        return Quote((*self.lines, line.model_copy(update={"fen": -fen}))) if fen > 0 else self

    def with_agreed(self, paid_fen: int, why: str) -> Quote:
        """With the difference to what is paid, which somebody at the desk agreed to and gave a reason for."""
        difference = paid_fen - self.total_fen
        if not difference:
            return self
        line = BillLine(kind="agreed", zh=f"另议：{why}"[:200], en=f"Agreed: {why}"[:200], fen=difference)
        return Quote((*self.lines, line))


def services(visit: Visit, catalogue: Iterable[Service]) -> Quote:
    """The services of a visit at their prices. A visit that makes good an earlier one costs nothing (SVC-17)."""
    known = {service.rid: service for service in catalogue}
    had = [known[rid] for rid in visit.services if rid in known]
    lines = [
        BillLine(kind="service", zh=s.name, en=s.name_en or s.name, fen=s.price_fen, ref=s.rid) for s in had
    ]
    quote = Quote(tuple(lines))
    if not visit.original:
        return quote
    free = BillLine(
        kind="compensation",
        zh="补偿护理",
        en="Makes good an earlier visit",
        fen=-quote.total_fen,
        ref=visit.original,
    )
    return quote.off(free)


DIGITS = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
"""Of a receipt's number: nothing that is read as something else, on paper or by telephone."""


def number(bill: Bill, day: date) -> str:
    """What a receipt is called by people: its day in the store, and four signs of its own: 261122-7K3Q.

    Made of its id, not counted: an erased member takes her bills along, and the numbers of the others have to stay.
    """
    left, signs = int.from_bytes(hashlib.sha256(bill.rid.encode()).digest()[:8]), ""
    for _ in range(4):
        left, sign = divmod(left, len(DIGITS))
        signs += DIGITS[sign]
    return f"{day:%y%m%d}-{signs}"


def cheapest(visit: Visit, catalogue: Iterable[Service]) -> Service | None:
    """The service that a benefit of "one care" stands for."""
    had = [service for service in catalogue if service.rid in visit.services]
    return min(had, key=lambda service: (service.price_fen, service.rid), default=None)


def parts_left(bills: Sequence[Bill], paid: Bill) -> dict[Method, int]:
    """What may still be given back of a bill, by the way it was paid: its parts, put right and refunded since."""
    left: dict[Method, int] = dict(paid.parts)
    for bill in bills:
        if bill.corrects == paid.rid:
            for method, fen in bill.parts.items():
                left[method] = left.get(method, 0) + fen
    return {method: fen for method, fen in left.items() if fen > 0}


def new_money(parts: Mapping[Method, int]) -> int:
    """What of a payment earns points: all but stored value, which earned when it was topped up."""
    return sum(fen for method, fen in parts.items() if method != "stored_value")


def takings(bills: Iterable[Bill]) -> dict[Method, int]:
    """What came in by each way of payment, refunds taken off: what the drawer is counted against."""
    total: dict[Method, int] = {}
    for bill in bills:
        for method, fen in bill.parts.items():
            total[method] = total.get(method, 0) + fen
    return {method: total[method] for method in METHODS if method in total}


def main_method(parts: Mapping[Method, int]) -> Method | None:
    """The way in which most was paid."""
    return max(parts, key=lambda method: parts[method], default=None)
