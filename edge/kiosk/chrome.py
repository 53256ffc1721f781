"""What the frame of every page shows: the house's name, and a member of staff's own pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, g, request, url_for

from edge.kiosk import context, i18n
from edge.kiosk.context import kiosk, roles, the_store
from edge.kiosk.i18n import _
from edge.kiosk.services import clocklock
from salon.rules import reasons

if TYPE_CHECKING:
    from salon.records import Alert, LedgerEntry
    from salon.rules.said import Explain


@dataclass(frozen=True)
class Entry:
    """One entry of the staff's navigation."""

    href: str
    label: str
    current: bool


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        house_name=house_name,
        staff_pages=staff_pages,
        signed_in=context.signed_in,
        now=i18n.now,
        clock_wrong=clock_wrong,
        reason=reason,
        reason_of=reason_of,
        reason_of_entry=reason_of_entry,
    )


def clock_wrong() -> str:
    """What staff read while the clock cannot be believed; empty as a rule. The technician's pages say it in their own words."""
    said = None if request.blueprint == "tech" else clocklock.on_the_page(the_store())
    return said.in_(i18n.language()) if said else ""


def reason(explain: Explain) -> reasons.Reason:
    """Why a rule decided so, for the page: see `why.html`."""
    return reasons.reason(explain, i18n.language())


def reason_of(alert: Alert) -> reasons.Reason:
    """The same of an alert, which carries its reason with it."""
    return reasons.of_record(alert.rule, "", alert.figures, alert.policy, i18n.language())


def reason_of_entry(entry: LedgerEntry) -> reasons.Reason | None:
    """The same of points on an account; the sentence was kept in one language."""
    rule = {"earn": "LOY-07", "referral": "LOY-10", "reward": "LOY-08"}.get(entry.reason)
    if rule is None or entry.unit != "points" or not entry.policy:
        return None
    lang = i18n.language()
    said = entry.explain if lang == "zh" else ""
    return reasons.of_record(rule, said, {"points": entry.amount}, entry.policy, lang)


def house_name() -> str:
    """The store's name in the page's language."""
    if "house" not in g:
        g.house = the_store().stores.find(the_store().store_id)
    return i18n.word(g.house.name, g.house.name_en) if g.house else "Parlour"


def staff_pages() -> list[Entry]:
    """The pages that whoever is signed in may open."""
    rules = kiosk().rights.rules
    labels = {
        "desk.board": _("Front desk"),
        "desk.bookings": _("Bookings"),
        "desk.people": _("Customers"),
        "desk.follow_ups": _("Follow-ups"),
        "desk.complaints": _("Complaints"),
        "station.home": _("Bed station"),
        "manager.home": _("Manager"),
        "handbook.home": _("Handbook"),
        "tech.home": _("Technician"),
    }
    mine = [name for name in labels if name in rules and rules[name].allows(roles())]
    entries = {url_for(name): labels[name] for name in mine}
    here = max((href for href in entries if _is_below(request.path, href)), key=len, default="")
    return [Entry(href, label, href == here) for href, label in entries.items()]


def _is_below(path: str, href: str) -> bool:
    """Whether a page belongs to a place in the bar: one customer's file to the customers, one device to the technician."""
    return path == href or path.startswith(f"{href}/")
