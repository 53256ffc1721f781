"""The end of a visit at the bed: what came of it, the next booking, home advice, the report (SVC-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, kiosk, the_policy, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import findings, finishing, probes, reports, sop
from edge.kiosk.station.blueprint import under_way, visit_of
from edge.store import told
from salon.rules import advice, followups, visit
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment


MOST_CHANGES = 3
"""Changes told at the end: one screen; all of them stand on the result's page and in the report."""


def page(rid: str) -> ResponseReturnValue:
    """Say what came of it, and end."""
    found = under_way(rid)
    store = the_store()
    steps = sop.steps(store, found)
    compared = findings.result(store, found, "after")
    judged = [row for row in compared.measured if row.said] if compared else []
    changed = [row for row in judged if row.verdict != "same"][:MOST_CHANGES]
    return render_template(
        "station/finish.html",
        treatment=found,
        changed=changed,
        same=len(judged) - len(changed),
        pairs=probes.pairs(store, found),
        open_steps=[state for state in steps if not state.done],
        results={key: said.in_(language()) for key, said in finishing.RESULTS.items()},
        hints={key: said.in_(language()) for key, said in finishing.HINTS.items()},
        next_visit=finishing.next_visit(store, found),
        advice=home_advice(found),
    )


def home_advice(found: Treatment) -> list[advice.Advice]:
    """What she may do at home, after the last scan of this visit."""
    mine = findings.of_visit(the_store(), found.visit.rid)
    scan = mine.get("after") or mine.get("before")
    return advice.home_care(
        found.member,
        scan.concerns if scan else {},
        the_store().products.select(),
        found.services,
        language(),
        told=told.of(the_store(), found.member),
    )


def finish(rid: str) -> ResponseReturnValue:
    """The visit goes on to after-sale; a second tap finds it there."""
    found = visit_of(rid)
    try:
        finishing.finish(
            the_store(),
            actor(),
            the_policy(),
            found,
            result=_sentence("results", "result", finishing.RESULTS),
            next_hint=_sentence("hints", "next_hint", finishing.HINTS),
        )
    except visit.WrongStep:
        return redirect(url_for("station.visit", rid=rid))
    return redirect(url_for("station.done", rid=rid))


def _sentence(chosen: str, typed: str, known: dict[str, Said]) -> str:
    """What was ticked and what was typed, as one text in the language of the page."""
    ticked = [known[key].in_(language()) for key in request.form.getlist(chosen) if key in known]
    text = request.form.get(typed, "").strip()
    return ("；" if language() == "zh" else "; ").join([*ticked, *([text] if text else [])])


def done(rid: str) -> ResponseReturnValue:
    """The report to take home, the follow-ups, the points to come."""
    found = visit_of(rid)
    if found.visit.state not in {"aftercare", "closed"}:
        return redirect(url_for("station.visit", rid=rid))
    policy = the_policy()
    return render_template(
        "station/done.html",
        treatment=found,
        tasks=[
            (task, followups.label(task.rule, policy).in_(language()))
            for task in finishing.tasks(the_store(), rid)
        ],
        posting=finishing.points_to_come(found, policy),
        next_visit=finishing.next_visit(the_store(), found),
        link=reports.link(kiosk().settings, found.visit.report_code),
        qr=reports.qr_svg(reports.link(kiosk().settings, found.visit.report_code)),
    )
