"""What a member's standing brings: benefits of tiers (LOY-02..05, LOY-22, LOY-23), points for sharing (LOY-08), prices of friends,
families, members' days and ambassadors (LOY-11, LOY-13, LOY-17, LOY-18), renewal (LOY-09, LOY-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salon.policies import Benefit, Policy
from salon.records import BenefitUse, Interaction, LedgerEntry, Member, Visit, Voucher
from salon.rules import points, vouchers
from salon.rules.history import MONTH, YEAR, History
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant, later, local, text

BIRTHDAY = "birthday"
"""Key of the benefit that the birthday voucher stands for (LOY-02)."""


@dataclass(frozen=True)
class Right:
    """One benefit a member has."""

    key: str
    label: Said
    left: int | None
    """How often still in these 365 days; None: always."""
    explain: Explain
    wait_days: int = 0
    """Until it may be used again, where it comes once a quarter."""

    @property
    def usable(self) -> bool:
        return self.left != 0 and not self.wait_days


def rights(tier: str, history: History, uses: Sequence[BenefitUse], policy: Policy, now: Now) -> list[Right]:
    """The benefits of a tier and of the tiers below it, as far as they are not used up (LOY-22, LOY-23)."""
    order = [level.key for level in policy.tiers.levels]
    reached = set(order[: order.index(tier) + 1]) if tier in order else set()
    month = history.spent_fen(MONTH, now) // 100
    found: list[Right] = []
    for item in policy.benefits.items:
        if item.tier not in reached or month < item.since_month_yuan:
            continue
        gone = sum(
            use.benefit == item.key and use.member == history.member.rid and days_between(use.at, now) < YEAR
            for use in in_force(uses)
        )
        left = max(0, item.per_year - gone) if item.per_year else None
        often = Said("不限次", "any time") if left is None else Said(f"还剩 {left} 次", f"{left} left")
        wait = 0 if left == 0 else _wait(history.member.rid, item, uses, now)
        if wait:
            often = Said(f"{wait} 天后可再用", f"again in {wait} days")
        said = Said(f"{item.zh}（{often.zh}）", f"{item.en} ({often.en})")
        figures = {"tier": item.tier, "used": gone, "per_year": item.per_year, "month_spent_yuan": month}
        explain = Explain("benefits (LOY-02..06, LOY-22, LOY-23)", said, figures, policy.version)
        found.append(Right(item.key, Said(item.zh, item.en), left, explain, wait))
    return found


def _wait(member: str, item: Benefit, uses: Sequence[BenefitUse], now: Now) -> int:
    """Days until a benefit that comes each quarter may be used again (LOY-03); 0: now."""
    last = [
        days_between(use.at, now)
        for use in in_force(uses)
        if use.benefit == item.key and use.member == member
    ]
    return max(0, item.every_days - min(last, default=item.every_days))


def in_force(uses: Sequence[BenefitUse]) -> list[BenefitUse]:
    """Uses of benefits without those that were taken back."""
    undone = {use.undoes for use in uses} - {""}
    return [use for use in uses if not use.undoes and use.rid not in undone]


def has(found: Sequence[Right], key: str) -> bool:
    """Whether a benefit may be used now."""
    return any(right.key == key and right.usable for right in found)


def reward(interaction: Interaction, earlier: Sequence[LedgerEntry], policy: Policy) -> LedgerEntry | None:
    """Points for sharing or reviewing (LOY-08); None for another kind, or when the month's rewards are used up."""
    worth = {"share": policy.rewards.share_points, "review": policy.rewards.review_points}.get(
        interaction.type, 0
    )
    recent = [
        entry
        for entry in earlier
        if entry.member == interaction.member
        and entry.reason == "reward"
        and 0 <= days_between(entry.at, interaction.at) < MONTH
    ]
    if not worth or len(recent) >= policy.rewards.a_month:
        return None
    said = Said(
        f"{'分享' if interaction.type == 'share' else '评价'}得 {worth} 分（{MONTH} 天内第 {len(recent) + 1} 次，至多 {policy.rewards.a_month} 次）",
        f"{worth} points for a {interaction.type}, number {len(recent) + 1} of {policy.rewards.a_month} in {MONTH} days",
    )
    return LedgerEntry(
        rid=f"reward-{interaction.rid}"[:64],
        member=interaction.member,
        unit="points",
        amount=worth,
        reason="reward",
        at=interaction.at,
        store=interaction.store,
        policy=policy.version,
        explain=said.zh[:200],
    )


def polish(entries: Sequence[LedgerEntry], policy: Policy) -> tuple[int, int]:
    """How many basic polishes the points buy, and the points missing for the next (LOY-07)."""
    held, price = points.balance(entries, "points"), policy.points.basic_polish_points
    return held // price, price - held % price


