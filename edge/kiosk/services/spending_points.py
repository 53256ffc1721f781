"""Points for what is no part of a visit (LOY-08): a product to take home, or a partner's benefit, handed over at the desk.

Under a lease as any debit, once for each form, and taken back by a reversing entry while nothing has been handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services.paying import BadPayment
from edge.kiosk.services.redeeming import NOT_RELEASED
from edge.kiosk.services.releasing import limit_reached
from edge.store import NoLease, now, told
from salon.rules import loyalty, points
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import LedgerEntry, Member

HOME = "home"
"""Use of the products that a customer takes home."""


@dataclass(frozen=True)
class Gift:
    """One thing that points buy at the desk."""

    kind: Literal["product", "partner"]
    key: str
    label: Said
    price: int


def offered(store: Store, policy: Policy, member: Member) -> list[Gift]:
    """What points may buy for her: admitted home products without an allergen of hers (SAF-05, SAF-06), and partners' benefits.

    No product before her allergens are known in this store: what she told another one may not be here.
    """
    health = told.of(store, member)
    found = [
        Gift("product", product.rid, Said(product.name, product.name_en), price)
        for product in store.products.select(order_by="name")
        if product.admitted and HOME in product.uses and health.against(product) is None
        if (price := points.price(product.price_fen, policy)) is not None
    ]
    found += [Gift("partner", one.key, Said(one.zh, one.en), one.points) for one in policy.points.partners]
    return sorted(found, key=lambda gift: gift.price)


def spend(store: Store, actor: str, policy: Policy, member: str, gift: str, *, key: str) -> LedgerEntry:
    """Pay with points, and hand it over. Raises BadPayment, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        known = store.ledger.find(f"points-{key}")
        if known is not None:
            return known
        person = store.members.load(member)
        wanted = next((one for one in offered(store, policy, person) if one.key == gift), None)
        if wanted is None:
            raise BadPayment(gift_points=Said("请选择要兑换的项目", "Please choose what the points are for"))
        entries = store.ledger.select((where("member") == member) & (where("unit") == "points"))
        try:
            entry = loyalty.buy_with_points(
                member, wanted.price, wanted.label.zh, entries, store.store_id, policy, now(), key
            )
        except ValueError as error:
            raise BadPayment(gift_points=Said("积分不足", "Not enough points")) from error
        try:
            return store.leases.spend(entry)[0]
        except NoLease as error:
            short = error
    store.leases.ask(member, "points", short.needed - short.held)
    raise BadPayment(gift_points=limit_reached(short) or NOT_RELEASED)
