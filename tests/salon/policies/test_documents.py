"""The owners' documents, figure by figure: what the inventory's table offers is what a house can choose."""

from __future__ import annotations

import pytest

from salon import policies

OFFERED = {
    "dormant_after": [
        {"per_cycle": True, "days": 90},
        {"per_cycle": False, "days": 90},
        {"per_cycle": False, "days": 30},
    ],
    "churn_triggers": [
        {"ticket_falls": 2, "low_rating": 80, "low_ratings": 2, "cancellations_over": 3, "dormant": True}
    ],
    "identify_target": [{"seconds": 30}, {"seconds": 180}],
    "lifecycle": [
        {"scheme": "four"},
        {"scheme": "three", "loyal_visits_a_year": 10, "loyal_top_up_yuan": 10_000},
    ],
    "high_value": [{"rule": "month", "month_yuan": 500}, {"rule": "loyal"}],
    "referral": [
        {"points_each": 200},
        {"voucher_yuan_each": 200, "skin_test": True},
        {"voucher_yuan_each": 50},
        {"voucher_yuan_each": 100},
    ],
    "points": [{"per_yuan": 1, "basic_polish_points": 500}],
    "birthday": [{"refresh_days": 30, "staff_days": 15, "greeting_days": 0}],
    "win_back": [
        {"voucher_yuan": 100, "free_care": True},
        {"voucher_yuan": 50},
        {"gift": True, "trial_voucher": True},
    ],
    "satisfaction_scale": [{"low": 80, "good": 90, "excellent": 95}],
    "complaint_clock": [{"respond_min": 30, "plan_h": 24, "solve_h": 72, "opening_hours": "all"}],
    "training_gate": [{"exam": "before_duty", "training_days": 15}, {"exam": "first_week"}],
    "marketing_cap": [{"per_week": 2}],
    "compensation": [
        {"free_basic_treatments": 1},
        {"product_at_cost": True},
        {"package_discount": 0.2, "package_extra": 3},
    ],
}
"""Section -> the documents' figures, the default first."""


@pytest.mark.parametrize("section", OFFERED)
def test_a_section_offers_the_documents_figures_the_default_first(section):
    sets = [variant.values for variant in policies.variants(section).values()]
    for own, wanted in zip(sets, OFFERED[section], strict=False):
        assert {key: own[key] for key in wanted} == wanted
    assert len(sets) >= len(OFFERED[section])


@pytest.mark.parametrize(
    ("variant", "levels"),
    [
        ("amount", [("member", 500), ("silver", 2000), ("gold", 5000), ("diamond", None)]),
        ("cards", [("silver", 2000), ("gold", 5000), ("black", 20_000)]),
        ("amount_and_visits", [("member", 500), ("silver", 2000), ("gold", 5000)]),
    ],
)
def test_the_three_ways_to_a_tier_loy_01(variant, levels):
    found = policies.variants("tiers")[variant].values["levels"]
    assert [(level["key"], level.get("amount_yuan")) for level in found] == levels


def test_follow_ups_at_two_hours_a_day_three_days_and_a_week_in_one_contact_or_two_fup_01():
    merged, apart = (policies.variants("followups")[name].values["contacts"] for name in ("merged", "apart"))
    assert [contact["after_h"] for contact in merged] == [2, 24, 72, 168]
    assert sorted(contact["after_h"] for contact in apart) == [2, 24, 72, 72, 168]


def test_the_shorter_and_the_longer_list_of_what_a_file_must_have_prf_03():
    short, long = (
        set(policies.variants("intake_required")[name].values["fields"])
        for name in ("contact_and_safety", "long")
    )
    assert {"phone", "allergens", "skin_type"} <= short
    assert {"gender", "birthday", "occupation", "phone"} <= long
