"""Who had this batch (SAF-10): one search from a bottle to everyone it was used on."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk.context import the_store
from salon.records import Product
from salon.rules import names, phones, tracing


def search() -> ResponseReturnValue:
    """By barcode, batch, or the product's name."""
    wanted = " ".join(request.args.get("q", "").split())[:80]
    traces = [(product, _trace(product, batch)) for product, batch in _found(wanted)] if wanted else []
    return render_template(
        "desk/batches.html",
        q=wanted,
        traces=traces,
        names=names,
        mask=phones.mask,
        employees={employee.rid: employee for employee in the_store().employees.select()},
    )


def _found(wanted: str) -> list[tuple[Product, str]]:
    """Products with the batches that were meant: a batch by its own number, all of a product by its name or barcode."""
    store = the_store()
    catalogue = {product.rid: product for product in store.products.select()}
    plain = wanted.casefold()
    named = [
        p
        for p in catalogue.values()
        if plain in f"{p.name} {p.name_en} {p.brand} {p.brand_en}".casefold() or p.barcode == wanted
    ]
    if named:
        return [(product, "") for product in named]
    used = {use.product for use in store.product_uses.select(where("batch") == wanted)}
    current = {p.rid for p in catalogue.values() if p.batch == wanted}
    return [(catalogue[rid], wanted) for rid in sorted(used | current) if rid in catalogue]


def _trace(product: Product, batch: str) -> tracing.Trace:
    store = the_store()
    uses = where("product") == product.rid
    if batch:
        uses &= where("batch") == batch
    return tracing.who_had(
        product.rid, batch, store.product_uses.select(uses), store.members.find, store.complaints.select()
    )
