"""One customer brings another (LOY-06, LOY-10, LOY-11): what both get, once the new one has finished her first visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from salon.policies import Policy
from salon.records import LedgerEntry, Member, Visit, Voucher
from salon.rules import vouchers
from salon.rules.history import by_member
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, text


@dataclass(frozen=True)
class Reward:
    """What one referral gives, to both."""

    entries: tuple[LedgerEntry, ...]
    vouchers: tuple[Voucher, ...]
    explain: Explain


def brought(member: str, members: Iterable[Member], visits: Sequence[Visit]) -> list[str]:
    """Rids of those she brought who came, by their first visit: a name on a form is not a customer yet."""
    came = by_member(visits)
    hers = [m.rid for m in members if m.referred_by == member and m.rid != member and m.rid in came]
    return sorted(hers, key=lambda rid: instant(came[rid][0].arrived_at))


def ambassador_since(member: str, members: Iterable[Member], visits: Sequence[Visit], policy: Policy) -> str:
    """When she became an ambassador (LOY-11): at the first visit of the one who made it enough. Empty if not."""
    hers = brought(member, members, visits)
    need = policy.ambassador.referrals
    if policy.ambassador.reward != "ambassador" or len(hers) < need:
        return ""
    return by_member(visits)[hers[need - 1]][0].arrived_at


def reward(newcomer: Member, visit: Visit, first: bool, policy: Policy, now: Now, timezone: str) -> Reward:
    """What both get after the newcomer's first visit (LOY-10). Ids are made of hers: asked twice, the same."""
    by = newcomer.referred_by
    if not first or not by or by == newcomer.rid:
        said = Said("不是经介绍的首次到店", "Not a first visit of one who was brought")
        return Reward((), (), Explain("referral (LOY-10)", said, {}, policy.version))
    rule = policy.referral
    said = Said(
        f"推荐奖励：双方各 {rule.points_each} 分、{rule.voucher_yuan_each} 元券"
        + ("，新客送皮肤检测" if rule.skin_test else ""),
        f"Referral: {rule.points_each} points and a {rule.voucher_yuan_each}-yuan voucher each"
        + (", a skin test for the new one" if rule.skin_test else ""),
    )
    explain = Explain("referral (LOY-10)", said, rule.model_dump(), policy.version)
    pair = (by, newcomer.rid)
    entries = tuple(
        _points(member, newcomer, visit, explain, policy, now) for member in pair if rule.points_each
    )
    cause = newcomer.rid
    given = [
        vouchers.issue(
            "referral",
            member,
            visit.store,
            cause,
            explain,
            policy,
            now,
            timezone,
            yuan=rule.voucher_yuan_each,
        )
        for member in pair
        if rule.voucher_yuan_each
    ]
    if rule.skin_test:
        given.append(
            vouchers.issue(
                "trial",
                newcomer.rid,
                visit.store,
                "skin-test",
                explain,
                policy,
                now,
                timezone,
                service=vouchers.SKIN_TEST,
            )
        )
    return Reward(entries, tuple(given), explain)


def _points(
    member: str, newcomer: Member, visit: Visit, explain: Explain, policy: Policy, now: Now
) -> LedgerEntry:
    side = "new" if member == newcomer.rid else "by"
    return LedgerEntry(
        rid=f"referral-{side}-{newcomer.rid}"[:64],
        member=member,
        unit="points",
        amount=policy.referral.points_each,
        reason="referral",
        at=text(instant(now)),
        store=visit.store,
        visit=visit.rid,
        policy=policy.version,
        explain=explain.line(),
    )
