"""What head office decides and proves: settlement between stores, the nights' reports, mending, merging files, export, erasure."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select, update
from werkzeug.wrappers import Response as AnyResponse

from cloud_sync_server import distribution, lease_limits, leases, own, quarantine, trail, users
from cloud_sync_server import export as exports
from cloud_sync_server.clock import now
from cloud_sync_server.context import hq
from cloud_sync_server.errors import TooManyTries
from cloud_sync_server.pages import reading
from cloud_sync_server.pages.language import language, reason, t, word
from cloud_sync_server.pages.sign_in import deciding, signed_in
from cloud_sync_server.schema import erasures as erased
from cloud_sync_server.schema import records, reports, settlements, stores
from cloud_sync_server.users import User
from salon.reconcile.countersigned import fingerprint

office = Blueprint("office", __name__)
NIGHTS_SHOWN = 200
MONTH = re.compile(r"[0-9]{4}-[01][0-9]")
FORMULA = frozenset("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""
PURPOSE_LEAST, PURPOSE_LETTERS = 4, 100
"""Letters of what an export is for: as in the store (salon/rules/rights.py), and as many as the trail has room for."""


@office.get("/settlement")
@signed_in
def settlement(_user: User) -> str | Response:
    """Who owes whom, as a page or a CSV file."""
    here = hq()
    month = request.args.get("month", "")
    if MONTH.fullmatch(month) is None:
        month = now()[:7]
    wanted = select(settlements).where(settlements.c.month == month, settlements.c.amount > 0)
    rows, named = here.database.read(
        lambda con: (
            con.execute(
                wanted.order_by(settlements.c.store, settlements.c.creditor, settlements.c.unit)
            ).all(),
            reading.names(con, here.vault, ["store"]),
        )
    )
    if request.args.get("form") != "csv":
        return render_template("hq/settlement.html", rows=rows, named=named, month=month)
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([t("month"), t("debtor"), "", t("creditor"), "", t("amount"), t("unit")])
    for row in rows:
        owed = (f"{row.amount / 100:.2f}", t("yuan")) if row.unit == "fen" else (row.amount, t("points"))
        out.writerow([row.month, *_called(row.store, named), *_called(row.creditor, named), *owed])
    headers = {"Content-Disposition": f'attachment; filename="settlement-{month}.csv"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)


def _called(store: str, named: dict[str, reading.Named]) -> tuple[str, str]:
    """Id and name of a store for a spreadsheet: a name that begins like a formula is kept as text. Head office has no record of itself."""
    found = named.get(store)
    name = word(found.zh, found.en) if found else t("title") if store == "hq" else ""
    return store, f"'{name}" if name[:1] in FORMULA else name


@office.get("/nights")
@signed_in
def nights(_user: User) -> str:
    """What each store's night found."""
    wanted = select(reports).order_by(reports.c.at.desc()).limit(NIGHTS_SHOWN)
    here = hq()
    rows, named = here.database.read(
        lambda con: (con.execute(wanted).all(), reading.names(con, here.vault, ["store"]))
    )
    said = [(row, json.loads(row.body)) for row in rows]
    heads_key = fingerprint(here.vault.public_key)
    return render_template("hq/nights.html", rows=said, named=named, heads_key=heads_key)


@office.post("/quarantine/<store>/<epoch>/<int:n>/mend")
@deciding
def mend(user: User, store: str, epoch: str, n: int) -> AnyResponse:
    """Write what a change should have said."""
    here = hq()
    text = request.form.get("fields", "")
    problem = here.database.write(
        lambda con: quarantine.mend(con, here.vault, here.settings, store, epoch, n, user.login, text)
    )
    flash(
        t("still_refused", why=reason(problem)) if problem else t("taken_in"),
        "problem" if problem else "done",
    )
    here.database.write(lambda con: trail.leave(con, user.login, "quarantine_mend", f"{store}.{epoch}.{n}"))
    return redirect(url_for("views.aside"))


@office.post("/members/<rid>/merge/<into>")
@deciding
def merge(user: User, rid: str, into: str) -> AnyResponse:
    """Two files of one person are shown together; nothing in either is rewritten."""
    _alias(user, rid, into)
    flash(t("merged_done"), "done")
    return redirect(url_for("views.member", rid=into))


@office.post("/members/<rid>/unmerge")
@deciding
def unmerge(user: User, rid: str) -> AnyResponse:
    """Both files are as they were."""
    _alias(user, rid, "")
    flash(t("unmerged_done"), "done")
    return redirect(url_for("views.member", rid=rid))


def _alias(user: User, rid: str, into: str) -> None:
    here = hq()

    def write(con: Connection) -> bool:
        known = select(records.c.rid).where(records.c.kind == "member", records.c.erased.is_(False))
        both = {rid, into} - {""}
        found = set(con.execute(known.where(records.c.rid.in_(sorted(both)))).scalars())
        if rid == into or found != both:
            return False
        draft = own.Draft("member", rid, {"merged_into": into})
        own.write(con, here.vault, here.settings, [draft], f"hq:{user.login}")
        trail.leave(con, user.login, "member_merged" if into else "member_unmerged", rid, into)
        return True

    if not here.database.write(write):
        abort(404)


