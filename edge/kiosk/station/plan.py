"""Her care plan at the bed: what it holds and why, what came of it, and what to change (SEG-11, MEA-08, FUP-14)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.services import planning
from edge.kiosk.station.blueprint import under_way
from salon.rules import concerns


def page(rid: str) -> ResponseReturnValue:
    """The plan she has, or the one that her file asks for."""
    found = under_way(rid)
    return render_template(
        "station/plan.html",
        treatment=found,
        shown=planning.shown(the_store(), the_policy(), found.member),
        concern=concerns.label,
    )


def change(rid: str) -> ResponseReturnValue:
    """Keep the proposed plan, adjust the one she has, or end it."""
    member = under_way(rid).member
    wish = request.form.get("do", "")
    if wish == "keep":
        planning.keep(the_store(), actor(), the_policy(), member)
    elif wish == "adjust":
        planning.adjust(the_store(), actor(), the_policy(), member, request.form.get("seen", ""))
    elif wish == "end":
        planning.end(the_store(), actor(), member.rid)
    return redirect(url_for("station.plan", rid=rid))
