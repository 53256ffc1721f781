"""Who is expected at this bed, and what to have ready before she comes (SVC-12); the beautician says that it is (APT-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, signed_in, the_store
from edge.kiosk.services import preparing, treatment
from edge.kiosk.station import safety
from edge.kiosk.station.blueprint import bed
from edge.store import NoSuchRecord

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from salon.records import Appointment


def page(rid: str) -> ResponseReturnValue:
    """What to have ready for a booking."""
    booking, found = _booking(rid)
    return render_template("station/coming.html", booking=booking, **safety.to_prepare(found))


def ready(rid: str) -> ResponseReturnValue:
    booking, _found = _booking(rid)
    preparing.ready(the_store(), actor(), booking)
    return redirect(url_for("station.home"))


def _booking(rid: str) -> tuple[Appointment, Treatment]:
    employee = signed_in()
    assert employee is not None, "the guard lets nobody else in"
    try:
        return preparing.load(the_store(), employee, rid, bed())
    except NoSuchRecord:
        abort(404)
    except treatment.NotYours:
        the_store().refuse(
            "http", request.remote_addr or "", "not-yours", f"{actor()} asked for booking {rid}"
        )
        abort(404)
