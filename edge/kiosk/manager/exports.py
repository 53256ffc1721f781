"""Exports of customer data (SEC-03): apply with a purpose, a second person decides with her PIN, take the file once."""

from __future__ import annotations

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk.context import the_store
from edge.kiosk.i18n import _, language, today
from edge.kiosk.manager.blueprint import me
from edge.kiosk.services import exporting
from edge.kiosk.signin import SignInRefused
from edge.store import NoSuchRecord
from salon.records import Employee
from salon.rules.rights import MAY_EXPORT, ExportRefused


def page(problem: str = "", about: str = "", status: int = 200) -> ResponseReturnValue:
    store = the_store()
    shown = render_template(
        "manager/exports.html",
        requests=exporting.requests(store),
        names={employee.rid: employee for employee in store.employees.select()},
        columns=exporting.columns(language()),
        usual=request.form.getlist("columns") or exporting.USUAL,
        purpose=request.form.get("purpose", ""),
        problem=problem,
        about=about,
        seconds=_seconds,
        me=me(),
    )
    return shown, status


def _seconds(asked_by: str) -> list[Employee]:
    """Who may decide: another manager or the owner."""
    active = the_store().employees.select(where("active") == True, order_by="name")  # noqa: E712 - a query
    return [e for e in active if e.rid != asked_by and MAY_EXPORT & set(e.roles) and e.pin_hash]


def ask() -> ResponseReturnValue:
    try:
        exporting.ask(
            the_store(), me(), request.form.get("purpose", "")[:1000], request.form.getlist("columns")
        )
    except ExportRefused as refused:
        return page(refused.said.in_(language()), "new", 422)
    return redirect(url_for("manager.exports"))


def decide(rid: str) -> ResponseReturnValue:
    form = request.form
    try:
        exporting.decide(
            the_store(), rid, form.get("login", "")[:80], form.get("pin", "")[:20],
            approve=form.get("decision") == "yes", source=request.remote_addr or "",
        )  # fmt: skip
    except NoSuchRecord:
        abort(404)
    except ExportRefused as refused:
        return page(refused.said.in_(language()), rid, 422)
    except SignInRefused as refused:
        said = refused.lockout.said.in_(language())
        wrong = said if refused.lockout.locked else f"{_('This PIN does not fit.')} {said}"
        return page(wrong, rid, 429 if refused.lockout.locked else 401)
    return redirect(url_for("manager.exports"))


def take(rid: str) -> ResponseReturnValue:
    """The file. It leaves the store once, and that it did stays."""
    try:
        data = exporting.take(the_store(), me(), rid)
    except NoSuchRecord:
        abort(404)
    except ExportRefused as refused:
        return page(refused.said.in_(language()), rid, 422)
    name = f"customers-{today().isoformat()}.csv"
    return Response(
        data, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
