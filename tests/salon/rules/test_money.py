"""Points and tiers (LOY-01, LOY-06, LOY-07)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import LedgerEntry
from salon.rules import points, tiers


@pytest.mark.parametrize(
    ("paid_fen", "payment", "amount"), [(39800, "wechat", 398), (99, "cash", 0), (39800, "stored_value", 0)]
)
def test_one_point_a_yuan_rounded_down_and_none_twice_for_a_top_up_loy_07(
    visit, policy, paid_fen, payment, amount
):
    paid = visit.model_copy(update={"paid_fen": paid_fen, "payment": payment})
    posting = points.earned(paid, policy)
    assert posting.amount == amount
    assert posting.explain.policy == policy.version


def test_the_house_decides_what_a_yuan_earns_loy_07(visit):
    policy = policies.load("[points]\nper_yuan = 0.5")
    paid = visit.model_copy(update={"paid_fen": 39900})
    assert points.earned(paid, policy).amount == 199


def test_a_visit_earns_once_because_its_entry_has_one_id(visit, policy, now):
    paid = visit.model_copy(update={"paid_fen": 10000})
    entry = points.earned(paid, policy).entry(paid, now)
    assert entry.rid == points.earned(paid, policy).entry(paid, "2027-01-01T00:00:00Z").rid
    assert (entry.amount, entry.reason, entry.visit, entry.policy) == (
        100,
        "earn",
        "v-today",
        policy.version,
    )
    assert "100 分" in entry.explain


def test_a_balance_is_the_sum_of_its_own_unit(now):
    def entry(number, unit, amount):
        return LedgerEntry(
            rid=f"le-{number}", member="m-1", unit=unit, amount=amount, reason="earn", at=now, store="s001"
        )

    ledger = [entry(1, "points", 300), entry(2, "points", -50), entry(3, "fen", 100000)]
    assert points.balance(ledger, "points") == 250
    assert points.balance(ledger, "fen") == 100000
    assert points.balance([], "points") == 0


@pytest.mark.parametrize(
    ("yuan", "referrals", "key", "to_next"),
    [
        (499, 0, "", 1),
        (500, 0, "member", 1500),
        (1999, 0, "member", 1),
        (2000, 0, "silver", 3000),
        (5000, 0, "gold", 0),
        (800, 3, "diamond", 1200),
    ],
)
def test_tiers_by_amount_and_diamond_by_referrals_loy_01_loy_06(policy, yuan, referrals, key, to_next):
    result = tiers.tier(yuan * 100, 0, referrals, policy)
    assert (result.key, result.yuan_to_next) == (key, to_next)


def test_amount_and_frequency_must_both_hold_loy_01():
    policy = policies.load('[tiers]\nvariant = "amount_and_visits"')
    assert tiers.tier(600000, 5, 0, policy).key == "member"
    assert tiers.tier(600000, 12, 0, policy).key == "gold"


def test_only_closed_visits_count_towards_a_tier(visit, last_visit, policy, now):
    rich = visit.model_copy(update={"paid_fen": 900000})
    assert tiers.of_visits([rich, last_visit], 0, policy, now).explain.figures["spent_yuan"] == 398


@pytest.mark.parametrize(("fen", "costs"), [(100, 10), (101, 11), (39_800, 3_980), (0, None), (-100, None)])
def test_points_for_a_thing_are_its_price_rounded_up_loy_08(policy, fen, costs):
    assert policy.points.yuan_points == 10
    assert points.price(fen, policy) == costs


def test_where_points_buy_nothing_nothing_has_a_price_in_points_loy_08():
    assert points.price(100, policies.load("[points]\nyuan_points = 0")) is None
