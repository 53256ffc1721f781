"""Care plans and recommendations (SEG-10, SEG-11, SEG-13, SEG-14, MEA-08, FUP-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salon import demo
from salon.records import CarePlan, Offer, Scan, Screening, Survey
from salon.rules import careplan, recommend
from salon.rules import told as told_rule
from salon.rules.times import instant, text

ZONE = "Asia/Shanghai"


def scan(days_ago, now, **scores):
    at = instant(now) - timedelta(days=days_ago)
    return Scan(
        rid=f"sc-{days_ago:03}", visit="v-1", member="m-wang-li", at=text(at), phase="after",
        concerns={k: {"value": v / 10, "score": v, "unit": "x", "repeat_sd": 0.2} for k, v in scores.items()},
    )  # fmt: skip


@pytest.fixture
def plan(now):
    return CarePlan(
        rid="plan-1", member="m-wang-li", template="anti_ageing", services=["svc-soothe"], products=["p-1"], every_days=21,
        started_at=text(instant(now) - timedelta(days=90)),
    )  # fmt: skip


def test_sensitive_skin_gets_soothing_monthly_seg_10(member, now):
    template, explain = careplan.template_for(member, scan(1, now, wrinkles=30))
    assert (template.key, template.every_days) == ("sensitive", 30)
    assert "SEG-10" in explain.rule


def test_anti_ageing_has_monthly_comparison_photos_seg_10(member, now):
    dry = member.model_copy(update={"skin_type": "dry"})
    template, explain = careplan.template_for(dry, scan(1, now, wrinkles=40, pores=60))
    assert (template.key, template.photos_every_days) == ("anti_ageing", 30)
    assert explain.figures == {"concern": "wrinkles", "score": 40.0}
    assert careplan.template_for(dry, scan(1, now, wrinkles=90))[0].key == "hydrating"


def test_a_plan_is_made_from_the_file_without_allergens_seg_11_fup_14(
    member, services, product, policy, now, told
):
    good = product("p-good", uses=["home", "soothing"])
    bad = product("p-bad", uses=["home", "soothing"], ingredients=["Alcohol Denat."])
    made = careplan.propose(member, None, services, [bad, good], policy, now, told=told(member), photos=True)
    assert (made.services, made.products, made.every_days) == (["svc-soothe"], ["p-good"], 28)
    assert made.photos_every_days == 0  # soothing care needs no photos
    assert made.policy == policy.version
    wounded = member.model_copy(update={"contraindications": ["wound"]})
    barred = careplan.propose(wounded, None, services, [good], policy, now, told=told(wounded), photos=True)
    assert barred.services == []


def test_a_plan_has_no_product_before_her_allergies_are_known_here_saf_05(
    member, services, product, policy, now, told
):
    good, unasked = product("p-good", uses=["home", "soothing"]), told(member, asked=False)
    made = careplan.propose(member, None, services, [good], policy, now, told=unasked, photos=False)
    assert made.products == []
    assert made.services == []  # the soothing care names a condition that nobody asked her about


def test_photos_are_in_the_plan_only_with_consent_mea_07(member, services, policy, now, told):
    dry = member.model_copy(update={"skin_type": "dry"})
    seen = scan(1, now, wrinkles=40)
    for photos, every in ((True, 30), (False, 0)):
        made = careplan.propose(dry, seen, services, [], policy, now, told=told(dry), photos=photos)
        assert made.photos_every_days == every


def test_effect_is_judged_by_what_repeats_differ_by_seg_11_mea_08(plan, now):
    found = careplan.effect(
        plan, [scan(80, now, wrinkles=60, pores=50), scan(2, now, wrinkles=40, pores=48)], []
    )
    assert found.better == ("wrinkles",)
    assert found.same == ("pores",)
    before_plan = careplan.effect(plan, [scan(200, now, wrinkles=90), scan(2, now, wrinkles=40)], [])
    assert before_plan.better == ()


def test_effect_and_satisfaction_adjust_the_plan_mea_08_seg_11(plan, policy, now):
    def adjusted(before, after, rating=95):
        given = [Survey(rid="s-1", member="m-wang-li", visit="v-1", at=now, satisfaction=rating)]
        scans = [scan(80, now, wrinkles=before), scan(2, now, wrinkles=after)]
        return careplan.adjust(plan, careplan.effect(plan, scans, given), policy, now).changes

    assert adjusted(60, 40) == {}
    assert adjusted(60, 59)["every_days"] == 14
    worse = adjusted(40, 60)
    assert (worse["template"], worse["every_days"]) == ("sensitive", 28)
    assert adjusted(60, 40, rating=60)["every_days"] == 28
    nothing = careplan.adjust(plan, careplan.effect(plan, [], []), policy, now)
    assert nothing.changes == {}
    assert "Not enough" in nothing.explain.said.en


def proposal(history, plan, products, offers, policy, now, seen=None, *, asked=True):
    answers = [
        Screening(rid="q-1", member=history.member.rid, taken_at=now, form="skin-1", sensitivity="none")
    ]
    told = told_rule.of([history.member], answers if asked else [])
    return recommend.recommend(history, plan, seen, products, offers, policy, now, ZONE, told=told)


def offer(now, days_ago, answer, n=0, item="svc-soothe"):
    at = text(instant(now) - timedelta(days=days_ago))
    return Offer(rid=f"o-{n}-{days_ago}", member="m-wang-li", item=item, at=at, answer=answer)


def test_recommended_from_plan_history_scan_and_season_with_reasons_seg_13(
    history, came, plan, product, policy, now
):
    tonic = product("p-1", uses=["home", "hydrating", "pores"])
    found = proposal(history(came(9), came(40)), plan, [tonic], [], policy, now, scan(1, now, pores=40))
    assert [r.item for r in found.items] == ["p-1", "svc-soothe"]
    first = found.items[0].explain
    assert "属于她的护理方案" in first.said.zh
    assert "毛孔" in first.said.zh
    assert first.figures["score"] == 5.5  # plan 3, scan 2, season 0.5
    assert first.policy == policy.version


def test_the_season_alone_is_no_reason_to_sell_seg_13(history, came, product, policy, now):
    found = proposal(history(came(9)), None, [product("p-1", uses=["home", "hydrating"])], [], policy, now)
    assert found.items == ()


def test_never_more_than_the_annoyance_limit_seg_13(history, came, plan, product, policy, now):
    plan.products = ["p-1", "p-2", "p-3"]
    found = proposal(history(came(9)), plan, [product(f"p-{n}") for n in (1, 2, 3)], [], policy, now)
    assert len(found.items) == 2


def test_an_allergen_or_a_condition_holds_it_back_with_the_reason_seg_13_saf_05(
    history, came, member, plan, product, policy, now
):
    hers = member.model_copy(update={"contraindications": ["wound"]})
    found = proposal(history(came(9), who=hers), plan, [product(ingredients=["Ethanol"])], [], policy, now)
    assert found.items == ()
    assert {h.item: h.explain.rule for h in found.held} == {
        "svc-soothe": "contraindicated (SAF-02)",
        "p-1": "allergens (SAF-05)",
    }


def test_nothing_with_a_product_before_her_allergies_are_known_here_saf_05_seg_13(
    history, came, plan, product, policy, now
):
    found = proposal(history(came(9)), plan, [product()], [], policy, now, asked=False)
    assert found.items == ()
    assert {h.item for h in found.held} == {"svc-soothe", "p-1"}
    assert found.unasked is not None
    assert "questionnaire" in found.unasked.said.en
    assert proposal(history(came(9)), plan, [product()], [], policy, now).unasked is None


def test_what_was_offered_lately_or_declined_twice_is_left_alone_seg_13(history, came, plan, policy, now):
    h = history(came(9))

    def items(*offers):
        return [r.item for r in proposal(h, plan, [], list(offers), policy, now).items]

    assert items() == ["svc-soothe"]
    assert items(offer(now, 29, "later")) == []
    assert items(offer(now, 31, "later")) == ["svc-soothe"]
    assert items(offer(now, 5, "taken")) == ["svc-soothe"]
    assert items(offer(now, 300, "declined", 1), offer(now, 200, "declined", 2)) == []


def test_when_it_is_due_again_by_cycle_then_by_her_rhythm_seg_14(history, came, policy, now):
    (nails,) = recommend.next_due(history(came(10, what="svc-nails")), policy, now, ZONE)
    assert instant(nails.at) == instant(now) + timedelta(days=14)  # a cycle of 24 days
    assert "cycle of 24 days" in nails.explain.said.en
    regular = history(*(came(n, what="svc-nails") for n in (10, 40, 70)))
    (nails,) = recommend.next_due(regular, policy, now, ZONE)
    assert instant(nails.at) == instant(now) + timedelta(days=20)
    assert "own rhythm" in nails.explain.said.en
    assert recommend.next_due(history(came(10, what="svc-scalp")), policy, now, ZONE) == []


def test_the_demo_catalogue_serves_every_plan_template_seg_10():
    services, products = demo.services(), demo.products()
    for template in careplan.TEMPLATES:
        wanted = set(template.uses)
        assert any(wanted & set(s.uses) for s in services), template.key
        assert any(wanted & set(p.uses) and "home" in p.uses for p in products), template.key


def test_the_demo_has_an_express_service_apt_12(policy):
    from salon.rules import booking

    assert any(booking.express(service, policy) for service in demo.services())


def test_the_latest_of_several_offers_decides_how_long_it_rests_seg_13(history, came, plan, policy, now):
    offers = [offer(now, 90, "later", 1), offer(now, 5, "later", 2)]
    found = proposal(history(came(9)), plan, [], offers, policy, now)
    assert found.items == ()
    assert found.held[0].explain.figures == {"days": 5}


def test_of_several_products_those_come_first_that_serve_what_matters_most_seg_11(
    member, services, product, policy, now, told
):
    template = careplan.template("anti_ageing")
    uses = template.uses
    shelf = [product("p-a", uses=["home", uses[-1]])]
    shelf += [product(rid, uses=["home", uses[-1], uses[0]]) for rid in ("p-b", "p-c")]
    made = careplan.propose(
        member, None, services, shelf, policy, now, told=told(member), photos=True, template=template
    )
    assert made.products == ["p-b", "p-c"]


@pytest.mark.parametrize(
    ("every", "taken", "due"),
    [(0, [], False), (30, [], True), (30, [29], False), (30, [30], True), (30, [45, 10], False)],
)
def test_a_comparison_photo_is_due_by_the_last_one_that_counts_mea_07(plan, now, every, taken, due):
    plan.photos_every_days = every
    scans = [scan(ago, now) for ago in taken]
    blurred = scan(1, now).model_copy(update={"accepted": False})
    others = scan(2, now).model_copy(update={"member": "m-other"})
    assert careplan.photo_due(plan, [*scans, blurred, others], now) is due
