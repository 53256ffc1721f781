"""Pointing at the eyes on a photo in which no face was found: by touch, mouse or keys."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.services import eyes, scans
from edge.kiosk.station.blueprint import bed, under_way
from edge.kiosk.station.images import media
from edge.kiosk.station.measure import job_of
from edge.store import Job


def page(rid: str, job: str, wrong: bool = False) -> ResponseReturnValue:
    """The photo and the two marks. Where the photo has gone meanwhile, on to a new one."""
    found = under_way(rid)
    asked = job_of(found, job)
    if not eyes.may_point(the_store(), asked):
        return redirect(url_for("station.measure", rid=rid, phase=asked.body["phase"]))
    shown = render_template(
        "station/eyes.html", treatment=found, job=asked, phase=asked.body["phase"], wrong=wrong
    )
    return shown, 422 if wrong else 200


def photo(rid: str, job: str) -> ResponseReturnValue:
    return media(_held(job_of(under_way(rid), job)))


def keep(rid: str, job: str) -> ResponseReturnValue:
    """Measure the photo by the eyes that were pointed at."""
    found = under_way(rid)
    asked = job_of(found, job)
    held = _held(asked)
    try:
        places = eyes.read(request.form)
    except eyes.NotPointed:
        return page(rid, job, wrong=True)
    again = scans.start(the_store(), actor(), found, asked.body["phase"], bed(), photo=held, eyes=places)
    return redirect(url_for("station.scan", rid=rid, job=again))


def _held(job: Job) -> str:
    held = eyes.photo_of(job)
    if not held:
        abort(404)
    return held
