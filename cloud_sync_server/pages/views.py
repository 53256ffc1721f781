"""The pages of head office."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, get_flashed_messages, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from cloud_sync_server import enrolment, lease_limits, quarantine, refusals, reviews, trail
from cloud_sync_server.context import hq
from cloud_sync_server.pages import figures, person, reading
from cloud_sync_server.pages.language import reason, t
from cloud_sync_server.pages.sign_in import current, deciding, signed_in
from cloud_sync_server.schema import quarantine as put_aside
from cloud_sync_server.users import User
from salon.records import STORE_ID

views = Blueprint("views", __name__, static_folder="../static", static_url_path="/static")
QUARANTINE_LIMIT = 200


@views.app_context_processor
def _common() -> dict[str, Any]:
    return {
        "user": current(),
        "full_name": person.full_name,
        "shown_phone": person.shown_phone,
        "about_task": person.about_task,
    }


@views.get("/")
@signed_in
def home(_user: User) -> str:
    """Today's figures, and how the stores stand."""
    here = hq()

    def read(con: Connection) -> dict[str, Any]:
        total, by_store = figures.today(con, here.vault, here.settings.timezone)
        return {
            "total": total,
            "stores": figures.store_states(con, here.vault, by_store),
            "days": figures.visits_by_day(con, here.settings.timezone),
            "members": figures.members(con),
            "waiting": quarantine.count(con),
            "reviews": reviews.waiting(con, here.vault),
        }

    return render_template("hq/home.html", **here.database.read(read))


@views.get("/members")
@signed_in
def members(_user: User) -> str:
    """Search in the whole chain."""
    here = hq()
    question = request.args.get("q", "")[:80]
    found, named = here.database.read(
        lambda con: (person.search(con, here.vault, question), reading.names(con, here.vault, ["store"]))
    )
    return render_template("hq/members.html", question=question, found=found, named=named)


@views.get("/members/<rid>")
@signed_in
def member(user: User, rid: str) -> str:
    """One member. That somebody looked is written down."""
    here = hq()
    found = here.database.read(lambda con: person.load(con, here.vault, rid))
    if found is None:
        abort(404)
    here.database.write(lambda con: trail.leave(con, user.login, "member_seen", rid))
    return render_template("hq/member.html", person=found)


@views.get("/stores")
@signed_in
def stores(_user: User) -> str:
    """The stores, and enrolling one."""
    here = hq()

    def read(con: Connection) -> dict[str, Any]:
        by_store = figures.today(con, here.vault, here.settings.timezone)[1]
        return {
            "stores": figures.store_states(con, here.vault, by_store),
            "set_aside": lease_limits.held(con),
        }

    return render_template(
        "hq/stores.html", limits=here.lease_limits, most_times=lease_limits.MOST_TIMES,
        codes=get_flashed_messages(category_filter=["code"]), **here.database.read(read),
    )  # fmt: skip


@views.post("/stores/code")
@deciding
def create_code(user: User) -> Response:
    """A one-time code, shown on the next page and never again."""
    here = hq()
    store = request.form.get("store", "").strip().lower()
    if STORE_ID.fullmatch(store) is None:
        flash(t("bad_store_id"), "problem")
    else:
        code = here.database.write(lambda con: enrolment.create_code(con, here.vault, store, user.login))
        flash(f"{store} {code}", "code")
    return redirect(url_for("views.stores"))


@views.get("/quarantine")
@signed_in
def aside(_user: User) -> str:
    """What could not be taken in, and why."""
    waiting = select(put_aside).where(put_aside.c.state == "open").order_by(put_aside.c.at.desc())
    here = hq()

    def read(con: Connection) -> dict[str, Any]:
        rows = con.execute(waiting.limit(QUARANTINE_LIMIT)).all()
        contents = {
            f"{row.store}{row.epoch}{row.n}": quarantine.fields(con, here.vault, row.store, row.epoch, row.n)
            for row in rows
        }
        named = reading.names(con, here.vault, ["store"])
        return {"rows": rows, "contents": contents, "refused": refusals.latest(con), "named": named}

    return render_template("hq/quarantine.html", **here.database.read(read))


@views.post("/quarantine/<store>/<epoch>/<int:n>")
@deciding
def decide(user: User, store: str, epoch: str, n: int) -> Response:
    """Try a change again, or put it away for good."""
    here = hq()
    verdict = request.form.get("verdict")
    if verdict == "replay":
        problem = here.database.write(
            lambda con: quarantine.replay(con, here.vault, here.settings, store, epoch, n, user.login)
        )
        flash(
            t("still_refused", why=reason(problem)) if problem else t("taken_in"),
            "problem" if problem else "done",
        )
    elif verdict == "discard":
        here.database.write(lambda con: quarantine.discard(con, store, epoch, n, user.login))
        flash(t("put_away"), "done")
    else:
        abort(400)
    here.database.write(
        lambda con: trail.leave(con, user.login, f"quarantine_{verdict}", f"{store}.{epoch}.{n}")
    )
    return redirect(url_for("views.aside"))


@views.app_errorhandler(400)
@views.app_errorhandler(403)
@views.app_errorhandler(404)
@views.app_errorhandler(405)
@views.app_errorhandler(413)
@views.app_errorhandler(500)
def failed(error: Any) -> tuple[str, int]:
    """A page for what went wrong, without a trace of how."""
    code = getattr(error, "code", 500)
    key = {403: "failed_403", 404: "failed_404", 405: "failed_404"}.get(code, "failed_500")
    return render_template("hq/failed.html", key=key), code
