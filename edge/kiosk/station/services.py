"""Services added or left out in the middle of a visit (SVC-09)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import changing
from edge.kiosk.station.blueprint import under_way
from edge.store import NoSuchRecord
from salon.rules.said import Said


def page(rid: str, problem: str = "") -> ResponseReturnValue:
    """What is done today and what could be, with prices."""
    found = under_way(rid)
    shown = render_template(
        "station/services.html",
        treatment=found,
        options=changing.options(the_store(), found),
        products={p.rid: p for p in the_store().products.select()},
        problem=problem,
    )
    return shown, 422 if problem else 200


def change(rid: str) -> ResponseReturnValue:
    """One service more, or one less."""
    found = under_way(rid)
    do = changing.leave_out if "leave_out" in request.form else changing.add
    try:
        do(the_store(), actor(), found, request.form.get("leave_out") or request.form.get("add", ""))
    except changing.CannotChange as refused:
        return page(rid, refused.said.in_(language()))
    except NoSuchRecord:
        return page(rid, Said("没有这个项目", "There is no such service").in_(language()))
    return redirect(url_for("station.services", rid=rid))
