"""Home advice (MEA-05, SAF-09) and what counts as a real change between two scans."""

from __future__ import annotations

import pytest

from salon.rules import concerns
from salon.rules.advice import MOST_PRODUCTS, home_care

REDNESS = {"value": 8.0, "unit": "%", "score": 41, "repeat_sd": 0.5, "status": "measured"}


def test_a_product_with_her_allergen_is_never_advised_saf_05(member, product, told):
    toner = product("p-a", uses=["home", "redness"], ingredients=["Aqua", "乙醇"])
    cream = product("p-b", name="舒缓霜", uses=["home", "redness"], ingredients=["Aqua"])
    advice = home_care(member, {"redness": REDNESS}, [toner, cream], [], "zh", told=told(member))
    assert [a.product for a in advice] == ["p-b"]
    assert "泛红 41 分" in advice[0].reason
    assert "过敏原" in advice[0].reason


def test_aftercare_of_todays_services_comes_first_saf_09(member, product, service, told):
    cream = product("p-b", uses=["home", "redness"])
    advice = home_care(member, {"redness": REDNESS}, [cream], [service], "en", told=told(member))
    assert [a.kind for a in advice] == ["aftercare", "product"]
    assert advice[0].text == "Avoid heat for 24 hours"


def test_a_good_score_or_one_not_measured_asks_for_no_product(member, product, told):
    member.skin_type = ""
    cream = product("p-b", uses=["home", "redness"])
    good = REDNESS | {"score": 85}
    unmeasured = REDNESS | {"status": "not_measurable"}
    assert home_care(member, {"redness": good}, [cream], [], "zh", told=told(member)) == []
    assert home_care(member, {"redness": unmeasured}, [cream], [], "zh", told=told(member)) == []


def test_no_more_than_a_few_products_and_each_once_seg_13(member, product, told):
    scan = dict.fromkeys(("redness", "spots", "pores", "shine", "wrinkles"), REDNESS)
    shelf = [product(f"p-{key}", uses=["home", key]) for key in scan]
    advice = home_care(member, scan, shelf, [], "zh", told=told(member))
    assert len(advice) == MOST_PRODUCTS
    assert len({a.product for a in advice}) == MOST_PRODUCTS


def test_a_product_not_admitted_or_not_for_home_is_not_advised_saf_06(member, product, told):
    shelf = [
        product("p-a", uses=["home", "redness"], admitted=False),
        product("p-b", uses=["redness"]),
        product("p-c", uses=["home", "redness"], home_care=""),
    ]
    assert home_care(member, {"redness": REDNESS}, shelf, [], "zh", told=told(member)) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_product_before_her_allergies_are_known_here_and_she_reads_why_saf_05(
    member, product, service, told, lang
):
    """She may have told another store; this one does not know."""
    member.allergens = []
    cream = product("p-b", uses=["home", "redness"])
    found = home_care(member, {"redness": REDNESS}, [cream], [service], lang, told=told(member, asked=False))
    assert [a.kind for a in found] == ["aftercare", "unasked"]
    assert ("过敏" if lang == "zh" else "allergies") in found[-1].text


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (8.0, 6.0, "better"),  # 2.0 > 1.96 * sqrt(2) * 0.5 = 1.386
        (6.0, 8.0, "worse"),
        (8.0, 6.7, "same"),  # 1.3
        (8.0, 8.0, "same"),
    ],
)
def test_a_change_is_real_only_beyond_the_repeat_error_mea_02(before, after, verdict):
    pair = [REDNESS | {"value": value} for value in (before, after)]
    assert concerns.compare("redness", *pair) == verdict


@pytest.mark.parametrize(
    ("before", "after", "same_model", "verdict"),
    [
        (None, REDNESS, True, "not_measured"),
        (REDNESS, REDNESS | {"status": "not_measurable"}, True, "not_measured"),
        (REDNESS, REDNESS | {"value": None}, True, "not_measured"),
        (REDNESS, REDNESS | {"value": 1.0}, False, "not_comparable"),
        (REDNESS, REDNESS | {"unit": "1"}, True, "not_comparable"),
        (REDNESS, {"value": 1.0, "unit": "%"}, True, "unjudged"),
    ],
)
def test_what_cannot_be_compared_is_said_so(before, after, same_model, verdict):
    assert concerns.compare("redness", before, after, same_model=same_model) == verdict


def test_skin_tone_has_no_better_or_worse():
    pair = [REDNESS | {"value": value} for value in (30.0, 40.0)]
    assert concerns.compare("tone", *pair) == "changed"
    assert concerns.compare("something_new", *pair) == "changed"


def test_the_noisier_of_two_captures_decides():
    noisy = REDNESS | {"value": 6.0, "repeat_sd": 2.0}
    assert concerns.compare("redness", REDNESS, noisy) == "same"


def test_no_words_of_medicine_in_what_customers_read():
    words = [c.label for c in concerns.CONCERNS.values()] + list(concerns.VERDICTS.values())
    for said in words:
        for claim in ("治", "病", "疗", "cure", "treat", "disease", "heal"):
            assert claim not in said.zh
            assert claim not in said.en.lower()


def test_the_worst_is_seen_to_first(member, product, told):
    member.skin_type = ""
    scan = {
        "pores": REDNESS | {"score": 60},
        "redness": REDNESS | {"score": 69},
        "spots": REDNESS | {"score": 20},
    }
    shelf = [product(f"p-{key}", uses=["home", key]) for key in scan]
    advice = home_care(member, scan, shelf, [], "zh", told=told(member))
    assert [a.product for a in advice] == ["p-spots", "p-pores", "p-redness"]
