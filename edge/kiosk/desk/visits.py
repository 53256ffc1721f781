"""One visit at the desk: the staff card, who treats her where, and checkout."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import beds, choices, found, say, service_line
from edge.kiosk.services import answering, board, checkin, redeeming, walkins
from edge.kiosk.services import checkout as checkouts
from edge.store import NoSuchRecord
from salon.records import Visit
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
        **_price(visit),
        payments={key: said.in_(language) for key, said in checkouts.PAYMENTS.items()},
        questionnaire_due=checkin.questionnaire_due(store, the_policy(), member.rid),
        posted=store.ledger.find(f"earn-{visit.rid}"),
        survey=answering.given(store, visit),
        problems=problems or {},
        typed=request.form,
        **choices(),
    )
    return page, 422 if problems else 200


def _price(visit: Visit) -> dict[str, object]:
    """What there is to pay, after the voucher and the points that were chosen on the page."""
    store, policy = the_store(), the_policy()
    full = checkouts.list_price(store, visit)
    left, chosen = full, request.values.get("voucher", "")
    by_points = redeeming.by_points(store, policy, visit)
    with_points = bool(request.values.get("points")) and by_points is not None and by_points.enough
    if with_points and by_points is not None:
        left -= by_points.service.price_fen
    try:
        left -= redeeming.worth(store, visit, chosen, left)[1] if chosen else 0
    except redeeming.CannotRedeem:
        chosen = ""
    return {
        "list_price": full,
        "to_pay": left,
        "choices": redeeming.choices(store, visit, full),
        "chosen": chosen,
        "by_points": by_points,
        "with_points": with_points,
        "language": i18n.language,
    }


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
        checkouts.settle(
            the_store(), actor(), the_policy(), rid, amount, request.form.get("payment", ""),
            voucher=request.form.get("voucher", ""), with_points=bool(request.form.get("points")),
        )  # fmt: skip
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
