"""A close-up of scalp or nail: a photo with the grey strip in view, by the bed's camera with live guidance or from a file, measured at once,
beside the one before it (MEA-14).
"""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import closeups, scans
from edge.kiosk.services.closeups import Of
from edge.kiosk.station.blueprint import bed, under_way, visit_of
from edge.kiosk.station.images import media
from edge.kiosk.station.measure import accept_upload, uploaded


def page(rid: str, of: Of, problem: str = "") -> ResponseReturnValue:
    found = under_way(rid)
    if not problem:
        the_store().wanted.ask(scans.KIND)  # the scan unit starts while the photo is taken
    shown = render_template(
        "station/closeup.html",
        treatment=found,
        of=of,
        shown=closeups.result(the_store(), found, of),
        may_keep=scans.may_keep_photos(the_store(), found.member.rid),
        camera=scans.has_camera(the_store(), bed()),
        problem=problem,
    )
    return shown, 422 if problem else 200


def photo(rid: str, of: Of) -> ResponseReturnValue:
    accept_upload()
    found = under_way(rid)
    try:
        held = scans.take_photo(the_store(), found, *uploaded())
    except scans.PhotoRefused as refused:
        return page(rid, of, refused.said.in_(language()))
    job = scans.start(the_store(), actor(), found, "before", bed(), photo=held, of=of)
    return redirect(url_for("station.scan", rid=rid, job=job))


def live(rid: str, of: Of) -> ResponseReturnValue:
    """By the camera of the bed, guided as a face is."""
    job = scans.start(the_store(), actor(), under_way(rid), "before", bed(), of=of)
    return redirect(url_for("station.scan", rid=rid, job=job))


def picture(rid: str, closeup: str) -> ResponseReturnValue:
    """What was counted, drawn over the photo."""
    found = visit_of(rid)
    shown = the_store().closeups.find(closeup)
    if shown is None or shown.member != found.member.rid:
        abort(404)
    if not scans.may_keep_photos(the_store(), found.member.rid):
        abort(404)
    return media(shown.overlay)
