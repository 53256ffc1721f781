"""The allergen stop (SAF-04, SAF-05): what ingredient lists call things, and what only sounds like them."""

from __future__ import annotations

import pytest

from salon.rules import allergens


@pytest.mark.parametrize(
    ("ingredient", "allergen"),
    [
        ("乙醇", "alcohol"),
        ("Ethanol", "alcohol"),
        ("ALCOHOL DENAT.", "alcohol"),
        ("Alcohol Denat. (变性乙醇)", "alcohol"),
        ("变性乙醇", "alcohol"),
        ("Parfum", "fragrance"),
        ("（日用）香精", "fragrance"),
        ("Limonene", "fragrance"),
        ("LINALOOL", "fragrance"),
        ("薰衣草精油", "fragrance"),
        ("薰衣草精油", "essential_oils"),
        ("HEMA", "gel_polish"),
        ("Hydroxyethyl Methacrylate", "gel_polish"),
        ("Nickel-plated charm", "nickel"),
        ("Lanolin Alcohol", "lanolin"),
        ("水杨酸", "salicylic_acid"),
        ("Methylparaben", "parabens"),
        ("羟苯甲酯", "parabens"),
        ("p-Phenylenediamine", "ppd"),
        ("Propolis Extract", "propolis"),
        ("Povidone-Iodine", "iodine"),
        ("Natural Rubber Latex", "latex"),
    ],
)
def test_a_synonym_in_the_ingredients_is_a_conflict_saf_05(product, ingredient, allergen):
    found = allergens.conflicts(product(ingredients=["Aqua", ingredient]), [allergen])
    assert [(c.allergen, c.ingredient) for c in found] == [(allergen, ingredient)]
    assert "产品" in found[0].explain.said.zh


@pytest.mark.parametrize("ingredient", ["Cetearyl Alcohol", "苯氧乙醇", "Phenoxyethanol", "Stearyl Alcohol"])
def test_what_only_sounds_like_alcohol_is_no_conflict(product, ingredient):
    assert allergens.conflicts(product(ingredients=[ingredient]), ["alcohol"]) == []


def test_a_declared_allergen_of_the_product_counts_without_its_ingredient(product):
    assert allergens.conflicts(product(allergens=["酒精"]), ["alcohol"])


@pytest.mark.parametrize(
    ("word", "ingredient", "stopped"),
    [
        ("玫瑰", "大马士革玫瑰花水", True),
        ("rose", "Rosa Damascena (Rose) Flower Water", True),
        ("rose", "Prosecco", False),
        ("银杏", "Aqua", False),
    ],
)
def test_an_allergen_the_catalogue_does_not_know_is_looked_for_as_text_saf_04(
    product, word, ingredient, stopped
):
    assert bool(allergens.conflicts(product(ingredients=[ingredient]), [word])) is stopped


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("酒精过敏", "alcohol"),
        ("对酒精过敏", "alcohol"),
        ("Fragrance", "fragrance"),
        ("对苯二胺", "ppd"),
        ("香精", "fragrance"),
        ("芒果", "芒果"),
    ],
)
def test_words_of_customers_become_keys_of_the_catalogue(said, key):
    assert allergens.key_of(said) == key


def test_every_name_of_the_catalogue_is_found_in_an_ingredient_list(product):
    for key, entry in allergens.CATALOGUE.items():
        for name in entry.names:
            assert allergens.conflicts(product(ingredients=[name]), [key]), (key, name)


def test_a_customer_without_allergens_has_no_conflicts(product):
    assert allergens.conflicts(product(ingredients=["Alcohol", "Parfum"]), []) == []
