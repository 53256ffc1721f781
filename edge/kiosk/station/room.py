"""Her bed as she likes it: set before she is led to it, at the latest when the treatment begins; shown with what the bed itself says, and set by hand (MEA-09, SVC-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import the_store
from edge.kiosk.i18n import _
from edge.kiosk.services import devices
from edge.kiosk.services.scene import Scenes
from edge.kiosk.station.blueprint import bed, visit_of
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment


def _scenes() -> Scenes:
    scenes: Scenes = current_app.extensions["scenes"]
    return scenes


def lead(rid: str) -> ResponseReturnValue:
    """She is led to her bed: it sets itself meanwhile."""
    found = visit_of(rid)
    _scenes().begin(found, found.visit.bed or bed())
    return redirect(url_for("station.room", rid=rid))


def begin(found: Treatment) -> None:
    """The treatment begins: what nobody has set for her yet is set now."""
    if not _scenes().begun(found.visit.rid):
        _scenes().begin(found, found.visit.bed or bed())


def page(rid: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """What can be set, what is wanted for her and why, and what the bed says."""
    found = visit_of(rid)
    shown = render_template("station/room.html", treatment=found, problem=problem, **_lines(found))
    return shown, status


def part(rid: str) -> ResponseReturnValue:
    """The same, fetched again when the bed has said something."""
    found = visit_of(rid)
    return render_template("station/room_part.html", treatment=found, **_lines(found))


def _lines(found: Treatment) -> dict[str, object]:
    measures = devices.catalogue(the_store())["measures"]
    return {
        "lines": _scenes().lines(found, found.visit.bed or bed()),
        "label": lambda key: Said(measures[key]["zh"], measures[key]["en"]),
    }


def put(rid: str) -> ResponseReturnValue:
    """One thing, by hand."""
    found = visit_of(rid)
    value = request.form.get("value", "")
    if not value.isascii() or not value.isdecimal():
        return page(rid, _("A whole number is needed."), 422)
    try:
        _scenes().put(found, found.visit.bed or bed(), request.form.get("key", ""), float(value))
    except KeyError:
        abort(404)
    except ValueError:
        return page(rid, _("The bed cannot do that."), 422)
    return redirect(url_for("station.room", rid=rid))
