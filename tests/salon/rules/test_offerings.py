"""A label's list of ingredients, taken apart, and the allergens that the check at the bed will find in it (SAF-05)."""

from __future__ import annotations

import pytest

from salon.rules import offerings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Aqua, Glycerin,  Parfum.", ["Aqua", "Glycerin", "Parfum"]),
        ("水、甘油；香精。", ["水", "甘油", "香精"]),
        ("1,2-Hexanediol, Aqua", ["1,2-Hexanediol", "Aqua"]),
        ("Aqua\nAlcohol Denat.\n", ["Aqua", "Alcohol Denat."]),
        ("Aqua, Aqua", ["Aqua"]),
        ("", []),
    ],
)
def test_a_pasted_label_is_taken_apart_in_its_own_order_saf_04(text, found):
    assert offerings.ingredients(text) == found


def test_each_allergen_is_named_once_with_the_first_ingredient_that_is_one_saf_05():
    found = offerings.allergens_in(["Aqua", "Alcohol Denat.", "Ethanol", "Parfum"])
    assert [(one.key, one.ingredient) for one in found] == [
        ("alcohol", "Alcohol Denat."),
        ("fragrance", "Parfum"),
    ]
    assert all(one.label.zh and one.label.en for one in found)


def test_what_holds_none_finds_none():
    assert offerings.allergens_in(["Aqua", "Glycerin"]) == []
