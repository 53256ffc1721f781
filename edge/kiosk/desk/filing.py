"""The customer file at the desk: the form, who brought her, who pays for her, what she asked (PRF-02, PRF-05..11, LOY-10, LOY-18)."""

from __future__ import annotations

from typing import cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk import money
from edge.kiosk.desk import people as cards
from edge.kiosk.desk.blueprint import found, say
from edge.kiosk.services import filing, paying
from salon.rules import filefields, names


def form(rid: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """Every field of the file that people fill in, in groups."""
    member = found(the_store().members, rid)
    required = the_policy().intake_required.fields
    page = render_template(
        "desk/file.html",
        member=member,
        groups=[(said, filefields.fields(fields, required)) for said, fields in filefields.GROUPS.values()],
        names=names,
        problems=problems or {},
        typed=request.form,
    )
    return page, 422 if problems else 200


def save(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    try:
        filing.save(the_store(), actor(), rid, request.form)
    except filing.BadFile as bad:
        return form(rid, say(bad.fields))
    return redirect(url_for("desk.person", rid=rid))


def brought_by(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    try:
        filing.brought_by(the_store(), actor(), rid, request.form.get("phone", ""))
    except filing.BadFile as bad:
        return cards.show(rid, say(bad.fields))
    return redirect(url_for("desk.person", rid=rid))


def paid_by(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    try:
        filing.paid_by(
            the_store(), actor(), rid, request.form.get("phone", ""), request.form.get("greeting", "")
        )
    except filing.BadFile as bad:
        return money.account(rid, say(bad.fields))
    return redirect(url_for("desk.account", rid=rid))


def note(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    kind, key = request.form.get("kind", ""), request.form.get("key", "")
    if kind in filing.NOTES:
        own = key if paying.KEY.fullmatch(key) else ""
        filing.note(
            the_store(), actor(), rid, cast("filing.Note", kind), request.form.get("words", ""), key=own
        )
    return redirect(url_for("desk.whole", rid=rid))


def notes() -> dict[str, str]:
    """Kinds of notes in the page's language."""
    return {kind: said.in_(i18n.language()) for kind, said in filing.NOTES.items()}
