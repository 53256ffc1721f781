"""Vouchers, benefits, rewards, referral, families (LOY)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import BenefitUse, Interaction, LedgerEntry, Member
from salon.rules import loyalty, points, referrals, tiers, vouchers
from salon.rules.said import Explain, Said
from salon.rules.times import later

ZONE = "Asia/Shanghai"
WHY = Explain("test", Said("因", "why"))


def issued(policy, now, **fields):
    return vouchers.issue("return", "m-wang-li", "s001", "x", WHY, policy, now, ZONE, **fields)


def keys(found):
    return [right.key for right in found]


def test_each_tier_brings_its_benefits_and_those_below_loy_02_loy_03_loy_04(history, came, policy, now):
    h = history(came(100))
    assert keys(loyalty.rights("member", h, [], policy, now)) == ["points", "birthday"]
    silver = keys(loyalty.rights("silver", h, [], policy, now))
    assert {"own_technician", "priority_booking", "quarterly_care"} <= set(silver)
    gold = keys(loyalty.rights("gold", h, [], policy, now))
    assert {"one_to_one", "first_access", "events", "birthday"} <= set(gold)
    assert loyalty.rights("", h, [], policy, now) == []


def test_black_card_benefits_loy_05(history, came, now):
    policy = policies.load('[tiers]\nvariant = "cards"')
    found = keys(loyalty.rights("black", history(came(9)), [], policy, now))
    assert {"consultant", "quarterly_plan", "partners", "one_to_one"} <= set(found)


def test_diamond_by_three_referrals_brings_a_year_of_care_loy_06(history, came, policy, now):
    assert tiers.of_visits([came(9)], 3, policy, now).key == "diamond"
    found = {r.key: r.left for r in loyalty.rights("diamond", history(came(9)), [], policy, now)}
    assert (found["basic_care_year"], found["annual_package"]) == (12, 1)


def test_a_benefit_is_used_up_loy_22(history, came, policy, now):
    uses = [
        BenefitUse(rid=f"b-{n:03}", member="m-wang-li", store="s001", benefit="quarterly_care", at="2026-10-01T00:00:00Z")
        for n in range(4)
    ]  # fmt: skip
    old = uses[0].model_copy(update={"rid": "b-old", "at": "2025-01-01T00:00:00Z"})
    found = loyalty.rights("silver", history(came(9)), [*uses, old], policy, now)
    assert not loyalty.has(found, "quarterly_care")
    assert loyalty.has(found, "priority_booking")


def apart(benefit, days, per_year):
    text = f'[[benefits.items]]\nkey = "{benefit}"\ntier = "silver"\nzh = "护理"\nen = "Care"\nper_year = {per_year}\nevery_days = {days}'
    return policies.load(text)


@pytest.mark.parametrize(("per_year", "left"), [(4, 3), (0, None)])
@pytest.mark.parametrize(("ago", "wait"), [(0, 80), (79, 1), (80, 0)])
def test_a_benefit_that_comes_each_quarter_waits_also_where_its_number_is_free_loy_03(
    history, came, now, per_year, left, ago, wait
):
    used = BenefitUse(rid="b-1", member="m-wang-li", store="s001", benefit="care", at=later(now, days=-ago))
    others = used.model_copy(update={"rid": "b-2", "member": "m-x", "at": now})
    (right,) = loyalty.rights("silver", history(came(9)), [used, others], apart("care", 80, per_year), now)
    assert (right.left, right.wait_days, right.usable) == (left, wait, wait == 0)


def test_benefits_differ_with_monthly_spend_loy_23(history, came, policy, now):
    few = keys(loyalty.rights("gold", history(came(3, 200)), [], policy, now))
    some = keys(loyalty.rights("gold", history(came(3, 300)), [], policy, now))
    many = keys(loyalty.rights("gold", history(came(3, 3000)), [], policy, now))
    assert "monthly_hand_mask" not in few
    assert "monthly_hand_mask" in some
    assert "home_visit_consult" not in some
    assert "home_visit_consult" in many


def test_500_points_buy_a_basic_polish_loy_07(now, policy):
    held = [LedgerEntry(rid="l-1", member="m-wang-li", unit="points", amount=1200, reason="import", at=now, store="s001")]  # fmt: skip
    assert loyalty.polish(held, policy) == (2, 300)
    paid = loyalty.buy_with_points("m-wang-li", 500, "基础美甲", held, "s001", policy, now, "v-1")
    assert points.balance([*held, paid], "points") == 700
    with pytest.raises(ValueError, match="held"):
        loyalty.buy_with_points("m-wang-li", 1201, "x", held, "s001", policy, now, "v-2")


def test_sharing_and_reviewing_earn_points_up_to_the_months_limit_loy_08(policy, now):
    def did(kind, n):
        return Interaction(rid=f"i-{n}-{kind}", member="m-wang-li", store="s001", type=kind, at=now)

    first = loyalty.reward(did("share", 1), [], policy)
    assert (first.amount, first.reason) == (20, "reward")
    assert loyalty.reward(did("review", 1), [], policy).amount == 30
    assert loyalty.reward(did("question", 1), [], policy) is None
    earlier = [first.model_copy(update={"rid": f"reward-{n}"}) for n in range(4)]
    assert loyalty.reward(did("share", 9), earlier, policy) is None
    long_ago = [e.model_copy(update={"at": "2026-01-01T00:00:00Z"}) for e in earlier]
    assert loyalty.reward(did("share", 9), long_ago, policy) is not None


def test_topping_up_is_an_entry_and_low_value_reminds_loy_09_loy_21(history, policy, now):
    paid = loyalty.top_up("m-wang-li", 100_000, "s001", now, "x-1", policy)
    assert points.balance([paid], "fen") == 100_000
    assert loyalty.renewal(history(ledger=[paid]), policy) is None
    spent = paid.model_copy(update={"rid": "l-2", "amount": -80_000, "reason": "spend"})
    low = loyalty.renewal(history(ledger=[paid, spent]), policy)
    assert low.figures == {"held_yuan": 200}
    assert loyalty.renewal(history(), policy) is None  # who never topped up has nothing to renew


@pytest.mark.parametrize(
    ("variant", "points_each", "yuan_each", "test"),
    [("points_200", 200, 0, False), ("voucher_200", 0, 200, True), ("voucher_50", 0, 50, False), ("voucher_100", 0, 100, False)],
)  # fmt: skip
def test_both_get_the_houses_referral_reward_loy_10(came, now, variant, points_each, yuan_each, test):
    policy = policies.load(f'[referral]\nvariant = "{variant}"')
    new = Member(rid="m-new", surname="李", referred_by="m-wang-li")
    visit = came(0, member="m-new")
    reward = referrals.reward(new, visit, True, policy, now, ZONE)
    assert [(e.member, e.amount) for e in reward.entries] == (
        [("m-wang-li", points_each), ("m-new", points_each)] if points_each else []
    )
    worth = [(v.member, v.value_fen) for v in reward.vouchers if v.type == "referral"]
    assert worth == ([("m-wang-li", yuan_each * 100), ("m-new", yuan_each * 100)] if yuan_each else [])
    assert any(v.service == "skin-test" for v in reward.vouchers) is test
    assert referrals.reward(new, visit, True, policy, now, ZONE) == reward  # the same ids when asked twice
    assert referrals.reward(new, visit, False, policy, now, ZONE).entries == ()


def test_nobody_is_rewarded_for_bringing_herself_loy_10(came, policy, now):
    self_made = Member(rid="m-new", surname="李", referred_by="m-new")
    assert referrals.reward(self_made, came(0, member="m-new"), True, policy, now, ZONE).entries == ()


def test_three_referrals_make_an_ambassador_for_a_year_loy_11(history, came, now):
    policy = policies.load('[ambassador]\nvariant = "ambassador"')
    brought = [Member(rid=f"m-{n:03}", surname="李", referred_by="m-wang-li") for n in range(4)]
    visits = [came(30 - n, member=f"m-{n:03}") for n in range(3)]
    since = referrals.ambassador_since("m-wang-li", brought, visits, policy)
    assert since == visits[2].arrived_at
    price = loyalty.price(10_000, came(0), history(), policy, now, ambassador_since=since)
    assert (price.fen, price.off) == (8000, 0.2)
    old = loyalty.price(10_000, came(0), history(), policy, now, ambassador_since="2025-01-01T00:00:00Z")
    assert old.off == 0
    assert referrals.ambassador_since("m-wang-li", brought, visits[:2], policy) == ""
    assert referrals.ambassador_since("m-wang-li", brought, visits, policies.default()) == ""


def test_friends_together_get_a_discount_loy_13(history, came, policy, now):
    both = came(0, together=["m-friend"])
    assert loyalty.price(10_000, both, history(), policy, now).fen == 9000
    assert loyalty.price(10_000, came(0, together=["m-wang-li"]), history(), policy, now).off == 0


def test_a_voucher_has_value_validity_and_one_use_loy_14(came, policy, now):
    voucher = issued(policy, now, yuan=50)
    assert (voucher.valid_from, voucher.valid_until) == ("2026-11-22", "2027-01-21")
    state = vouchers.state(voucher, [], 30_000, now, ZONE)
    assert (state.usable, state.worth_fen) == (True, 5000)
    assert vouchers.state(voucher, [], 3000, now, ZONE).worth_fen == 3000  # never more than the price
    used = vouchers.redeem(voucher, came(0), 5000, now)
    assert vouchers.state(voucher, [used], 30_000, now, ZONE).code == "used"
    again = vouchers.redeem(voucher, came(9), 5000, now)
    assert again.rid == used.rid  # so that the store refuses the second


def test_a_voucher_ends_with_its_last_day_loy_14(policy, now):
    voucher = issued(policy, now, yuan=50)
    assert vouchers.state(voucher, [], 1, "2027-01-21T15:59:59Z", ZONE).usable
    assert vouchers.state(voucher, [], 1, "2027-01-21T16:00:01Z", ZONE).code == "expired"
    assert vouchers.state(voucher, [], 1, "2026-11-21T10:00:00Z", ZONE).code == "early"
    assert vouchers.state(voucher, [], 1, now, ZONE, member="m-other").code == "other"
    dear = issued(policy, now, yuan=50, least_spend_yuan=300)
    assert vouchers.state(dear, [], 29_999, now, ZONE).code == "spend"


def test_one_cause_gives_one_voucher_loy_14(policy, now):
    assert issued(policy, now).rid == issued(policy, "2026-12-01T00:00:00Z").rid
    assert len({vouchers.issue("return", "m-" + "x" * 40, "s001", "c" * n, WHY, policy, now, ZONE).rid for n in range(50)}) == 50  # fmt: skip


def test_a_discount_voucher_and_its_label_loy_15(policy, now):
    voucher = issued(policy, now, discount=0.2)
    assert vouchers.state(voucher, [], 10_000, now, ZONE).worth_fen == 2000
    assert vouchers.label(voucher).en == "Return voucher, 20% off"
    assert vouchers.label(issued(policy, now, yuan=50)).zh == "回归券 ¥50"


def test_vouchers_that_end_soon_are_named_loy_21(policy, now):
    voucher = issued(policy, now, yuan=50)
    assert vouchers.ending([voucher], set(), policy, "2027-01-13T10:00:00Z", ZONE) == []
    assert vouchers.ending([voucher], set(), policy, "2027-01-14T10:00:00Z", ZONE) == [voucher]
    assert vouchers.ending([voucher], {voucher.rid}, policy, "2027-01-14T10:00:00Z", ZONE) == []


def test_members_day_gives_a_hand_treatment_from_300_loy_17(member, came, policy):
    on, off = "2026-11-18T06:00:00Z", "2026-11-19T06:00:00Z"
    gift = loyalty.member_day(came(0, 300), member, policy, on, ZONE)
    assert (gift.value_fen, gift.service, gift.type) == (6800, "svc-hand-care", "member_day")
    assert "会员日消费 300 元（满 300）" in gift.explain
    assert loyalty.member_day(came(0, 299), member, policy, on, ZONE) is None
    assert loyalty.member_day(came(0, 300), member, policy, off, ZONE) is None
    assert loyalty.member_day(came(1, 300), member, policy, on, ZONE).rid == gift.rid


def test_a_child_pays_for_a_parent_and_greets_her_loy_18(member):
    child = Member(rid="m-child", surname="王")
    parent = member.model_copy(update={"family": "m-child", "family_greeting": "妈妈辛苦了"})
    found = loyalty.payer(parent, child)
    assert (found.member, found.greeting) == ("m-child", "妈妈辛苦了")
    assert loyalty.payer(member, None).member == "m-wang-li"
    assert loyalty.payer(member, child).member == "m-wang-li"  # only the one she named pays


@pytest.mark.parametrize(("over", "fen"), [(-1, 9_000), (0, 10_000)])
def test_an_ambassadors_days_end_with_the_last_one_loy_11(history, came, now, over, fen):
    policy = policies.load('[ambassador]\nvariant = "ambassador"\ndiscount = 0.1')
    since = later(now, days=-policy.ambassador.days - over)
    assert loyalty.price(10_000, came(0), history(), policy, now, ambassador_since=since).fen == fen


def test_each_side_of_a_referral_has_an_entry_of_its_own_loy_10(came, now):
    policy = policies.load('[referral]\nvariant = "points_200"')
    new = Member(rid="m-new", surname="李", referred_by="m-wang-li")
    entries = referrals.reward(new, came(0, member="m-new"), True, policy, now, ZONE).entries
    assert {(e.rid, e.member) for e in entries} == {
        ("referral-new-m-new", "m-new"), ("referral-by-m-new", "m-wang-li"),
    }  # fmt: skip
