"""Products on a customer: batch recorded (SAF-10), stopped when one holds her allergen (SAF-05), never silently.

Nothing is recorded as used before the check has passed; a stop is a fact of its own; going on all the same takes a reason
and a second person's PIN, under the same lock-out as signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk import signin
from edge.kiosk.services import days
from edge.kiosk.services.once import add_once, fact_rid
from edge.store import now, told
from salon.records import ProductUse
from salon.rules import allergens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Member, Product, Service

MAY_JUDGE = frozenset({"beautician", "consultant", "manager", "owner"})
"""Roles whose PIN counts as the second person's: people who know products."""
Category = Literal["skin", "nails", "hair", "body"]
MADE_FOR: dict[Category, frozenset[str]] = {
    "nails": frozenset({"nails"}),
    "hair": frozenset({"hair", "scalp"}),
}
"""Category of services -> uses of products that are for nothing else."""
SHORTEST_REASON = 4
"""Characters: enough for 已做皮试, too many for a slip of the finger."""


class AllergenStop(Exception):
    """Raised when a product holds an allergen of the customer; `.conflicts` name the ingredients."""

    def __init__(self, conflicts: list[allergens.Conflict]) -> None:
        self.conflicts = conflicts
        super().__init__(", ".join(conflict.allergen for conflict in conflicts))


class NotUsable(ValueError):
    """Raised when a product is not to be used on anybody; `.code` is `expired`, `not_admitted`, `batch`, or
    `not_asked`: her allergies are not known in this store.
    """

    def __init__(self, code: Literal["expired", "not_admitted", "batch", "not_asked"]) -> None:
        self.code = code
        super().__init__(code)


class OverrideRefused(PermissionError):
    """Raised when an override is not taken; `.code` is `reason`, `batch`, `same_person` or `role`."""

    def __init__(self, code: Literal["reason", "batch", "same_person", "role"]) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Choice:
    """A product on the list, and whether it is for this customer."""

    product: Product
    conflicts: tuple[allergens.Conflict, ...]
    problem: str
    """`expired`, or empty."""


def choices(store: Store, member: Member, services: Sequence[Service] = ()) -> list[Choice]:
    """The admitted products: those for this customer and for what is done today first."""
    today = {service.category for service in services}
    named = told.of(store, member).allergens
    found = [
        Choice(product, tuple(allergens.conflicts(product, named)), _problem(store, product))
        for product in store.products.select(where("admitted") == True)  # noqa: E712 - a query
    ]
    return sorted(
        found,
        key=lambda c: (
            bool(c.conflicts), bool(c.problem), not _fits(c.product, today), c.product.brand, c.product.name
        ),
    )  # fmt: skip


def _fits(product: Product, categories: set[Category]) -> bool:
    """Whether a product is for what is done today: a face cream for skin, never a hair dye first."""
    special = {category for category, words in MADE_FOR.items() if words & set(product.uses)}
    return bool(special & categories) if special else bool(categories - set(MADE_FOR))


def with_barcode(store: Store, code: str) -> Product | None:
    """The product of a scanned barcode."""
    text = code.strip()
    found = store.products.select(where("barcode") == text, limit=1) if text else []
    return found[0] if found else None


def conflicts(store: Store, product: Product, member: Member) -> list[allergens.Conflict]:
    return allergens.conflicts(product, told.of(store, member).allergens)


def _problem(store: Store, product: Product) -> Literal["", "expired", "not_admitted"]:
    if not product.admitted:
        return "not_admitted"
    today = days.day_of(now(), days.zone_name(store)).isoformat()
    return "expired" if product.expires and product.expires < today else ""


def used_in(store: Store, visit: str) -> list[ProductUse]:
    return store.product_uses.select(where("visit") == visit, order_by="at")


def use(store: Store, actor: str, treatment: Treatment, product: Product, batch: str, rid: str) -> ProductUse:
    """The product is used on the customer. The same `rid` twice is one use. Raises NotUsable, AllergenStop."""
    with store.acting(actor), store.transaction():
        known = store.product_uses.find(rid)
        if known is not None:
            return known
        problem = _problem(store, product)
        if problem:
            raise NotUsable(problem)
        found = conflicts(store, product, treatment.member)
        if found:
            raise AllergenStop(found)
        if not told.of(store, treatment.member).asked:
            raise NotUsable("not_asked")
        if not batch.strip():
            raise NotUsable("batch")
        return store.product_uses.add(_fact(treatment, actor, product, rid, batch=batch))


def stop(
    store: Store,
    actor: str,
    treatment: Treatment,
    product: Product,
    found: list[allergens.Conflict],
    rid: str,
) -> ProductUse:
    """The product was stopped before it was used: that is a fact as well."""
    fact = _fact(treatment, actor, product, rid, batch=product.batch).model_copy(
        update={"outcome": "stopped", "conflicts": sorted(conflict.allergen for conflict in found)}
    )
    with store.acting(actor), store.transaction():
        return add_once(store.product_uses, fact)


def override(
    store: Store,
    actor: str,
    treatment: Treatment,
    stopped: ProductUse,
    *,
    batch: str,
    reason: str,
    login: str,
    pin: str,
    source: str,
) -> ProductUse:
    """Go on although the product was stopped. Raises OverrideRefused, SignInRefused (wrong PIN, or locked)."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise OverrideRefused("reason")
    if not batch.strip():
        raise OverrideRefused("batch")
    second = signin.with_pin(store, login, pin, source)
    if second.rid == actor:
        raise OverrideRefused("same_person")
    if not MAY_JUDGE & set(second.roles):
        raise OverrideRefused("role")
    fact = _fact(
        treatment,
        actor,
        store.products.load(stopped.product),
        fact_rid("override", stopped.rid),
        batch=batch,
    ).model_copy(
        update={
            "outcome": "overridden",
            "conflicts": stopped.conflicts,
            "reason": reason.strip()[:200],
            "second_person": second.rid,
        }
    )
    with store.acting(actor), store.transaction():
        return add_once(store.product_uses, fact)


def _fact(treatment: Treatment, actor: str, product: Product, rid: str, *, batch: str) -> ProductUse:
    return ProductUse(
        rid=rid,
        visit=treatment.visit.rid,
        member=treatment.visit.member,
        product=product.rid,
        batch=batch.strip()[:200],
        at=now(),
        by=actor,
    )