def buy_with_points(
    member: str,
    price: int,
    what: str,
    entries: Sequence[LedgerEntry],
    store: str,
    policy: Policy,
    now: Now,
    cause: str,
) -> LedgerEntry:
    """The entry that pays with points (LOY-07, LOY-08). Raises ValueError when there are not enough."""
    held = points.balance([e for e in entries if e.member == member], "points")
    if held < price:
        raise ValueError(f"{held} points held, {price} asked")
    return LedgerEntry(
        rid=f"points-{cause}"[:64],
        member=member,
        unit="points",
        amount=-price,
        reason="redeem",
        at=text(instant(now)),
        store=store,
        policy=policy.version,
        explain=f"{what}：{price} 分"[:200],
    )


@dataclass(frozen=True)
class Price:
    """A price after the best discount; discounts never add up."""

    fen: int
    off: float
    explain: Explain


def price(
    list_fen: int, visit: Visit, history: History, policy: Policy, now: Now, *, ambassador_since: str = ""
) -> Price:
    """The best of: friends together (LOY-13), ambassador (LOY-11)."""
    offers: list[tuple[float, Said]] = [(0.0, Said("原价", "List price"))]
    people = len(set(visit.together) - {history.member.rid}) + 1
    if people >= policy.together.people:
        offers.append(
            (
                policy.together.discount,
                Said(f"{people} 人同行优惠", f"{people} who came together"),
            )
        )
    rule = policy.ambassador
    if rule.reward == "ambassador" and ambassador_since:
        until = later(ambassador_since, days=rule.days)
        if instant(now) < instant(until):
            offers.append((rule.discount, Said("推荐大使", "Ambassador")))
    off, said = max(offers, key=lambda pair: pair[0])
    fen = round(list_fen * (1 - off))
    why = Said(f"{said.zh}：{fen / 100:g} 元", f"{said.en}: {fen / 100:g} yuan")
    figures = {"list_fen": list_fen, "off": off, "people": people}
    return Price(fen, off, Explain("price (LOY-11, LOY-13)", why, figures, policy.version))


def member_day(visit: Visit, member: Member, policy: Policy, now: Now, timezone: str) -> Voucher | None:
    """The gift of the members' day (LOY-17), once a day."""
    rule = policy.member_day
    today = local(now, timezone).date()
    if rule.day == 0 or today.day != rule.day or visit.paid_fen < rule.spend_yuan * 100:
        return None
    said = Said(
        f"会员日消费 {visit.paid_fen / 100:g} 元（满 {rule.spend_yuan}），赠 {rule.gift_yuan} 元护理",
        f"Members' day: {visit.paid_fen / 100:g} yuan spent (from {rule.spend_yuan}), a care of {rule.gift_yuan}",
    )
    explain = Explain("members' day (LOY-17)", said, {"paid_fen": visit.paid_fen}, policy.version)
    return vouchers.issue(
        "member_day",
        member.rid,
        visit.store,
        today.isoformat(),
        explain,
        policy,
        now,
        timezone,
        yuan=rule.gift_yuan,
        service=rule.gift_service,
    )


@dataclass(frozen=True)
class Payer:
    """Whose account pays (LOY-18)."""

    member: str
    greeting: str
    """Of the one who pays, shown at the other's visit."""
    explain: Explain


def payer(member: Member, family: Member | None) -> Payer:
    """The family member who pays for her, if one is named, with her greeting (LOY-18)."""
    if family is None or member.family != family.rid:
        return Payer(member.rid, "", Explain("payer (LOY-18)", Said("本人支付", "She pays herself")))
    said = Said("由家人账户支付", "The family's account pays")
    return Payer(family.rid, member.family_greeting, Explain("payer (LOY-18)", said, {"family": family.rid}))


def renewal(history: History, policy: Policy) -> Explain | None:
    """Why she should be reminded of her stored value (LOY-09, LOY-21); None if there is no need."""
    held = points.balance(history.ledger, "fen") // 100
    if not history.topped_up_fen or held >= policy.renewal.below_yuan:
        return None
    said = Said(
        f"储值余额 {held:,} 元，低于 {policy.renewal.below_yuan:,} 元",
        f"{held:,} yuan of stored value, below {policy.renewal.below_yuan:,}",
    )
    return Explain("renewal (LOY-21)", said, {"held_yuan": held}, policy.version)


def top_up(member: str, fen: int, store: str, now: Now, cause: str, policy: Policy) -> LedgerEntry:
    """Stored value paid in (LOY-09)."""
    return LedgerEntry(
        rid=f"topup-{cause}"[:64],
        member=member,
        unit="fen",
        amount=fen,
        reason="top_up",
        at=text(instant(now)),
        store=store,
        policy=policy.version,
        explain=f"储值 {fen / 100:,.2f} 元",
    )


def voucher_ends(voucher: Voucher, policy: Policy) -> Explain:
    """Why she is reminded of a voucher (LOY-21)."""
    days = policy.renewal.voucher_days
    said = Said(
        f"券将于 {voucher.valid_until} 到期（提前 {days} 天）",
        f"Ends on {voucher.valid_until}, {days} days ahead",
    )
    return Explain("renewal (LOY-21)", said, {"voucher": voucher.rid}, policy.version)
