"""One visit at the desk: the staff card, who treats her where, and what is special about it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk import checkouts
from edge.kiosk.desk.blueprint import beds, choices, found, service_line
from edge.kiosk.services import answering, board, checkin, duties, visited, walkins
from edge.kiosk.services import checkout as checkout_service
from edge.store import NoSuchRecord
from salon.records import Member, Visit
from salon.rules import drinks, names
from salon.rules import visit as steps
from salon.rules.tags import SCENES
from salon.rules.visit import WrongStep


def show(rid: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """Everything the desk needs of one visit, in one glance."""
    store, language = the_store(), i18n.language()
    visit = found(store.visits, rid)
    member = found(store.members, visit.member)
    paying = checkouts.closed(visit) if visit.state == "closed" else checkouts.open_bill(visit)
    page = render_template(
        "desk/visit.html",
        visit=visit,
        member=member,
        card=board.card(store, member, language),
        greeting=checkin.greet(store, the_policy(), visit, language),
        family_greeting=checkout_service.payer(store, member).greeting,
        state=steps.LABELS[visit.state].in_(language),
        drink=drinks.label(visit.drink, language),
        services_line=service_line(visit.services),
        questionnaire_due=checkin.questionnaire_due(store, the_policy(), member.rid),
        survey=answering.given(store, visit),
        past=visited.of(store, [visit])[0],
        problems=problems or {},
        typed=request.form,
        names=names,
        **_special(visit, member),
        **paying,
        **choices(),
    )
    return page, 422 if problems else 200


def _special(visit: Visit, member: Member) -> dict[str, Any]:
    """What may be special about a visit: the occasion (PRF-11), company (LOY-13), an earlier one made good (SVC-17)."""
    store = the_store()
    here = [
        v
        for state in checkin.IN_THE_HOUSE
        for v in store.visits.select(where("state") == state)
        if v.rid != visit.rid
    ]
    own = store.visits.select(where("member") == member.rid, order_by="arrived_at", descending=True)
    return {
        "occasions": {key: said.in_(i18n.language()) for key, said in SCENES.items()},
        "company": [m for v in here if v.store == store.store_id and (m := store.members.find(v.member))],
        "earlier": [v for v in own if v.state == "closed" and v.rid != visit.rid][:5],
    }


def assign(rid: str) -> ResponseReturnValue:
    visit = found(the_store().visits, rid)
    form = request.form
    bed = form.get("bed", "")
    try:
        walkins.assign(
            the_store(),
            actor(),
            rid,
            therapist=form.get("therapist", ""),
            bed=bed if bed in beds() else "",
            services=form.getlist("services"),
        )
        if "special" in form:
            walkins.special(
                the_store(), actor(), visit,
                occasion=form.get("occasion", ""), together=form.getlist("together"), original=form.get("original", ""),
            )  # fmt: skip
    except duties.NotOnDuty as refused:
        return show(rid, {"therapist": refused.said.in_(i18n.language())})
    except NoSuchRecord as gone:
        return show(rid, {"assign": str(gone)})
    return redirect(url_for("desk.visit", rid=rid))


def send_away(rid: str) -> ResponseReturnValue:
    """She leaves without a treatment."""
    found(the_store().visits, rid)
    try:
        walkins.send_away(the_store(), actor(), rid)
    except WrongStep as wrong:
        return show(rid, {"leave": wrong.said.in_(i18n.language())})
    return redirect(url_for("desk.board"))
