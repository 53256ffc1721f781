"""The catalogue: what the house offers and sells, added, changed and withdrawn, with who changed what and a way back (SVC-07, SAF-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.services import catalogue_forms as forms
from edge.kiosk.services import catalogue_history as history
from edge.kiosk.services import cataloguing
from edge.store import NoSuchRecord
from salon.records import Product, Service
from salon.rules import allergens, answers, offerings, screening
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.cataloguing import Kind

NEW = "new"
"""In place of an entry's id: it has none yet."""


def listing() -> ResponseReturnValue:
    """All that the house offers, and all that it uses and sells."""
    store = the_store()
    return render_template(
        "manager/catalogue.html",
        groups=cataloguing.services(store),
        products=cataloguing.products(store),
    )


def entry(kind: str, rid: str) -> ResponseReturnValue:
    known = _kind(kind)
    found = _found(known, rid)
    filled = forms.of_entry(found) if found else forms.Filled(sets={name: [] for name in forms.SETS[known]})
    if found is None and known == "service":
        filled.steps = forms.with_new_step([])
    return _form(known, found, filled, {})


def save(kind: str, rid: str) -> ResponseReturnValue:
    """Keep it; or only add, move or take out a step, which keeps nothing yet."""
    known = _kind(kind)
    found, filled = _found(known, rid), forms.typed(request.form, known)
    do, _sep, key = request.form.get("do", "").partition(":")
    if do in {"step", "up", "down", "remove"} and known == "service":
        filled.steps = _other_steps(filled.steps, do, key)
        return _form(known, found, filled, {}, at=key or filled.steps[-1]["key"])
    try:
        values = forms.values(filled, known)
        if found is None:
            made = cataloguing.add(the_store(), actor(), known, values)
            return redirect(url_for("manager.entry", kind=known, rid=made.rid, kept="yes"))
        cataloguing.change(the_store(), actor(), known, rid, values, request.form.get("seen", ""))
    except cataloguing.BadEntry as bad:
        problems = {key: said.in_(language()) for key, said in bad.fields.items()}
        return _form(known, _found(known, rid), filled, problems)
    return redirect(url_for("manager.entry", kind=known, rid=rid, kept="yes"))


def _other_steps(steps: list[dict[str, Any]], do: str, key: str) -> list[dict[str, Any]]:
    if do == "step":
        return forms.with_new_step(steps)
    if do == "remove":
        return forms.without(steps, key)
    return forms.moved(steps, key, -1 if do == "up" else 1)


def offer(rid: str) -> ResponseReturnValue:
    """Withdraw a service, or offer it again."""
    try:
        cataloguing.offer(the_store(), actor(), rid, active=request.form.get("active") == "yes")
    except NoSuchRecord:
        abort(404)
    return redirect(url_for("manager.entry", kind="service", rid=rid))


def take_back(kind: str, rid: str) -> ResponseReturnValue:
    """Undo one change of an entry."""
    known = _kind(kind)
    try:
        history.take_back(the_store(), actor(), known, rid, request.form.get("change", ""))
    except NoSuchRecord:
        abort(404)
    except cataloguing.BadEntry as bad:
        found = _found(known, rid)
        assert found is not None, "its history was just read"
        said = next(iter(bad.fields.values()))
        return _form(known, found, forms.of_entry(found), {"history": said.in_(language())})
    return redirect(url_for("manager.entry", kind=known, rid=rid))


def _kind(kind: str) -> Kind:
    if kind not in cataloguing.KINDS:
        abort(404)
    return kind


def _found(kind: Kind, rid: str) -> Service | Product | None:
    if rid == NEW:
        return None
    found: Service | Product | None = cataloguing.table(the_store(), kind).find(rid)
    if found is None:
        abort(404)
    return found


def _form(
    kind: Kind, found: Service | Product | None, filled: forms.Filled, problems: dict[str, str], at: str = ""
) -> ResponseReturnValue:
    first = offerings.WHERE if kind == "product" else {}
    known = {**first, **offerings.NEEDS, **offerings.OCCASIONS}
    page = render_template(
        f"manager/{kind}.html",
        kind=kind,
        entry=found,
        rid=found.rid if found else NEW,
        filled=filled,
        seen=cataloguing.mark(found),
        problems=problems,
        at=at,
        uses=forms.choices(known, filled.sets["uses"]),
        conditions=forms.choices(screening.CONDITIONS, filled.sets.get("contraindications", [])),
        allergens={key: one.label for key, one in allergens.CATALOGUE.items()},
        found_in=offerings.allergens_in(offerings.ingredients(filled.lines.get("ingredients", ""))),
        offerings=offerings,
        history=history.of(the_store(), kind, found.rid) if found else [],
        people={person.rid: person for person in the_store().employees.select()},
        label=lambda name: (Service if kind == "service" else Product).about(name).label(language()),
        told=lambda name, value: _told(kind, name, value),
    )
    return page, 422 if problems else 200


def _told(kind: Kind, name: str, value: object) -> str:
    """A value of the history in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "price_fen" and isinstance(value, int):
        return i18n.money(value)
    if isinstance(value, list):
        between = "、" if language() == "zh" else ", "
        return between.join(_told(kind, name, one) for one in value) or "–"
    if isinstance(value, dict):
        return i18n.word(str(value.get("zh", "")), str(value.get("en", "")))
    text = str(value)
    own = (
        offerings.CATEGORIES
        if name == "category"
        else {**offerings.WHERE, **offerings.NEEDS, **offerings.OCCASIONS}
    )
    said: Said | None = own.get(text) if name in {"category", "uses"} else None
    said = said or answers.word(Service if kind == "service" else Product, name, text)
    return said.in_(language()) if said else text or "–"
