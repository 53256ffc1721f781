"""The blueprint of the bed station, the bed it stands at, and the one door to a visit.

Which bed a screen stands at is the screen's own setting (a cookie); whose visit it may open is decided on the server each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from flask import Blueprint, abort, redirect, request, url_for

from edge.kiosk.context import actor, signed_in, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import places
from edge.kiosk.services import treatment as service
from edge.store import NoSuchRecord, told
from salon.rules import allergens, names

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from salon.records import Member
    from salon.rules.said import Said

pages = Blueprint(
    "station",
    __name__,
    url_prefix="/station",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
BED = "bed"
"""Cookie: the name of the bed that this screen stands at, quoted, since a cookie holds ASCII only. One that is gone is no bed."""


def beds() -> list[str]:
    return places.names(the_store(), "bed")


def bed() -> str:
    """The bed of this screen; empty if none was chosen yet."""
    chosen = unquote(request.cookies.get(BED, ""))
    return chosen if chosen in beds() else ""


def visit_of(rid: str) -> Treatment:
    """The visit, if whoever is signed in serves it (SEC-01). What one may not see does not exist."""
    employee = signed_in()
    assert employee is not None, "the guard lets nobody else in"
    try:
        return service.load(the_store(), employee, rid, bed())
    except NoSuchRecord:
        abort(404)
    except service.NotYours:
        the_store().refuse("http", request.remote_addr or "", "not-yours", f"{actor()} asked for visit {rid}")
        abort(404)


def under_way(rid: str) -> Treatment:
    """The same, for pages of a treatment that has begun; before that, the safety page comes first (SAF-01, SAF-02)."""
    found = visit_of(rid)
    if found.visit.state == "arrived":
        abort(redirect(url_for("station.safety", rid=rid)))
    if found.visit.state not in {"treatment", "feedback"}:
        abort(redirect(url_for("station.done", rid=rid)))
    return found


@pages.context_processor
def words() -> dict[str, object]:
    """What the station's templates say of people, allergens and figures."""
    return {
        "room": f"station:{bed()}" if bed() else "station",
        "full_name": names.full,
        "address": lambda member: names.address(member, language()),
        "allergies": _allergies,
        "allergen": lambda key: allergens.label(key).in_(language()),
        "said": _said,
        "figure": figure,
    }


def _allergies(member: Member) -> list[str]:
    return [allergens.label(key).in_(language()) for key in told.of(the_store(), member).allergens]


def _said(text: Said | None) -> str:
    return text.in_(language()) if text else ""


def figure(value: float | None, *, signed: bool = False) -> str:
    """A measured value as people read it: one decimal, none from a hundred on, a true minus; nothing has no sign."""
    if value is None:
        return "–"
    decimals = 0 if abs(value) >= 100 else 1
    shown = round(value, decimals) or 0.0  # not "−0.0"
    return f"{shown:{'+' if signed and shown else ''}.{decimals}f}".replace("-", "−")
