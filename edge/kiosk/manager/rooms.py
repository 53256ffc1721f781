"""The store's beds and rooms (APT-08): new ones, other names, and those that are given up with what is still booked there."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.heard import DESK_PLACES
from edge.kiosk.i18n import language
from edge.kiosk.services import places
from salon.rules import names
from salon.rules.said import Said


def page(problem: str = "", about: str = "") -> ResponseReturnValue:
    """`about`: the name that is meant; empty for a new one."""
    store = the_store()
    known = places.listed(store)
    shown = render_template(
        "manager/places.html",
        groups=[(kind, [place for place in known if place.kind == kind]) for kind in places.KINDS],
        given_up=places.given_up(store),
        address=lambda rid: names.address(store.members.load(rid), language()),
        longest=places.LONGEST,
        problem=problem,
        about=about,
        typed=request.form,
    )
    return shown, 422 if problem else 200


def add() -> ResponseReturnValue:
    try:
        places.add(the_store(), actor(), _kind(), _free(request.form.get("name", "")))
    except places.BadPlace as bad:
        return page(bad.said.in_(language()))
    return redirect(url_for("manager.places"))


def change() -> ResponseReturnValue:
    """Another name, or no longer used."""
    form, old = request.form, request.form.get("old", "")
    try:
        if form.get("give_up"):
            places.give_up(the_store(), actor(), _kind(), old)
        else:
            places.rename(the_store(), actor(), _kind(), old, _free(form.get("name", "")))
    except places.BadPlace as bad:
        return page(bad.said.in_(language()), old)
    return redirect(url_for("manager.places"))


def _free(name: str) -> str:
    """A card read at the desk must not open at a bed. Raises BadPlace."""
    if name.strip().casefold() in DESK_PLACES:
        raise places.BadPlace(Said("这个名称是前台的", "That is the front desk's own name"))
    return name


def _kind() -> places.Kind:
    kind = request.form.get("kind", "")
    if kind not in places.KINDS:
        abort(404)
    return kind
