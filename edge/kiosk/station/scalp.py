"""Hair and scalp at the bed: four touches, and what they were at the visits before (MEA-14)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.services import scalping
from edge.kiosk.station.blueprint import under_way
from salon.rules import scalp


def page(rid: str, missing: tuple[str, ...] = ()) -> ResponseReturnValue:
    """What is seen now, beside the visits before."""
    found = under_way(rid)
    looks = scalping.of_member(the_store(), found.member.rid)
    shown = render_template(
        "station/scalp.html",
        treatment=found,
        items=scalp.ITEMS,
        levels=scalp.LEVELS,
        looks=looks[::-1],
        trends=scalp.trends(looks),
        now_seen=next((look.levels for look in looks if look.visit == rid), {}),
        number=scalping.looks(the_store(), rid),
        missing=missing,
    )
    return shown, 422 if missing else 200


def keep(rid: str) -> ResponseReturnValue:
    found = under_way(rid)
    number = request.form.get("number", 0, type=int)
    try:
        scalping.keep(the_store(), actor(), found, request.form.to_dict(), number)
    except scalping.Unanswered as gap:
        return page(rid, tuple(gap.items))
    return redirect(url_for("station.scalp", rid=rid))
