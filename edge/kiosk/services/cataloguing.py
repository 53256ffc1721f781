"""What the house offers, kept by its manager: services with their steps, products with what is in them; added, changed, withdrawn.

Nothing is removed: past visits and bills name what was done. A service that is withdrawn is offered nowhere; a product may be used once
its papers say so (SAF-06), so a new one is not yet. The chain has one catalogue: what is written here reaches every store.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tinydb import where

from edge.store import new_rid
from salon.records import BadRecord, Product, Service
from salon.rules import allergens, offerings
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Store
    from edge.store.records import RecordTable

Kind = Literal["service", "product"]
KINDS: tuple[Kind, ...] = ("service", "product")
WRONG = Said("这一项填得不对", "This does not fit here")
_LIMITS: Mapping[str, Said] = {
    "minutes": Said("5 至 480 分钟", "5 to 480 minutes"),
    "express_minutes": Said("0 至 120 分钟", "0 to 120 minutes"),
    "cycle_days": Said("0 至 730 天", "0 to 730 days"),
}
"""What a number may be, by the record's own declaration."""


class BadEntry(ValueError):
    """Raised when an entry cannot be kept so; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


@dataclass(frozen=True)
class Listed:
    """A product of the list, and the allergens in it."""

    product: Product
    found: tuple[Said, ...]


def services(store: Store) -> list[tuple[Said, list[Service]]]:
    """By category, as the desk has them; what is withdrawn stands last in each."""
    known = sorted(store.services.select(), key=lambda one: (not one.active, one.name))
    groups = [(said, [s for s in known if s.category == key]) for key, said in offerings.CATEGORIES.items()]
    return [(said, own) for said, own in groups if own]


def products(store: Store) -> list[Listed]:
    """All products, those that may be used first."""
    known = sorted(store.products.select(), key=lambda one: (not one.admitted, one.brand, one.name))
    return [Listed(one, tuple(allergens_of(one))) for one in known]


def allergens_of(product: Product) -> list[Said]:
    """Declared, or named by an ingredient."""
    keys = {allergens.key_of(word) for word in product.allergens}
    keys |= {found.key for found in offerings.allergens_in(product.ingredients)}
    return [allergens.label(key) for key in sorted(keys)]


def table(store: Store, kind: Kind) -> RecordTable[Any]:
    return store.services if kind == "service" else store.products


def mark(entry: Service | Product | None) -> str:
    """What a form was filled in from; a new entry has none."""
    if entry is None:
        return ""
    text = json.dumps(entry.document(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add(store: Store, actor: str, kind: Kind, values: Mapping[str, Any]) -> Service | Product:
    """A new service, on offer at once; a new product, not to be used before its papers are there. Raises BadEntry."""
    first = {} if kind == "service" else {"admitted": False}
    with store.acting(actor), store.transaction():
        _check(store, kind, "", values)
        made = _parsed(store, kind, {"rid": new_rid(), **first, **values})
        table(store, kind).add(made)
        return made


def change(store: Store, actor: str, kind: Kind, rid: str, values: Mapping[str, Any], seen: str) -> None:
    """Other values than those the form was `seen` with. Raises BadEntry, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        entry = table(store, kind).load(rid)
        if mark(entry) != seen:
            raise BadEntry(
                seen=Said(
                    "此项刚被别人修改过：请核对后再保存一次",
                    "Somebody else has just changed this: look it over and save once more",
                )
            )
        _check(store, kind, rid, values)
        _parsed(store, kind, {**entry.document(), **values})
        table(store, kind).edit(rid, **values)


def restore(store: Store, kind: Kind, rid: str, old: Mapping[str, Any]) -> None:
    """What an entry was before: checked like anything that is typed. Call it in a transaction. Raises BadEntry, NoSuchRecord."""
    entry = table(store, kind).load(rid)
    _check(store, kind, rid, old)
    _parsed(store, kind, {**entry.document(), **old})
    table(store, kind).edit(rid, **old)


def offer(store: Store, actor: str, rid: str, *, active: bool) -> None:
    """Withdraw a service, or offer it again. What is booked of it stays. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        if store.services.load(rid).active != active:
            store.services.edit(rid, active=active)


def _check(store: Store, kind: Kind, rid: str, values: Mapping[str, Any]) -> None:
    """What one entry may not share with another. Raises BadEntry."""
    wrong: dict[str, Said] = {}
    for field in ("name", "name_en"):
        if field in values and not values[field]:
            wrong[field] = Said("请填写名称", "Please enter a name")
    name, code = values.get("name", ""), values.get("barcode", "")
    if name and _other(store, kind, rid, "name", name):
        wrong["name"] = Said("已经有这个名称", "There is one of this name already")
    if code and (other := _other(store, kind, rid, "barcode", code)):
        wrong["barcode"] = Said(
            f"这个条码是“{other.name}”的", f"This is the barcode of “{other.name_en or other.name}”"
        )
    if wrong:
        raise BadEntry(**wrong)


def _other(store: Store, kind: Kind, rid: str, field: str, value: str) -> Any:
    found = table(store, kind).select(where(field) == value)
    return next((one for one in found if one.rid != rid), None)


def _parsed(store: Store, kind: Kind, document: dict[str, Any]) -> Service | Product:
    """Raises BadEntry naming the fields that do not fit the record."""
    cls: type[Service | Product] = table(store, kind).record_class
    try:
        return cls.parse(document)
    except BadRecord as bad:
        fields = {problem.split(".")[0] for problem in bad.problems}
        raise BadEntry(**{field: _LIMITS.get(field, WRONG) for field in fields}) from bad
