"""The level of service by class of customer (SYN-05): ordinary, VIP, and a guest of another store; what it means today, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from salon.policies import Policy
from salon.records import Member
from salon.rules import lifecycle, tiers
from salon.rules.history import History
from salon.rules.said import Explain, Said
from salon.rules.times import Now

ClassKey = Literal["ordinary", "vip", "cross_store"]
LABELS: Mapping[ClassKey, Said] = {
    "ordinary": Said("普通顾客", "Ordinary"),
    "vip": Said("贵宾", "VIP"),
    "cross_store": Said("跨店顾客", "Guest of another store"),
}
MEANS: Mapping[ClassKey, tuple[Said, ...]] = {
    "ordinary": (Said("按时开始，按手册服务", "Begin on time, by the manual"),),
    "vip": (
        Said("不等候：床位提前备好", "No waiting: the bed is ready before she comes"),
        Said("专属美容师；换人须先征得她同意", "Her own therapist; another only if she agrees"),
        Said("店长当面问候", "The manager greets her in person"),
    ),
    "cross_store": (
        Said("档案已同步：不要重复询问", "Her file is here: ask nothing twice"),
        Said("储值、积分与权益在本店同样有效", "Stored value, points and benefits hold here too"),
        Said(
            "护理后的提示写入档案，供她所属门店查看", "Leave the hint for next time: her own store reads it"
        ),
    ),
}
TOP = frozenset({"gold", "black", "diamond"})
"""Tiers that the documents serve one to one (LOY-04..06)."""


@dataclass(frozen=True)
class Level:
    """The class of a customer here, and what it asks of the team."""

    key: ClassKey
    label: Said
    means: tuple[Said, ...]
    explain: Explain


def of(member: Member, history: History, store: str, policy: Policy, now: Now) -> Level:
    """A guest of another store first: she is new to this team whatever her tier; then VIP by tier or by value."""
    tier = tiers.of_visits(history.visits, history.brought, policy, now)
    value = lifecycle.high_value(history, policy, now)
    key: ClassKey = "ordinary"
    said = tier.explain.said
    if member.home_store not in {store, ""} and not any(visit.store == store for visit in history.visits):
        key, said = (
            "cross_store",
            Said("她所属另一家门店，第一次到本店", "Her own store is another; this is her first time here"),
        )
    elif tier.key in TOP:
        key = "vip"
    elif value.holds:
        key, said = "vip", value.explain.said
    figures = {"spent_yuan": tier.explain.figures["spent_yuan"], "visits": len(history.visits)}
    return Level(
        key, LABELS[key], MEANS[key], Explain("service level (SYN-05)", said, figures, policy.version)
    )
