"""The care plan at the bed: proposed with its reason, kept by a person, judged by measurements, adjusted once (SEG-11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.store import iso
from salon import records

PLAN = "/station/visit/v-1/plan"


def ago(days):
    return iso(datetime.now(UTC) - timedelta(days=days))


@pytest.fixture
def stocked(store):
    """A soothing service, a cream for home that she may have, and one that she may not."""
    store.services.edit("svc-face", uses=["soothing"])
    store.members.edit("m-wang", skin_type="sensitive", allergens=["alcohol"])
    for rid, name, ingredients in (
        ("p-mild", "Mild cream", ["Aqua"]),
        ("p-sharp", "Sharp tonic", ["Alcohol Denat."]),
    ):
        store.products.add(
            records.Product(
                rid=rid,
                name=name,
                name_en=name,
                ingredients=ingredients,
                uses=["home", "soothing"],
                batch="B",
            )
        )


def plans(store):
    return store.care_plans.select()


def test_a_plan_is_proposed_with_its_reason_and_without_her_allergen(treated, stocked):
    """SEG-10, SEG-11, FUP-14, SAF-05"""
    page = treated.get(PLAN).text
    assert "Sensitive: soothing care" in page
    assert "By skin type" in page
    assert "Mild cream" in page
    left_out = page.split("Left out: an allergen of hers", 1)[1]
    assert "Sharp tonic" in left_out
    assert "SEG-10" in page


def test_before_her_allergies_are_known_here_no_product_and_no_offer_and_it_says_why_saf_05(
    treated, store, stocked, told_elsewhere
):
    """SAF-05, SEG-11, SEG-13: at the plan, at the recommendation, at the advice for home, and at the bottle."""
    for path in (PLAN, "/station/visit/v-1/offers"):
        page = treated.get(path).text
        assert "allergies are not known in this store" in page, path
        assert "Mild cream" not in page, path
    store.products.edit("p-mild", home_care="早晚", home_care_en="Mornings")
    assert "Before we know your allergies" in treated.get("/station/visit/v-1/finish").text
    use = {"batch": "B", "use": "0" * 36}
    answer = treated.post("/station/visit/v-1/products/p-mild", data=use)
    assert answer.status_code == 422
    assert "answers the questionnaire first" in answer.text
    assert store.product_uses.select() == []


def test_a_product_of_her_plan_that_she_has_become_allergic_to_is_no_part_of_it_any_more_saf_05(
    treated, store, stocked
):
    treated.post(PLAN, data={"do": "keep"})
    store.members.edit("m-wang", allergens=["alcohol", "aqua"])
    inside = treated.get(PLAN).text.split("Left out: an allergen of hers", 1)[0]
    assert "Mild cream" not in inside


def test_nothing_is_hers_until_it_is_kept_and_then_it_is_one_plan(treated, store, stocked):
    """SEG-11"""
    treated.get(PLAN)
    assert plans(store) == []
    for _ in range(2):
        treated.post(PLAN, data={"do": "keep"})
    (plan,) = plans(store)
    assert (plan.template, plan.products, plan.services, plan.store) == (
        "sensitive",
        ["p-mild"],
        ["svc-face"],
        "s001",
    )
    assert plan.policy
    assert "End the plan" in treated.get(PLAN).text


def test_her_plan_is_named_at_the_greeting_in_her_language(treated, store, stocked, app):
    """SVC-05"""
    treated.post(PLAN, data={"do": "keep"})
    assert "Soothing facial, every 28 days" in treated.get("/station/visit/v-1/prepare").text


def test_no_measurable_change_brings_care_a_week_sooner_once(treated, store, stocked, scanned):
    """MEA-08: two scans of the same redness; the second touch of one page changes nothing more."""
    treated.post(PLAN, data={"do": "keep"})
    (plan,) = plans(store)
    scanned(redness=40.0)
    scanned(redness=40.2, phase="after")
    assert "a week sooner" in treated.get(PLAN).text
    for _ in range(2):
        treated.post(PLAN, data={"do": "adjust", "seen": ""})
    (after,) = plans(store)
    assert after.every_days == plan.every_days - 7
    assert "Not enough to adjust by" in treated.get(PLAN).text


def test_a_plan_that_made_it_worse_gives_way_to_the_gentlest_with_its_own_care(
    treated, store, stocked, scanned
):
    """MEA-08, SEG-11"""
    store.care_plans.add(
        records.CarePlan(
            rid="plan-old", member="m-wang", store="s001", template="anti_ageing", goals=["firming"], products=["p-toner"],
            every_days=21, started_at=ago(60),
        )
    )  # fmt: skip
    scanned(redness=30.0)
    scanned(redness=45.0, phase="after")
    treated.post(PLAN, data={"do": "adjust", "seen": ""})
    (plan,) = plans(store)
    assert (plan.template, plan.products, plan.every_days) == ("sensitive", ["p-mild"], 28)
    assert plan.adjusted_why


def test_a_comparison_photo_is_asked_for_when_it_is_due(treated, store, scanned):
    """MEA-07: monthly photos, and thirty days after the last one."""
    store.care_plans.add(
        records.CarePlan(
            rid="plan-1", member="m-wang", store="s001", template="brightening", every_days=28, photos_every_days=30,
            started_at=ago(90),
        )
    )  # fmt: skip
    scanned(visit="v-0", at=ago(40))
    asked = "Comparison photo of her plan is due"
    assert asked in treated.get("/station/visit/v-1/prepare").text
    scanned(at=ago(0))
    assert asked not in treated.get("/station/visit/v-1/prepare").text


def test_a_plan_that_she_does_not_want_ends_and_another_day_brings_another(treated, store, stocked):
    treated.post(PLAN, data={"do": "keep"})
    treated.post(PLAN, data={"do": "end"})
    assert [plan.state for plan in plans(store)] == ["ended"]
    treated.post(PLAN, data={"do": "keep"})
    assert [plan.state for plan in plans(store)] == ["active"]
