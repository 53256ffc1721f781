"""The survey entered at the desk (FUP-12): by phone or face to face."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import found, service_line
from edge.kiosk.services import answering
from salon.rules import names, surveys


def page(rid: str, problem: str = "") -> ResponseReturnValue:
    visit = found(the_store().visits, rid)
    shown = render_template(
        "desk/survey.html",
        visit=visit,
        member=found(the_store().members, visit.member),
        given=answering.given(the_store(), visit),
        form=surveys.FORM,
        scale=surveys.SCALE,
        names=names,
        service_line=service_line,
        problem=problem,
        typed=request.form,
    )
    return shown, 422 if problem else 200


def answer(rid: str) -> ResponseReturnValue:
    visit = found(the_store().visits, rid)
    try:
        answering.answer(the_store(), actor(), the_policy(), visit, request.form)
    except answering.NoFace as wrong:
        return page(rid, wrong.said.in_(i18n.language()))
    return redirect(url_for("desk.survey", rid=rid))
