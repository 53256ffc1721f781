"""A product for the customer: picked or scanned, checked, used with its batch, or stopped (SAF-05, SAF-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk import heard
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.services import bottles, products
from edge.kiosk.signin import SignInRefused
from edge.kiosk.station.blueprint import bed, under_way
from edge.store import new_rid

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from salon.records import Employee, Product, ProductUse


def choose(rid: str) -> ResponseReturnValue:
    """Scan a bottle, or pick from the list."""
    return _list(under_way(rid), "")


def _list(found: Treatment, problem: str) -> str:
    choices = products.choices(the_store(), found.member, found.services)
    return render_template(
        "station/products.html", treatment=found, choices=choices, problem=problem, use=new_rid(),
        bottles=bottles.at(the_store(), the_policy(), found.visit, found.visit.bed or bed()),
    )  # fmt: skip


def pick(rid: str) -> ResponseReturnValue:
    """A product was picked or scanned: is it for her?"""
    found = under_way(rid)
    store = the_store()
    scanned = (heard.read(request.form) or request.form.get("barcode", ""))[:80]
    chosen = (
        products.with_barcode(store, scanned)
        if scanned
        else store.products.find(request.form.get("product", ""))
    )
    if chosen is None:
        if scanned:
            store.refuse(
                "http", request.remote_addr or "", "unknown-barcode", "not a product of ours", scanned
            )
        problem = _("This product is not in our list. It is not used before it is admitted.")
        return _list(found, problem), 422
    conflicts = products.conflicts(the_store(), chosen, found.member)
    if conflicts:
        stop = products.stop(store, actor(), found, chosen, conflicts, _use_rid())
        return redirect(url_for("station.stopped", rid=rid, use=stop.rid))
    return redirect(url_for("station.product", rid=rid, product=chosen.rid))


def _use_rid() -> str:
    """The id that the page gave this use before the first tap."""
    given = request.form.get("use", "")
    return given if len(given) == 36 and given.replace("-", "").isalnum() and given.islower() else new_rid()


def page(rid: str, product: str) -> ResponseReturnValue:
    """The product with its batch, to be confirmed."""
    return _confirm(under_way(rid), _product(product), "")


def _product(rid: str) -> Product:
    found = the_store().products.find(rid)
    if found is None:
        abort(404)
    return found


def _confirm(found: Treatment, product: Product, problem: str) -> str:
    return render_template(
        "station/product.html", treatment=found, product=product, problem=problem, use=new_rid()
    )


def use(rid: str, product: str) -> ResponseReturnValue:
    """It is used, with this batch."""
    found, chosen = under_way(rid), _product(product)
    batch, use_rid = request.form.get("batch", ""), _use_rid()
    try:
        products.use(the_store(), actor(), found, chosen, batch, use_rid)
    except products.NotUsable as refused:
        return _confirm(found, chosen, not_usable(refused.code)), 422
    except products.AllergenStop as stop:
        fact = products.stop(the_store(), actor(), found, chosen, stop.conflicts, use_rid)
        return redirect(url_for("station.stopped", rid=rid, use=fact.rid))
    return redirect(url_for("station.care", rid=rid))


def not_usable(code: str) -> str:
    return {
        "expired": _("This product is past its date: it is not used on anybody."),
        "not_admitted": _("This product is not admitted: it is not used on anybody."),
        "batch": _("The batch is missing. It stands on the bottle."),
        "not_asked": _("Her allergies are not known in this store yet: she answers the questionnaire first."),
    }[code]


def stopped(rid: str, use: str) -> ResponseReturnValue:
    """The stop: which ingredient, which allergen. Nothing was recorded as used."""
    found = under_way(rid)
    fact, product = _stop(found, use)
    conflicts = products.conflicts(the_store(), product, found.member)
    return render_template(
        "station/stopped.html", treatment=found, fact=fact, product=product, conflicts=conflicts
    )


def _stop(found: Treatment, use: str) -> tuple[ProductUse, Product]:
    """The fact of a stop in this visit, and its product."""
    fact = the_store().product_uses.find(use)
    if fact is None or fact.visit != found.visit.rid or fact.outcome != "stopped":
        abort(404)
    return fact, _product(fact.product)


def override(rid: str, use: str) -> ResponseReturnValue:
    """Two people may decide otherwise: the reason, and the second one's PIN."""
    return _override_page(under_way(rid), use, "")


def _override_page(found: Treatment, use: str, problem: str) -> str:
    fact, product = _stop(found, use)
    return render_template(
        "station/override.html",
        treatment=found,
        fact=fact,
        product=product,
        conflicts=products.conflicts(the_store(), product, found.member),
        seconds=_second_people(),
        problem=problem,
        typed={key: request.form.get(key, "") for key in ("reason", "login", "batch")},
    )


def _second_people() -> list[Employee]:
    """Who may be the second person: anybody else who knows products."""
    active = the_store().employees.select(where("active") == True, order_by="name")  # noqa: E712 - a query
    here = the_store().store_id
    return [e for e in active if e.store == here and e.rid != actor() and products.MAY_JUDGE & set(e.roles)]


def override_try(rid: str, use: str) -> ResponseReturnValue:
    found = under_way(rid)
    fact, _product_of_it = _stop(found, use)
    form = request.form
    try:
        products.override(
            the_store(),
            actor(),
            found,
            fact,
            batch=form.get("batch", "")[:80],
            reason=form.get("reason", "")[:200],
            login=form.get("login", "")[:80],
            pin=form.get("pin", "")[:20],
            source=request.remote_addr or "",
        )
    except products.OverrideRefused as refused:
        return _override_page(found, use, override_problem(refused.code)), 422
    except SignInRefused as refused:
        return _override_page(
            found, use, refused.said.in_(language())
        ), 429 if refused.lockout.locked else 401
    return redirect(url_for("station.care", rid=rid))


def override_problem(code: str) -> str:
    return {
        "reason": _("Please write the reason."),
        "batch": _("The batch is missing. It stands on the bottle."),
        "same_person": _("A second person has to agree, not you."),
        "role": _("This person cannot decide about products."),
    }[code]
