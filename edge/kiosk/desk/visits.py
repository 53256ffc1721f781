"""One visit at the desk: the staff card, who treats her where, and checkout."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import beds, choices, found, say, service_line
from edge.kiosk.services import board, checkin, walkins
from edge.kiosk.services import checkout as checkouts
from edge.store import NoSuchRecord
from salon.rules import drinks
from salon.rules import visit as steps
from salon.rules.visit import WrongStep


def show(rid: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """Everything the desk needs of one visit, in one glance."""
    store, language = the_store(), i18n.language()
    visit = found(store.visits, rid)
    member = found(store.members, visit.member)
    page = render_template(
        "desk/visit.html",
        visit=visit,
        member=member,
        card=board.card(store, member, language),
        greeting=checkin.greet(store, the_policy(), visit, language),
        state=steps.LABELS[visit.state].in_(language),
        drink=drinks.label(visit.drink, language),
        services_line=service_line(visit.services),
        list_price=checkouts.list_price(store, visit),
        payments={key: said.in_(language) for key, said in checkouts.PAYMENTS.items()},
        questionnaire_due=checkin.questionnaire_due(store, the_policy(), member.rid),
        posted=store.ledger.find(f"earn-{visit.rid}"),
        problems=problems or {},
        typed=request.form,
        **choices(),
    )
    return page, 422 if problems else 200


def assign(rid: str) -> ResponseReturnValue:
    found(the_store().visits, rid)
    bed = request.form.get("bed", "")
    try:
        walkins.assign(
            the_store(),
            actor(),
            rid,
            therapist=request.form.get("therapist", ""),
            bed=bed if bed in beds() else "",
            services=request.form.getlist("services"),
        )
    except NoSuchRecord as gone:
        return show(rid, {"assign": str(gone)})
    return redirect(url_for("desk.visit", rid=rid))


def checkout(rid: str) -> ResponseReturnValue:
    found(the_store().visits, rid)
    try:
        amount = checkouts.fen(request.form.get("amount", ""))
        checkouts.settle(the_store(), actor(), the_policy(), rid, amount, request.form.get("payment", ""))
    except checkouts.BadPayment as bad:
        return show(rid, say(bad.fields))
    except WrongStep as wrong:
        return show(rid, {"payment": wrong.said.in_(i18n.language())})
    return redirect(url_for("desk.visit", rid=rid))


def send_away(rid: str) -> ResponseReturnValue:
    """She leaves without a treatment."""
    found(the_store().visits, rid)
    try:
        walkins.send_away(the_store(), actor(), rid)
    except WrongStep as wrong:
        return show(rid, {"leave": wrong.said.in_(i18n.language())})
    return redirect(url_for("desk.board"))