@office.post("/members/<rid>/export")
@deciding
def export(user: User, rid: str) -> AnyResponse:
    """All that HQ holds on one member, for a program or for a person: for a purpose, on a second person's word (SEC-03, SEC-07)."""
    here, form = hq(), "json" if request.form.get("form") == "json" else "html"
    found = here.database.read(lambda con: exports.collect(con, here.vault, rid))
    if not found:
        abort(404)
    purpose = " ".join(request.form.get("purpose", "").split())[:PURPOSE_LETTERS]
    second = request.form.get("second", "").strip()[:80]
    problem = _not_agreed(user, purpose, second, request.form.get("password", ""))
    if problem:
        flash(t(problem), "problem")
        return redirect(url_for("views.member", rid=rid))
    said = f"{form}; {second}: {purpose}"
    here.database.write(lambda con: trail.leave(con, user.login, "member_exported", rid, said))
    headers = {"Content-Disposition": f'attachment; filename="{rid}.{form}"'}
    if form == "json":
        return Response(
            json.dumps(found, ensure_ascii=False, indent=1), mimetype="application/json", headers=headers
        )
    page = render_template("hq/export.html", rid=rid, sections=exports.readable(found, language()))
    return Response(page, mimetype="text/html", headers=headers)


def _not_agreed(user: User, purpose: str, second: str, password: str) -> str:
    """Why an export may not be taken: the key of a text; empty when it may."""
    if len(purpose) < PURPOSE_LEAST:
        return "export_needs_purpose"
    if second in {"", user.login}:
        return "export_needs_second"
    try:
        agreed = users.sign_in(hq().database, second, password, done="export_agreed")
    except TooManyTries:
        return "export_too_often"
    return "" if agreed is not None else "export_second_unknown"


@office.post("/members/<rid>/erase")
@deciding
def erase(user: User, rid: str) -> AnyResponse:
    """Destroy a member's key, and have every store erase what it holds."""
    if request.form.get("confirm", "").strip() != rid:
        flash(t("erase_hint"), "problem")
        return redirect(url_for("views.member", rid=rid))
    here = hq()

    def write(con: Connection) -> None:
        own.write(
            con, here.vault, here.settings, [own.Draft("member", rid, {}, erase=True)], f"hq:{user.login}"
        )
        trail.leave(con, user.login, "member_erased", rid)

    here.database.write(write)
    flash(t("erased_done"), "done")
    return redirect(url_for("office.erasures"))


@office.get("/erasures")
@signed_in
def erasures(_user: User) -> str:
    """Who was erased, and which stores have not answered."""
    here = hq()

    def read(con: Connection) -> list[dict[str, Any]]:
        every = set(con.execute(select(stores.c.store).where(stores.c.enrolled_at != "")).scalars())
        answered: dict[str, set[str]] = {}
        for receipt in reading.find(con, here.vault, records.c.kind == "erasure_receipt"):
            answered.setdefault(receipt.subject, set()).add(receipt.store)

        def missing(con: Connection, member: str) -> set[str]:
            knew = distribution.who_knew(con, here.settings, member)
            return (every & knew) - answered.get(member, set())

        rows = con.execute(select(erased).order_by(erased.c.at.desc()).limit(NIGHTS_SHOWN)).all()
        return [
            {"member": row.member, "at": row.at, "missing": sorted(missing(con, row.member))} for row in rows
        ]

    rows, named = here.database.read(lambda con: (read(con), reading.names(con, here.vault, ["store"])))
    return render_template("hq/erasures.html", rows=rows, named=named)


@office.post("/stores/<store>/lost")
@deciding
def declare_lost(user: User, store: str) -> AnyResponse:
    """A store will not come back: what was set aside for it is free, and its key ends. Enrolled again it may go on."""
    here = hq()

    def write(con: Connection) -> int:
        con.execute(update(stores).where(stores.c.store == store).values(key_hash=""))
        trail.leave(con, user.login, "store_lost", store)
        return leases.declare_lost(con, store)

    flash(t("lost_done", n=here.database.write(write)), "done")
    return redirect(url_for("views.stores"))


@office.post("/stores/<store>/lease-limits")
@deciding
def raise_limits(user: User, store: str) -> AnyResponse:
    """How many times the chain's figures one store may have set aside: 1 again takes it back."""
    text = request.form.get("times", "").strip()
    times = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= times <= lease_limits.MOST_TIMES:
        flash(t("bad_lease_times", most=lease_limits.MOST_TIMES), "problem")
        return redirect(url_for("views.stores"))

    def write(con: Connection) -> int:
        found = con.execute(update(stores).where(stores.c.store == store).values(lease_times=times))
        if found.rowcount:
            trail.leave(con, user.login, "lease_limits_set", store, str(times))
        return int(found.rowcount)

    if not hq().database.write(write):
        abort(404)
    flash(t("lease_times_done", store=store, n=times), "done")
    return redirect(url_for("views.stores"))
