"""Customers at the desk: find, register, look at the staff card, let arrive."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import found, say, service_line
from edge.kiosk.services import arriving, board, checkin, filing, walkins
from edge.kiosk.services import people as customers
from edge.kiosk.services.intake import Problems
from salon.rules import completeness, names, phones


def search(problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """Find somebody by phone or name; register her if there is nobody."""
    wanted = request.args.get("q", "")[:80]
    customers.fetch(the_store(), wanted)
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
    """A walk-in who is new, with who brought her if she says so (LOY-10)."""
    form = request.form
    customers.fetch(the_store(), form.get("phone", ""))
    try:
        with the_store().transaction():
            member = walkins.register(
                the_store(),
                actor(),
                name=form.get("name", ""),
                phone=form.get("phone", ""),
                gender=form.get("gender", ""),
            )
            if form.get("brought_by", "").strip():
                filing.brought_by(the_store(), actor(), member.rid, form["brought_by"])
    except (Problems, filing.BadFile) as wrong:
        return search(say(wrong.fields), 422)
    return redirect(url_for("desk.person", rid=member.rid))


def show(rid: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """The staff card, with what is missing in the file. A file that was merged leads to the one it is shown with."""
    store, language = the_store(), i18n.language()
    member = found(store.members, rid)
    whole = customers.shown_as(store, member)
    if whole.rid != member.rid:
        return redirect(url_for("desk.person", rid=whole.rid, merged="yes"))
    due = checkin.questionnaire_due(store, the_policy(), rid)
    score = completeness.score(member, the_policy(), screened=not due)
    page = render_template(
        "desk/person.html",
        member=member,
        card=board.card(store, member, language),
        completeness=score,
        missing=[member.about(name).label(language) for name in score.missing],
        questionnaire_due=due,
        booking=checkin.booking_of_today(store, rid),
        current=checkin.current_visit(store, rid),
        service_line=service_line,
        near=arriving.near(store, the_policy(), member, i18n.today()),
        brought_by=store.members.find(member.referred_by) if member.referred_by else None,
        merged=[m for one in customers.files(store, member)[1:] if (m := store.members.find(one))],
        came_from_merged=request.args.get("merged") == "yes",
        names=names,
        problems=problems or {},
        typed=request.form,
    )
    return page, 422 if problems else 200


def arrive(rid: str) -> ResponseReturnValue:
    """She stands at the desk."""
    rid = customers.shown_as(the_store(), found(the_store().members, rid)).rid
    visit = checkin.arrive(the_store(), actor(), rid, "desk")
    return redirect(url_for("desk.visit", rid=visit.rid))
