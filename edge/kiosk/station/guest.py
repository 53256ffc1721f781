"""Scan without keeping: from the station's first page, for a guest who only wants to look (SEC-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import guests, scans
from edge.kiosk.station.blueprint import bed

if TYPE_CHECKING:
    from edge.store import Job


def start() -> ResponseReturnValue:
    return redirect(url_for("station.guest", job=guests.start(the_store(), actor(), bed())))


def page(job: str) -> ResponseReturnValue:
    """The scan while it runs; once it is done its figures, this one time."""
    asked = guests.find(the_store(), actor(), job)
    if asked is None:
        return render_template("station/guest.html", job=None, why="", compared=None), 410
    compared = guests.show_once(the_store(), asked) if asked.state == "done" else None
    why = scans.why_failed(asked).in_(language()) if asked.state == "failed" else ""
    return render_template("station/guest.html", job=asked, why=why, compared=compared, shown="")


def state(job: str) -> ResponseReturnValue:
    return jsonify(state=_mine(job).state)


def cancel(job: str) -> ResponseReturnValue:
    """Stop, and leave nothing of it."""
    asked = _mine(job)
    the_store().jobs.cancel(asked.id)
    return redirect(url_for("station.home"))


def _mine(job: str) -> Job:
    asked = guests.find(the_store(), actor(), job)
    if asked is None:
        abort(404)
    return asked
