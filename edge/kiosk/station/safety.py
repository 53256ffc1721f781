"""Before the treatment: who comes and what to prepare (SVC-12), and whether it may begin (SAF-01..03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import checkin, days, duties, planning, products, treatment
from edge.kiosk.station import room
from edge.kiosk.station.blueprint import bed, visit_of
from edge.store import allowed, now, told
from salon.rules import classes, comfort, names, playbooks, screening, staffcard
from salon.rules.history import History
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment

PREPARING = frozenset({"disinfect", "prepare"})
COLOURS_SHOWN = 6
"""Bottles laid out: more is no advice."""


def prepare(rid: str) -> ResponseReturnValue:
    """Who comes, and what to have ready."""
    return render_template("station/prepare.html", **to_prepare(visit_of(rid)))


def to_prepare(found: Treatment) -> dict[str, Any]:
    """What the pages say of who comes: for a visit, and for a booking before it."""
    return {
        "treatment": found,
        "card": _card(found),
        "greeting": checkin.greet(the_store(), the_policy(), found.visit, language()),
        "comfort": _comfort(found),
        "colours": _colours(found),
        "first": _first_contact() if found.last is None else None,
        "ready": _to_have_ready(found),
        "level": _level(found),
        "photo_due": planning.photo_due(the_store(), found.member.rid),
        "asked": told.of(the_store(), found.member).asked,
        "avoid": [c for c in products.choices(the_store(), found.member) if c.conflicts],
    }


def _card(found: Treatment) -> staffcard.StaffCard:
    store, hers = the_store(), where("member") == found.member.rid
    return staffcard.card(
        told.whole(store, found.member),
        store.visits.select(hers),
        store.services.select(),
        store.employees.select(),
        store.ledger.select(hers),
        store.complaints.select(hers),
        allowed.last_words(store, found.member.rid),
        now(),
        language(),
        timezone=days.zone_name(store),
    )


def _comfort(found: Treatment) -> list[str]:
    """What she likes, as things to have ready (SVC-10, SVC-11, SVC-12): her hands, and the room set by her file."""
    member, colon = found.member, "：" if language() == "zh" else ": "
    pressure = staffcard.PRESSURES.get(member.pressure)
    room = comfort.room(member, told.of(the_store(), member))
    values = {"pressure": pressure.in_(language()) if pressure else "", "music": room.music}
    lines = [
        f"{member.about(name).label(language())}{colon}{value}" for name, value in values.items() if value
    ]
    light = Said(f"灯光：{room.light.zh}", f"Light: {room.light.en.lower()}")
    warm = comfort.temperature(member, the_policy()).said
    quiet = Said("保持安静", "Keep it quiet")
    return [
        *lines,
        *(
            said.in_(language())
            for said in (room.explain.said, light, warm, *((quiet,) if room.quiet else ()))
        ),
    ]


def _colours(found: Treatment) -> list[str]:
    """Colours to lay out for a manicure, the best first (MEA-12); four in the large-type mode (PRF-19)."""
    if not any(service.category == "nails" for service in found.services):
        return []
    scans = the_store().scans.select(where("member") == found.member.rid, order_by="at", descending=True)
    suiting = comfort.colours(found.member, next((scan for scan in scans if scan.accepted), None))
    return [comfort.COLOURS[key].in_(language()) for key in suiting.keys[:COLOURS_SHOWN]]


def _level(found: Treatment) -> classes.Level:
    """What she may expect of the team today (SYN-05)."""
    store = the_store()
    history = History.of(
        found.member, store.visits.select(where("member") == found.member.rid), store.services.select()
    )
    return classes.of(found.member, history, store.store_id, the_policy(), now())


def _first_contact() -> playbooks.Drill:
    """How a new customer is met (SVC-06)."""
    return next(drill for drill in playbooks.drills() if drill.key == "first-contact")


def _to_have_ready(found: Treatment) -> list[str]:
    """The preparing steps of today's services; one that several services share, once."""
    steps = [step for service in found.services for step in service.steps if step.kind in PREPARING]
    return list(dict.fromkeys(step.en if language() == "en" else step.zh for step in steps))


def page(rid: str) -> ResponseReturnValue:
    """What stands between the customer and the treatment, one thing at a time."""
    found = visit_of(rid)
    if found.visit.state != "arrived":
        return redirect(url_for("station.visit", rid=rid))
    gate = treatment.gate(the_store(), the_policy(), found)
    return render_template(
        "station/safety.html",
        not_yet=_not_yet(found),
        treatment=found,
        gate=gate,
        needs={key: screening.NEEDS[key].in_(language()) for key in gate.needs},
        known=_known(found),
        conditions={key: said.in_(language()) for key, said in screening.CONDITIONS.items()},
        clashes=[screening.CONDITIONS[key].in_(language()) for key in gate.clashes],
        asking="ask" in request.args,
        address=names.address(found.member, language()),
    )


def _not_yet(found: Treatment) -> str:
    """Why she who would treat may not serve yet (STF-07)."""
    try:
        duties.check(the_store(), found.visit.therapist or actor())
    except duties.NotOnDuty as refused:
        return refused.said.in_(language())
    return ""


def _known(found: Treatment) -> list[str]:
    """Conditions that her file and this visit hold already, by key."""
    return sorted({*told.of(the_store(), found.member).conditions, *found.visit.contraindications_found})


def confirm(rid: str) -> ResponseReturnValue:
    """She was asked, and this was found; if nothing stands against it, the treatment begins."""
    found = visit_of(rid)
    if found.visit.state != "arrived":
        return redirect(url_for("station.visit", rid=rid))
    found = treatment.confirm(the_store(), actor(), found, request.form.getlist("found"))
    return _begin(found)


def patch_test(rid: str) -> ResponseReturnValue:
    """The result of the patch test; a good one opens the way."""
    found = visit_of(rid)
    if found.visit.state != "arrived":
        return redirect(url_for("station.visit", rid=rid))
    result = "good" if request.form.get("result") == "good" else "painful"
    treatment.record_patch_test(the_store(), actor(), found, "good" if result == "good" else "painful")
    return _begin(found)


def _begin(found: Treatment) -> ResponseReturnValue:
    try:
        begun = treatment.begin(the_store(), actor(), the_policy(), found, bed())
    except duties.NotOnDuty:
        return redirect(url_for("station.safety", rid=found.visit.rid))  # which says why
    if begun.visit.state != "treatment":
        return redirect(url_for("station.safety", rid=found.visit.rid))
    room.begin(begun)
    return redirect(url_for("station.measure", rid=found.visit.rid, phase="before"))
