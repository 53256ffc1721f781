"""Values that gave way: what they were, what stands, and a person's word on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from cloud_sync_server import reviews as kept
from cloud_sync_server.context import hq
from cloud_sync_server.pages import reading
from cloud_sync_server.pages.language import t, value, word
from cloud_sync_server.pages.sign_in import deciding, signed_in
from cloud_sync_server.reviews import Lost
from cloud_sync_server.schema import records
from cloud_sync_server.users import User
from salon.records import Privacy
from salon.rules import phones

reviews = Blueprint("reviews", __name__)
_NUMBERS = frozenset({"phone", "phone2"})


@reviews.get("/reviews")
@signed_in
def page(_user: User) -> str:
    """All of the last thirty days, the newest first."""
    here = hq()

    def read(con: Connection) -> dict[str, Any]:
        lost = kept.latest(con, here.vault)
        hers = records.c.member.in_(sorted({one.member for one in lost if one.member}))
        files = reading.find(con, here.vault, records.c.kind == "member", hers)
        named = reading.names(con, here.vault, ["store", "employee", "service"])
        return {"rows": lost, "files": {one.rid: one for one in files}, "named": named}

    return render_template("hq/reviews.html", **here.database.read(read))


@reviews.post("/reviews/<member>/<kind>/<rid>/<field>/<stamp>")
@deciding
def decide(user: User, member: str, kind: str, rid: str, field: str, stamp: str) -> Response:
    """What stands is right, or what gave way is."""
    here, key = hq(), ("" if member == "-" else member, kind, rid, field, stamp)
    verdict = request.form.get("verdict")
    if verdict == "put_back":
        done = here.database.write(lambda con: kept.put_back(con, here.vault, here.settings, user.login, key))
    elif verdict == "seen":
        done = here.database.write(lambda con: kept.looked_at(con, user.login, key))
    else:
        abort(400)
    flash(t("review_done" if done else "review_gone"), "done" if done else "problem")
    return redirect(url_for("reviews.page"))


def shown(one: Lost, given: Any, named: dict[str, reading.Named], *, whole: bool) -> str:
    """A value as a page may show it: how to reach a person stays with those who may see it (SEC-01)."""
    if given in (None, "", []):
        return "—"
    if one.about.privacy is Privacy.CONTACT and not whole:
        return phones.mask(str(given)) if one.field in _NUMBERS else "•••"
    if one.kind == "consent" and one.field == "granted":
        return t("granted") if given else t("withdrawn")
    if isinstance(given, str) and given in named:
        return word(named[given].zh, named[given].en)
    return value(given)
