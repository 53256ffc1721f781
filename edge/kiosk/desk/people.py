"""Customers at the desk: find, register, look at the staff card, let arrive."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import found, say, service_line
from edge.kiosk.services import board, checkin, walkins
from edge.kiosk.services import people as customers
from edge.kiosk.services.intake import Problems
from salon.rules import completeness, names, phones


def search(problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """Find somebody by phone or name; register her if there is nobody."""
    wanted = request.args.get("q", "")[:80]
    page = render_template(
        "desk/people.html",
        q=wanted,
        members=customers.search(the_store(), wanted),
        full=names.full,
        mask=phones.mask,
        problems=problems or {},
        typed=request.form,
    )
    return page, status


def register() -> ResponseReturnValue:
    """A walk-in who is new."""
    try:
        member = walkins.register(
            the_store(),
            actor(),
            name=request.form.get("name", ""),
            phone=request.form.get("phone", ""),
            gender=request.form.get("gender", ""),
        )
    except Problems as wrong:
        return search(say(wrong.fields), 422)
    return redirect(url_for("desk.person", rid=member.rid))


def show(rid: str) -> ResponseReturnValue:
    """The staff card, with what is missing in the file."""
    store, language = the_store(), i18n.language()
    member = found(store.members, rid)
    due = checkin.questionnaire_due(store, the_policy(), rid)
    score = completeness.score(member, the_policy(), screened=not due)
    return render_template(
        "desk/person.html",
        member=member,
        card=board.card(store, member, language),
        completeness=score,
        missing=[member.about(name).label(language) for name in score.missing],
        questionnaire_due=due,
        booking=checkin.booking_of_today(store, rid),
        current=checkin.current_visit(store, rid),
        service_line=service_line,
    )


def arrive(rid: str) -> ResponseReturnValue:
    """She stands at the desk."""
    found(the_store().members, rid)
    visit = checkin.arrive(the_store(), actor(), rid, "desk")
    return redirect(url_for("desk.visit", rid=visit.rid))
