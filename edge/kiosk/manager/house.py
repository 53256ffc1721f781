"""What the manager looks after in the house: products (SAF-06), doubtful files (PRF-21), suggestions (STF-10)."""

from __future__ import annotations

from itertools import groupby

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.i18n import _
from edge.kiosk.services import admitting, days, suggesting
from edge.store import NoSuchRecord, now
from salon.rules import completeness, doubts, screening
from salon.rules.staff import SUGGESTION_STATES

MOST_FILES = 60
"""Files on the worklist: a day's work and more."""


def products(problem: str = "", about: str = "") -> ResponseReturnValue:
    """Every product with its papers; what lacks some stands first, the one asked for (`?of=`) is open."""
    page = render_template(
        "manager/products.html",
        items=admitting.listed(the_store()),
        problem=problem,
        about=about or request.args.get("of", ""),
        kept=request.args.get("kept", ""),
        typed=request.form if problem else {},
    )
    return page, 422 if problem else 200


def product(rid: str) -> ResponseReturnValue:
    """The papers of one product as they are now."""
    form = request.form
    try:
        admitting.write(
            the_store(), actor(), rid, admitted="admitted" in form, checked_at=form.get("checked_at", ""),
            sample=form.get("sample", ""), covers="covers" in form, batch=form.get("batch", ""),
            expires=form.get("expires", ""),
        )  # fmt: skip
    except admitting.NoDay:
        return products(_("Please give a real day; a check cannot lie ahead."), rid)
    except NoSuchRecord:
        abort(404)
    return redirect(url_for("manager.products", kept=rid, _anchor=f"paper-{rid}"))


def data() -> ResponseReturnValue:
    """Files that lack something or cannot be right, the worst first."""
    store, policy = the_store(), the_policy()
    came = {visit.member for visit in store.visits.select(where("store") == store.store_id)}
    members = [
        m
        for m in store.members.select()
        if not m.merged_into and (m.home_store in {store.store_id, ""} or m.rid in came)
    ]
    screened = {answers.member for answers in store.screenings.select() if screening.answered(answers)}
    found = doubts.worklist(members, screened, policy, now(), days.zone_name(store))
    by_rid = {member.rid: member for member in members}
    rows = [(by_rid[rid], list(own)) for rid, own in groupby(found, key=lambda doubt: doubt.member)]
    return render_template(
        "manager/data.html",
        rows=rows[:MOST_FILES],
        all=len(rows),
        files=len(members),
        hardly=completeness.hardly_filled(members, policy),
    )


def suggestions(problem: str = "") -> ResponseReturnValue:
    """What the team proposes, and the answers."""
    store = the_store()
    page = render_template(
        "manager/suggestions.html",
        suggestions=suggesting.listed(store),
        states=SUGGESTION_STATES,
        names={employee.rid: employee for employee in store.employees.select()},
        problem=problem,
    )
    return page, 422 if problem else 200


def answer(rid: str) -> ResponseReturnValue:
    try:
        suggesting.answer(
            the_store(), actor(), rid, request.form.get("state", ""), request.form.get("answer", "")
        )
    except NoSuchRecord:
        abort(404)
    except suggesting.Unfinished:
        return suggestions(_("An answer needs words."))
    return redirect(url_for("manager.suggestions"))
