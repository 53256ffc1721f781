"""Which products may be used at all (SAF-06): quality check, retained sample, the supplier's word on allergies, the date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from edge.kiosk.services import days
from edge.store import now
from salon.rules import tracing

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Product


class NoDay(ValueError):
    """Raised when the day of a quality check is none, or has not come yet."""


@dataclass(frozen=True)
class Item:
    """A product, and what speaks against it."""

    product: Product
    admission: tracing.Admission


def listed(store: Store) -> list[Item]:
    """All products, what needs somebody first."""
    today = days.day_of(now(), days.zone_name(store))
    items = [
        Item(product, tracing.admission(product, today)) for product in store.products.select(order_by="name")
    ]
    return sorted(items, key=lambda item: item.admission.ok)


def write(
    store: Store,
    actor: str,
    rid: str,
    *,
    admitted: bool,
    checked_at: str,
    sample: str,
    covers: bool,
    batch: str,
    expires: str,
) -> Product:
    """What was found at the check. A product that is not admitted is stopped at every bed at once. Raises NoDay, NoSuchRecord."""
    today = days.day_of(now(), days.zone_name(store))
    if checked_at and _day(checked_at) > today:
        raise NoDay(checked_at)
    if expires:
        _day(expires)
    with store.acting(actor), store.transaction():
        store.products.load(rid)
        return store.products.edit(
            rid, admitted=admitted, checked_at=checked_at, sample=sample.strip()[:80], supplier_covers=covers,
            batch=batch.strip()[:80], expires=expires,
        )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoDay(text) from error
