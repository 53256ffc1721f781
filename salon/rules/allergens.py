"""Which allergens there are, what ingredient lists call them, and whether a product has one (SAF-04, SAF-05).

When in doubt, a conflict: a product not used costs a minute, a reaction costs a customer. An allergen that the catalogue
does not know is kept as the customer said it, and looked for as text in every ingredient.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from salon.records import Product
from salon.rules.said import Explain, Said


@dataclass(frozen=True)
class Allergen:
    """One entry of the catalogue."""

    key: str
    label: Said
    names: frozenset[str]
    contains: tuple[str, ...]

    def is_in(self, ingredient: str) -> bool:
        parts = _parts(ingredient)
        return any(part in self.names or any(word in part for word in self.contains) for part in parts)


@dataclass(frozen=True)
class Conflict:
    """One reason why a product is not for a customer."""

    allergen: str
    """A key of the catalogue, or the customer's own word."""
    label: Said
    ingredient: str
    """As the product lists it."""
    explain: Explain


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace(".", " ").replace("*", " ").split())


def _parts(ingredient: str) -> list[str]:
    """The names in an ingredient: `Alcohol Denat. (变性乙醇)` has two."""
    plain = _plain(ingredient)
    return [plain, *(part.strip() for part in re.split(r"[()\[\]【】,;、]| / ", plain) if part.strip())]


@cache
def _catalogue() -> dict[str, Allergen]:
    raw = tomllib.loads(files(__package__).joinpath("allergens.toml").read_text("utf-8"))
    return {
        key: Allergen(
            key,
            Said(body["zh"], body["en"]),
            frozenset(map(_plain, [*body["names"], body["zh"], body["en"], key])),
            tuple(word.casefold() for word in body.get("contains", ())),
        )
        for key, body in raw.items()
    }


CATALOGUE: dict[str, Allergen] = _catalogue()


def key_of(word: str) -> str:
    """The catalogue's key of an allergen as someone says it (酒精, Ethanol), or the word itself if unknown."""
    plain = _plain(word)
    for suffix in ("过敏", " allergy"):
        plain = plain.removesuffix(suffix).strip()
    plain = plain.removeprefix("对") if plain not in CATALOGUE["ppd"].names else plain
    for allergen in CATALOGUE.values():
        if plain == allergen.key or plain in allergen.names:
            return allergen.key
    for allergen in CATALOGUE.values():
        if any(text in plain for text in allergen.contains):
            return allergen.key
    return plain


def label(key: str) -> Said:
    """How an allergen is called on a page; a customer's own word stands for itself."""
    return CATALOGUE[key].label if key in CATALOGUE else Said(key, key)


def conflicts(product: Product, member_allergens: Iterable[str]) -> list[Conflict]:
    """Every allergen of the customer that is in the product, with the ingredient that says so."""
    found: dict[str, Conflict] = {}
    for key in sorted({key_of(word) for word in member_allergens}):
        ingredient = _ingredient_with(product, key)
        if ingredient:
            found[key] = _conflict(product, key, ingredient)
    return list(found.values())


def _ingredient_with(product: Product, key: str) -> str:
    for declared in product.allergens:
        if key_of(declared) == key:
            return declared
    allergen = CATALOGUE.get(key)
    for ingredient in product.ingredients:
        if allergen.is_in(ingredient) if allergen else _mentions(ingredient, key):
            return ingredient
    return ""


def _mentions(ingredient: str, word: str) -> bool:
    """A Chinese word anywhere in it; a Latin one as a whole word, or as the stem of one (rose, roses)."""
    plain = _plain(ingredient)
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}s?\b", plain) is not None
    return word in plain


def _conflict(product: Product, key: str, ingredient: str) -> Conflict:
    name = label(key)
    shown = label(ingredient)
    said = Said(
        f"“{product.name}”含有{shown.zh}，顾客对{name.zh}过敏",
        f"“{product.name_en}” contains {shown.en}; the customer is allergic to {name.en.lower()}",
    )
    figures = {"product": product.rid, "ingredient": ingredient, "allergen": key}
    return Conflict(key, name, ingredient, Explain("allergens (SAF-05)", said, figures))
