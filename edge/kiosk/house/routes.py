"""Health, the language switch, signing in and out."""

from __future__ import annotations

from flask import Blueprint, current_app, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where
from werkzeug.wrappers import Response

from edge.kiosk import guard, i18n, signin
from edge.kiosk.context import the_store
from edge.kiosk.i18n import _
from edge.kiosk.pages import OPEN, Family

pages = Blueprint("house", __name__, template_folder="templates")
YEAR = 365 * 24 * 3600


@pages.get("/healthz")
def health() -> ResponseReturnValue:
    """Ready, once the store answers; and how long the open screens have been silent (s)."""
    return jsonify(
        status="ok",
        store=the_store().store_id,
        version=current_app.config["VERSION"],
        screens=current_app.extensions["live"].silence(),
    )


@pages.get("/language/<code>")
def language(code: str) -> ResponseReturnValue:
    """Change the language and stay on the page."""
    answer = redirect(guard.own_path(request.args.get("next", "/")))
    return remember_language(answer, code)


def remember_language(answer: Response, code: str) -> Response:
    """Set the language cookie on an answer."""
    if code in i18n.LANGUAGES:
        answer.set_cookie(i18n.COOKIE, code, max_age=YEAR, samesite="Lax")
    return answer


@pages.get("/staff/sign-in")
def sign_in() -> ResponseReturnValue:
    return _sign_in_page(guard.own_path(request.args.get("next", "/desk")))


@pages.post("/staff/sign-in")
def sign_in_try() -> ResponseReturnValue:
    store = the_store()
    then = guard.own_path(request.form.get("next", "/desk"))
    badge = request.form.get("badge", "")[:80]
    login, pin = request.form.get("login", "")[:80], request.form.get("pin", "")[:20]
    source = request.remote_addr or ""
    try:
        employee = (
            signin.with_badge(store, badge, source) if badge else signin.with_pin(store, login, pin, source)
        )
    except signin.SignInRefused as refused:
        return _sign_in_page(then, refused=refused, login=login), 429 if refused.lockout.locked else 401
    signin.begin(store, employee, "badge" if badge else "pin")
    return redirect(then)


def _sign_in_page(then: str, *, refused: signin.SignInRefused | None = None, login: str = "") -> str:
    active = the_store().employees.select(where("active") == True, order_by="name")  # noqa: E712
    employees = [employee for employee in active if employee.pin_hash]  # other stores' people have none here
    problem = ""
    if refused is not None:
        state = refused.lockout
        wrong = _("This PIN or badge does not fit.") if not state.locked else ""
        problem = " ".join(filter(None, [wrong, state.said.in_(i18n.language())]))
    return render_template(
        "house/sign_in.html", employees=employees, then=then, problem=problem, chosen=login,
        wait=refused.lockout.seconds_left if refused else 0,
    )  # fmt: skip


@pages.post("/staff/sign-out")
def sign_out() -> ResponseReturnValue:
    signin.end(the_store())
    current_app.extensions["live"].show_out()
    g.employee = None
    return redirect(url_for("house.sign_in", next=guard.own_path(request.form.get("next", "/desk"))))


FAMILY = Family(
    pages,
    rights={
        "health": OPEN,
        "language": OPEN,
        "sign_in": OPEN,
        "sign_in_try": OPEN,
        "sign_out": OPEN,
    },
)
