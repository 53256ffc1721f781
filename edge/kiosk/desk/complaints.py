"""Complaints at the desk: what is open with its countdown, the apology to say, the playbook, plan and solution (CMP-01..06)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import found, say, service_line
from edge.kiosk.services import complaining
from edge.kiosk.services.clocklock import ClockWrong
from salon.rules import complaints, names, vouchers


def board() -> ResponseReturnValue:
    """What is open, the clock that runs out first on top."""
    store, policy = the_store(), the_policy()
    return render_template(
        "desk/complaints.html",
        cases=complaining.unsettled(store, policy),
        over=complaining.settled(store, policy),
        topics=complaints.TOPICS,
        names=names,
    )


def new(
    rid: str, problems: dict[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """A customer complains: what about, in her own words, and which visit. `typed`: what is known of it already."""
    store = the_store()
    member = found(store.members, rid)
    visits = store.visits.select(where("member") == rid, order_by="arrived_at", descending=True, limit=5)
    page = render_template(
        "desk/complaint_new.html",
        member=member,
        visits=[visit for visit in visits if visit.arrived_at],
        topics=complaints.TOPICS,
        names=names,
        service_line=service_line,
        typed=typed or request.form,
        problems=problems or {},
    )
    return page, 422 if problems else 200


def open_case(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    form = request.form
    try:
        made = complaining.open_case(
            the_store(), actor(), the_policy(), rid,
            topic=form.get("topic", ""), story=form.get("story", ""), visit=form.get("visit", ""),
        )  # fmt: skip
    except complaining.BadComplaint as bad:
        return new(rid, say(bad.fields))
    return redirect(url_for("desk.complaint", rid=made.rid))


def show(rid: str, problem: str = "") -> ResponseReturnValue:
    """One case: clocks, what to say, what to do, what came of it."""
    case = complaining.case(the_store(), the_policy(), rid)
    if case is None:
        abort(404)
    employees = {employee.rid: employee for employee in the_store().employees.select()}
    page = render_template(
        "desk/complaint.html",
        case=case,
        topic=complaints.TOPICS[case.complaint.topic],
        names=names,
        employees=employees,
        given=_given(case.complaint.rid, case.member.rid),
        gives=the_policy().compensation.free_basic_treatments > 0,
        service_line=service_line,
        problem=problem,
        typed=request.form,
    )
    return page, 422 if problem else 200


def _given(rid: str, member: str) -> str:
    """The voucher that was given for it, with the service that it is good for."""
    voucher = complaining.compensation(the_store(), rid, member)
    if voucher is None:
        return ""
    return f"{vouchers.label(voucher).in_(i18n.language())} · {service_line([voucher.service])}"


def advance(rid: str) -> ResponseReturnValue:
    """A step of the case: answered, planned, solved, told; or a line of its playbook."""
    found(the_store().complaints, rid)
    form = request.form
    if "tick" in form:
        complaining.tick(the_store(), actor(), rid, form["tick"])
    elif "compensate" in form:
        try:
            complaining.compensate(the_store(), actor(), the_policy(), rid)
        except ClockWrong as wrong:
            return show(rid, wrong.said.in_(i18n.language()))
    elif "told" in form:
        complaining.told(the_store(), actor(), rid)
    else:
        try:
            complaining.advance(the_store(), actor(), rid, form.get("step", ""), form.get("words", ""))
        except complaints.NotYet as not_yet:
            return show(rid, not_yet.said.in_(i18n.language()))
    return redirect(url_for("desk.complaint", rid=rid))
