"""The team: a new colleague, her exam and her PIN; and one who leaves: her access ends at once, her customers go to others (SEC-09, PRF-22)."""

from __future__ import annotations

from collections import Counter

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import the_policy, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.manager.blueprint import me
from edge.kiosk.services import colleagues, duties, hiring, leaving
from edge.kiosk.signin import SignInRefused, stay
from salon.records import Employee
from salon.rules.rights import Move


def page(problems: dict[str, str] | None = None) -> ResponseReturnValue:
    own = the_store().members.select()
    shown = render_template(
        "manager/team.html",
        team=leaving.team(the_store()),
        customers=Counter(member.therapist for member in own),
        roles=roles(),
        gives=hiring.gives(me().roles),
        problems=problems or {},
        typed=request.form,
    )
    return shown, 422 if problems else 200


def hire() -> ResponseReturnValue:
    """A new colleague, who may sign in at once."""
    form = request.form
    try:
        made = hiring.hire(
            the_store(), me().rid, hiring.gives(me().roles), name=form.get("name", ""), name_en=form.get("name_en", ""),
            login=form.get("login", "").strip(), roles=form.getlist("roles"), pin=form.get("pin", ""),
        )  # fmt: skip
    except hiring.CannotHire as cannot:
        return page({key: said.in_(language()) for key, said in cannot.fields.items()})
    return redirect(url_for("manager.person", rid=made.rid))


def new_pin(rid: str) -> ResponseReturnValue:
    """She has forgotten her PIN."""
    found = the_store().employees.find(rid)
    if found is None or found.store != the_store().store_id or not found.active:
        abort(404)
    try:
        stay(
            hiring.new_pin(the_store(), me().rid, hiring.gives(me().roles), rid, request.form.get("pin", ""))
        )
    except hiring.CannotHire as cannot:
        return person(rid, status=422, pin_problem=cannot.fields["pin"].in_(language()))
    return redirect(url_for("manager.person", rid=rid))


def person(rid: str, problem: str = "", status: int = 200, pin_problem: str = "") -> ResponseReturnValue:
    """What one colleague aims at, has done, and how she recommends."""
    store = the_store()
    found = store.employees.find(rid)
    if found is None or found.store != store.store_id:
        abort(404)
    one = colleagues.of(store, the_policy(), found)
    behind = {person.member for figure in one.targets for person in figure.people}
    labels = (
        _("Rated by guests"),
        _("Files of her customers complete"),
        _("Preferences brought up to date this week"),
    )
    page = render_template(
        "manager/person.html",
        one=one,
        problem=problem,
        pin_problem=pin_problem,
        aims=list(zip(labels, one.targets, strict=True)),
        members={rid: store.members.load(rid) for rid in behind},
    )
    return page, status


def exam(rid: str) -> ResponseReturnValue:
    """The day on which she passed the exam (STF-07)."""
    found = the_store().employees.find(rid)
    if found is None or found.store != the_store().store_id:
        abort(404)
    try:
        duties.passed(the_store(), me().rid, rid, request.form.get("day", ""))
    except duties.NoSuchDay:
        return person(rid, _("Please give a real day; an exam cannot lie ahead."), 422)
    except duties.TooEarly as early:
        return person(rid, early.said.in_(language()), 422)
    return redirect(url_for("manager.person", rid=rid))


def roles() -> dict[str, str]:
    return {
        "technician": _("Technician"), "beautician": _("Beautician"), "desk": _("Front desk"),
        "consultant": _("Consultant"), "manager": _("Manager"), "owner": _("Owner"),
    }  # fmt: skip


def _leaver(rid: str) -> Employee:
    found = the_store().employees.find(rid)
    if found is None or not found.active or found.store != the_store().store_id or found.rid == me().rid:
        abort(404)
    return found


def leave(rid: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """What would change, before it does."""
    leaver = _leaver(rid)
    planned = leaving.plan(the_store(), leaver)
    names = {employee.rid: employee for employee in the_store().employees.select()}
    page = render_template(
        "manager/leave.html",
        leaver=leaver,
        explain=planned.explain,
        counts=Counter(move.kind for move in planned.moves),
        heirs=[(names.get(rid), count) for rid, count in _heirs(planned.moves).most_common()],
        problem=problem,
    )
    return page, status


def _heirs(moves: tuple[Move, ...]) -> Counter[str]:
    return Counter(move.to for move in moves if move.kind == "member")


def leave_now(rid: str) -> ResponseReturnValue:
    leaver = _leaver(rid)
    try:
        leaving.leave(
            the_store(), me(), leaver.rid, request.form.get("pin", "")[:20], request.remote_addr or ""
        )
    except SignInRefused as refused:
        return leave(rid, refused.said.in_(language()), 429 if refused.lockout.locked else 401)
    return redirect(url_for("manager.team"))
