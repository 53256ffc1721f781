"""Winning a customer back: the call with its reason code (CHN-06), the remedy for each reason (CHN-07), the gift (CHN-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from salon.policies import Policy
from salon.records import Service
from salon.rules.said import Explain, Said

Reason = Literal["service", "product", "price", "external"]
REASONS: Mapping[Reason, Said] = {
    "service": Said("服务体验", "Service"),
    "product": Said("产品效果", "Product"),
    "price": Said("价格", "Price"),
    "external": Said("搬家、出差等外部原因", "Moved away, travel, other reasons of hers"),
}


@dataclass(frozen=True)
class Remedy:
    """What is offered, and what it gives as vouchers."""

    said: Said
    voucher: str
    """Kind of voucher to issue, or empty."""
    value_yuan: int
    free_treatments: int
    discount: float
    explain: Explain


def remedy(reason: Reason, policy: Policy) -> Remedy:
    """What to offer for why she stayed away (CHN-07)."""
    if reason == "service":
        free = max(1, policy.compensation.free_basic_treatments)
        said = Said(f"致歉，并赠送 {free} 次基础护理", f"An apology and {free} free basic care")
        return _remedy(reason, said, policy, voucher="compensation", free=free)
    if reason == "product":
        said = Said("新品以成本价提供", "The new product at cost")
        return _remedy(reason, said, policy)
    if reason == "price":
        off, extra = policy.compensation.package_discount or 0.2, policy.compensation.package_extra or 3
        said = Said(
            f"季度套餐优惠 {off:.0%}，加赠 {extra} 次",
            f"{off:.0%} off the quarterly package and {extra} more treatments",
        )
        return _remedy(reason, said, policy, voucher="care", free=extra, discount=off)
    said = Said("介绍最近的门店，并给予首次到店优惠", "Hand her to the nearest branch with an opening offer")
    return _remedy(reason, said, policy, voucher="return", value=policy.win_back.voucher_yuan)


def _remedy(
    reason: Reason,
    said: Said,
    policy: Policy,
    *,
    voucher: str = "",
    value: int = 0,
    free: int = 0,
    discount: float = 0.0,
) -> Remedy:
    figures = {"reason": reason, "value_yuan": value, "free_treatments": free, "discount": discount}
    return Remedy(
        said, voucher, value, free, discount, Explain("remedy (CHN-07)", said, figures, policy.version)
    )


def basic_treatment(services: Iterable[Service]) -> Service | None:
    """The house's basic treatment, which is given for free: the cheapest facial on offer, else the cheapest service."""
    offered = [service for service in services if service.active]
    facials = [service for service in offered if service.category == "skin"]
    return min(facials or offered, key=lambda service: (service.price_fen, service.rid), default=None)


def offer(policy: Policy) -> Remedy:
    """What a dormant customer is offered (CHN-08, the size is the house's: CHN-09)."""
    rule = policy.win_back
    zh, en = [], []
    for wanted, one, other in (
        (rule.voucher_yuan, f"{rule.voucher_yuan} 元回归券", f"a return voucher of {rule.voucher_yuan} yuan"),
        (rule.free_care, "一次免费护理", "a free care"),
        (rule.gift, "回归礼", "a return gift"),
        (rule.trial_voucher, "新项目体验券", "a trial voucher for a new service"),
    ):
        if wanted:
            zh.append(one)
            en.append(other)
    said = Said("、".join(zh) or "问候", ", ".join(en) or "a greeting")
    figures = rule.model_dump()
    explain = Explain("win-back (CHN-08)", said, figures, policy.version)
    return Remedy(said, "return", rule.voucher_yuan, int(rule.free_care), 0.0, explain)


def first_step(raised: Sequence[str], policy: Policy) -> Said:
    """What the manager is proposed to do first (CHN-05)."""
    if "rating" in raised:
        return Said(
            "店长先致电致歉并了解原因，再给方案",
            "The manager calls first, apologises and asks why, then offers a remedy",
        )
    if "cancellations" in raised:
        return Said("致电询问合适的时间，换个时段或技师", "Call and ask which time or technician suits her")
    if "dormant" in raised:
        said = offer(policy).said
        return Said(f"致电问候并记录原因，赠送{said.zh}", f"Call, note the reason, and offer {said.en}")
    if "ticket" in raised:
        return Said(
            "顾问回顾护理方案与效果，不推销",
            "The consultant reviews plan and effect with her, without selling",
        )
    if "rhythm" in raised:
        return Said(
            "比平时晚到：发一条个人问候并提供预约时段", "Later than usual: a personal line with free slots"
        )
    return Said("无需处理", "Nothing to do")
