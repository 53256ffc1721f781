"""The blueprint of the front desk, and what its pages share."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, abort
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import the_policy, the_store
from edge.kiosk.i18n import word
from edge.kiosk.services import duties, places
from edge.store import RecordTable
from salon.records import Employee, Record, Service
from salon.rules.said import Said

pages = Blueprint(
    "desk",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/desk",
    url_prefix="/desk",
)

R = TypeVar("R", bound=Record)


def found(table: RecordTable[R], rid: str) -> R:
    """The record, or the page that says there is none."""
    record = table.find(rid)
    if record is None:
        abort(404)
    return record


def therapists() -> list[Employee]:
    """Who may serve customers here, by name (STF-07)."""
    return [e for e in _beauticians() if duties.of(the_store(), the_policy(), e).allowed]


def not_yet() -> list[tuple[Employee, Said]]:
    """Who may not serve yet, and why (STF-07)."""
    found = ((e, duties.of(the_store(), the_policy(), e)) for e in _beauticians())
    return [(e, duty.explain.said) for e, duty in found if not duty.allowed]


def _beauticians() -> list[Employee]:
    active = the_store().employees.select(where("active") == True, order_by="name")  # noqa: E712
    here = the_store().store_id
    return [e for e in active if "beautician" in e.roles and e.store == here]


def services() -> list[Service]:
    return the_store().services.select(where("active") == True, order_by="category")  # noqa: E712


def beds() -> list[str]:
    return places.names(the_store(), "bed")


def rooms() -> list[str]:
    """None: the store books no rooms, and no page speaks of them."""
    return places.names(the_store(), "room")


def choices() -> dict[str, object]:
    """What the desk's forms offer."""
    return {
        "therapists": therapists(),
        "services": services(),
        "beds": beds(),
        "rooms": rooms(),
        "not_yet": not_yet(),
    }


def service_line(rids: list[str]) -> str:
    """Names of services, for a page."""
    known = [the_store().services.find(rid) for rid in rids]
    return word("、", ", ").join(word(s.name, s.name_en) for s in known if s)


def say(problems: dict[str, Said]) -> dict[str, str]:
    """Problems by field in the page's language."""
    return {name: said.in_(i18n.language()) for name, said in problems.items()}
