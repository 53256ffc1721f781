"""The report behind its code: page, PDF and pictures, and nothing else of the store (MEA-05, FUP-01).

The page loads no script and opens no socket: a phone in the Wi-Fi reads it and is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from edge import report as edge_report
from edge.kiosk import i18n
from edge.kiosk.context import kiosk, the_policy, the_store
from edge.kiosk.i18n import _
from edge.kiosk.pages import PHONE, Family
from edge.kiosk.services import answering, reports, trends
from salon.rules import surveys

if TYPE_CHECKING:
    from salon.records import Visit

pages = Blueprint(
    "report",
    __name__,
    url_prefix="/r",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
GUESSES = "report-guesses"


@pages.get("/<code>")
def page(code: str) -> ResponseReturnValue:
    """The report as a page; a code that ends in .pdf is the same report to keep."""
    if code.endswith(".pdf"):
        return _pdf(code.removesuffix(".pdf"))
    shown = _build(_visit(code))
    qr = reports.qr_svg(shown.report.url)
    return render_template(
        "report/page.html", shown=shown, report=shown.report, code=code, qr=qr, drawing=trends.drawing
    )


def _pdf(code: str) -> ResponseReturnValue:
    found = _visit(code)
    try:
        data = edge_report.pdf(_build(found).report)
    except edge_report.FontMissing as error:
        the_store().refuse("config", "report", "font-missing", str(error))
        _end(503, _("The PDF cannot be made now"), _("Please open the page instead, or ask at the desk."))
    day = (found.aftercare_at or found.closed_at)[:10]
    headers = {"Content-Disposition": f'inline; filename="report-{day}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


@pages.get("/<code>/picture/<any(before, after, month):phase>/<concern>")
def picture(code: str, phase: str, concern: str) -> ResponseReturnValue:
    """A picture of this report: those that are in it, no others."""
    jpeg = reports.picture(the_store(), _visit(code), phase, concern)
    if not jpeg:
        abort(404)
    return Response(jpeg, mimetype="image/jpeg", headers={"Cache-Control": "no-store, private"})


def _build(visit: Visit) -> reports.Shown:
    return reports.build(the_store(), the_policy(), kiosk().settings, visit, i18n.language())


def _visit(code: str) -> Visit:
    """The visit of the code; else the request ends with a page that says why."""
    guesses: reports.Guesses = current_app.extensions[GUESSES]
    address = request.remote_addr or ""
    if guesses.too_many(address):
        _end(429, _("Too many tries"), _("Please wait ten minutes, or ask at the desk."))
    try:
        found = reports.visit_of(the_store(), the_policy(), code)
    except reports.NoReport:
        if guesses.wrong(address) == reports.TRIES:
            the_store().refuse("http", address, "report-codes-tried", f"{reports.TRIES} unknown report codes")
        _end(404, _("There is no report here"), _("Please scan the code again, or ask at the desk."))
    except reports.ReportEnded:
        _end(410, _("This report has ended"), _("Our staff will gladly print it for you."))
    _speak(found)
    return found


def _end(status: int, title: str, text: str) -> NoReturn:
    """End the request with a page of its own: the house's error page leads to the kiosk, where a phone has no way."""
    abort(make_response(render_template("report/ended.html", title=title, text=text), status))


def _speak(visit: Visit) -> None:
    """In the customer's own language, until she chooses another."""
    if not (request.args.get("lang") or request.cookies.get(i18n.COOKIE)):
        member = the_store().members.find(visit.member)
        g.language = (member.language if member else "") or i18n.DEFAULT


def _no_index(answer: Response) -> Response:
    """A report is for one person: not for a search engine that a shared link leads there."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


pages.after_request(_no_index)


def _begin(app: Flask) -> None:
    app.extensions[GUESSES] = reports.Guesses()


@pages.get("/<code>/survey")
def survey(code: str, problem: str = "") -> ResponseReturnValue:
    """How was it? A minute, on her own phone (FUP-12)."""
    visit = _visit(code)
    page = render_template(
        "report/survey.html", code=code, given=answering.given(the_store(), visit), form=surveys.FORM,
        scale=surveys.SCALE, problem=problem, typed=request.form,
    )  # fmt: skip
    return page, 422 if problem else 200


@pages.post("/<code>/survey")
def survey_given(code: str) -> ResponseReturnValue:
    visit = _visit(code)
    try:
        answering.answer(the_store(), "customer", the_policy(), visit, request.form)
    except answering.NoFace as wrong:
        return survey(code, wrong.said.in_(i18n.language()))
    return redirect(url_for("report.survey", code=code))


FAMILY = Family(
    pages,
    rights=dict.fromkeys(("page", "picture", "survey", "survey_given"), PHONE),
    on_register=_begin,
)
