"""Beside the steps: her comfort kept (SVC-10), what is recommended (SVC-13), the next booking (APT-13), a hand-over (SVC-16)."""

from __future__ import annotations

from typing import cast, get_args

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.services import bookings, closeups, comforting, finishing, offering, sop, tasks
from edge.kiosk.station.blueprint import under_way, visit_of
from salon.rules import names, offerings


def more(rid: str) -> ResponseReturnValue:
    """What is done beside the steps, and the last step taken back: so that the step's own page keeps to four actions."""
    found = under_way(rid)
    last = sop.last_done(sop.steps(the_store(), found))
    near = closeups.wanted(found.services)
    return render_template("station/more.html", treatment=found, last=last, closeups=near)


def mood(rid: str) -> ResponseReturnValue:
    """What makes her comfortable: one touch each."""
    found = under_way(rid)
    return render_template(
        "station/mood.html",
        treatment=found,
        wishes={key: said.in_(i18n.language()) for key, (said, _) in comforting.WISHES.items()},
        standing=comforting.standing(found.member),
        occasions={key: said.in_(i18n.language()) for key, said in offerings.OCCASIONS.items()},
    )


def keep_mood(rid: str) -> ResponseReturnValue:
    found = under_way(rid)
    comforting.keep(the_store(), actor(), found, request.form.getlist("wishes"))
    comforting.occasion(the_store(), actor(), found, request.form.get("occasion", ""))
    return redirect(url_for("station.care", rid=rid))


def offers(rid: str) -> ResponseReturnValue:
    """What may be recommended: with the reason, and her answer. No is an answer too."""
    found = under_way(rid)
    proposal = offering.proposal(the_store(), the_policy(), found)
    return render_template(
        "station/offers.html",
        treatment=found,
        item=next(iter(proposal.items), None),
        unasked=proposal.unasked,
    )


def answered(rid: str) -> ResponseReturnValue:
    """Her answer to one of them."""
    found = under_way(rid)
    answer = request.form.get("answer", "")
    if answer not in get_args(offering.Answer):
        abort(400)
    why = request.form.get("why", "")
    offering.answered(
        the_store(), actor(), found, request.form.get("item", ""), cast("offering.Answer", answer), why
    )
    return redirect(url_for("station.offers", rid=rid))


def next_visit(rid: str, problem: str = "") -> ResponseReturnValue:
    """Four free times around the day when today's services are due again."""
    found = visit_of(rid)
    due = finishing.next_visit(the_store(), found)
    day = due.day or i18n.today()
    page = render_template(
        "station/next.html",
        treatment=found,
        due=due,
        slots=offering.slots(the_store(), found, day) if due.booked is None else [],
        problem=problem,
        name=names.address(found.member, i18n.language()),
    )
    return page, 422 if problem else 200


def book(rid: str) -> ResponseReturnValue:
    """She takes one of them."""
    found = visit_of(rid)
    starts_at, _, bed = request.form.get("slot", "").partition(" ")
    due = finishing.next_visit(the_store(), found)
    known = {slot.starts_at: slot for slot in offering.slots(the_store(), found, due.day or i18n.today())}
    if due.booked is None and starts_at in known:
        try:
            bookings.book(
                the_store(), actor(), found.member.rid, starts_at, services=list(found.visit.services),
                therapist=found.visit.therapist, bed=bed if bed == known[starts_at].bed else known[starts_at].bed, needs="",
            )  # fmt: skip
        except bookings.BadBooking as bad:
            return next_visit(rid, " ".join(said.in_(i18n.language()) for said in bad.fields.values()))
    return redirect(url_for("station.next_visit", rid=rid))


def hand_over(rid: str) -> ResponseReturnValue:
    """Something for a colleague: a task, seen at the desk at once (SVC-16)."""
    found = visit_of(rid)
    form = request.form
    tasks.hand_over(the_store(), actor(), found.member.rid, rid, form.get("role", ""), form.get("what", ""))
    return redirect(url_for("station.visit", rid=rid))


def hand_over_page(rid: str) -> ResponseReturnValue:
    return render_template("station/hand_over.html", treatment=visit_of(rid))
