"""Exports of customer data (SEC-03): apply with a purpose, a second person decides with her PIN, take the file once.

With `member` the same page applies for all that is held of one customer (SEC-07); it is reached from her whole file.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale  # type: ignore[import-untyped]
from tinydb import where

from edge.kiosk.context import the_store
from edge.kiosk.i18n import LANGUAGES, language, today, word
from edge.kiosk.manager.blueprint import me
from edge.kiosk.services import exporting, herfile, readable, sight
from edge.kiosk.signin import SignInRefused
from edge.store import NoSuchRecord
from salon.records import Employee, Member
from salon.rules import names
from salon.rules.rights import MAY_EXPORT, ExportRefused

STYLE = Path(__file__).parent / "static" / "everything.css"


def page(problem: str = "", about: str = "", status: int = 200) -> ResponseReturnValue:
    store = the_store()
    applied = exporting.requests(store)
    asked_for = {
        rid: store.members.find(rid) for one in applied if one.scope == "file" for rid in one.members
    }
    shown = render_template(
        "manager/exports.html",
        requests=applied,
        member=_member(),
        asked_for={rid: names.full(one) for rid, one in asked_for.items() if one},
        names={employee.rid: employee for employee in store.employees.select()},
        columns=exporting.columns(language()),
        in_order=_in_order,
        usual=request.form.getlist("columns") or exporting.USUAL,
        purpose=request.form.get("purpose", ""),
        problem=problem,
        about=about,
        seconds=_seconds,
        me=me(),
    )
    return shown, status


def _in_order(chosen: list[str]) -> list[str]:
    """The fields asked for, named, in the order of the form."""
    known = exporting.columns(language())
    return [label for key, label in known.items() if key in chosen]


def _seconds(asked_by: str) -> list[Employee]:
    """Who may decide: another manager or the owner."""
    active = the_store().employees.select(where("active") == True, order_by="name")  # noqa: E712 - a query
    return [e for e in active if e.rid != asked_by and MAY_EXPORT & set(e.roles) and e.pin_hash]


def _member() -> Member | None:
    """Whose file is asked for; the page shows her name, so only to who may see her."""
    rid = request.values.get("member", "")
    if not rid:
        return None
    member = the_store().members.find(rid)
    if member is None:
        abort(404)
    if not sight.of(the_store(), me(), member).holds:
        the_store().refuse(
            "http", request.remote_addr or "", "not-yours", f"{me().rid} asked to export the file of {rid}"
        )
        abort(403)
    return member


def ask() -> ResponseReturnValue:
    member, purpose = _member(), request.form.get("purpose", "")[:1000]
    try:
        if member is not None:
            herfile.ask(the_store(), me(), member, purpose)
            return redirect(url_for("manager.exports"))
        exporting.ask(the_store(), me(), purpose, request.form.getlist("columns"))
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
        return page(refused.said.in_(language()), rid, 429 if refused.lockout.locked else 401)
    return redirect(url_for("manager.exports"))


def take(rid: str) -> ResponseReturnValue:
    """The file. It leaves the store once, and that it did stays."""
    try:
        data = exporting.take(the_store(), me(), rid)
    except NoSuchRecord:
        abort(404)
    except ExportRefused as refused:
        return page(refused.said.in_(language()), rid, 422)
    return _file(data, "text/csv", f"customers-{today().isoformat()}.csv")


def take_file(rid: str) -> ResponseReturnValue:
    """All that is held of one customer, as a ZIP. It leaves the store once, and that it did stays."""
    try:
        everything = herfile.take(the_store(), me(), rid)
    except NoSuchRecord:
        abort(404)
    except ExportRefused as refused:
        return page(refused.said.in_(language()), rid, 422)
    packed = herfile.packed(the_store(), everything, _readable(everything))
    return _file(packed, "application/zip", f"{everything.member.rid}-{today().isoformat()}.zip")


def _file(data: str | bytes | Iterator[bytes], mimetype: str, name: str) -> Response:
    """To be saved, and to stand in no cache."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"}
    return Response(data, mimetype=mimetype, headers=headers)


def _readable(everything: herfile.Everything) -> str:
    """The page in it, in her own language: she reads it, not who took it."""
    g.language = everything.member.language or language()
    with force_locale(LANGUAGES[language()]):
        return render_template(
            "manager/everything.html",
            title=f"{word('关于您的全部记录', 'Everything about you')} · {names.full(everything.member)}",
            everything=everything,
            sections=readable.sections(the_store(), everything.found),
            style=b64encode(STYLE.read_bytes()).decode("ascii"),
        )
