"""Quality: the weekly sheet of ten items (CMP-10), visits that left the manual (CMP-15), ratings by service and person (CMP-13)."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.services import quality
from salon.records import Employee
from salon.rules.quality import ITEMS, MOST_AN_ITEM


def page() -> ResponseReturnValue:
    """Who is to be scored this week, and what the records say by themselves."""
    by_service, by_person = quality.ratings(the_store(), the_policy())
    return render_template(
        "manager/quality.html",
        standings=quality.standings(the_store(), the_policy()),
        week=quality.week(the_store()),
        departures=quality.departures(the_store()),
        by_service=by_service,
        by_person=by_person,
        items=ITEMS,
    )


def _colleague(rid: str) -> Employee:
    found = the_store().employees.find(rid)
    if found is None or not found.active or found.store != the_store().store_id:
        abort(404)
    return found


def sheet(rid: str, missing: tuple[str, ...] = ()) -> ResponseReturnValue:
    """The ten items of one colleague for this week."""
    shown = render_template(
        "manager/sheet.html",
        person=_colleague(rid),
        week=quality.week(the_store()),
        items=ITEMS,
        most=MOST_AN_ITEM,
        given=request.form,
        missing=missing,
    )
    return shown, 422 if missing else 200


def score(rid: str) -> ResponseReturnValue:
    """Keep it, whole."""
    person = _colleague(rid)
    try:
        quality.score(
            the_store(), actor(), person.rid, request.form.to_dict(), request.form.get("remarks", "")
        )
    except quality.Incomplete as gap:
        return sheet(rid, tuple(gap.missing))
    return redirect(url_for("manager.quality"))
