"""The whole file of a customer (SEG-07), and what may be taken out of it only knowingly."""

from __future__ import annotations

from typing import cast

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, signed_in, the_policy, the_store
from edge.kiosk.desk import filing
from edge.kiosk.desk.blueprint import found, service_line
from edge.kiosk.desk.checkouts import methods
from edge.kiosk.services import (
    consents,
    corrected,
    knowingly,
    liked,
    paying,
    sight,
    tasks,
    visited,
    whole,
)
from edge.kiosk.services.consents import texts
from edge.store import now
from salon.rules import concerns, lifecycle, measures, names, phones, vouchers
from salon.rules.complaints import TOPICS
from salon.rules.rights import MAY_EXPORT


def show(rid: str, problem: str = "", about: str = "") -> ResponseReturnValue:
    """Everything on one page, each part with its reason."""
    store, language = the_store(), i18n.language()
    member = found(store.members, rid)
    reader = signed_in()
    if reader is None or not sight.of(store, reader, member).holds:
        store.refuse("http", request.remote_addr or "", "not-yours", f"{actor()} asked for the file of {rid}")
        abort(403)
    about_her = whole.of(store, the_policy(), member)
    page = render_template(
        "desk/whole.html",
        member=member,
        whole=about_her,
        held=knowingly.held(store, member, language),
        fields=liked.lines(member),
        corrections=corrected.of(store, member),
        past=visited.of(store, list(reversed(about_her.history.visits))[: whole.SHOWN]),
        notes=filing.notes(),
        key=paying.new_key(),
        trust=lifecycle.trust_window(about_her.history, the_policy(), now()),
        purposes={purpose: text.title.in_(language) for purpose, text in texts().items()},
        payments=methods(),
        employees={employee.rid: employee for employee in store.employees.select()},
        concern=lambda key: concerns.label(key).in_(language),
        measure=lambda key: measures.label(key).in_(language),
        voucher=lambda one: vouchers.label(one).in_(language),
        topics=TOPICS,
        names=names,
        mask=phones.mask,
        may_export=bool(MAY_EXPORT & set(reader.roles)),
        service_line=service_line,
        problem=problem,
        about=about,
    )  # fmt: skip
    return page, 422 if problem else 200


def remove(rid: str) -> ResponseReturnValue:
    """An allergen or a condition no longer holds: with a reason, and a trace."""
    found(the_store().members, rid)
    what, key = request.form.get("what", ""), request.form.get("key", "")
    if what in {"allergens", "conditions"}:
        try:
            knowingly.remove(
                the_store(), actor(), rid, cast("knowingly.What", what), key, request.form.get("reason", "")
            )
        except knowingly.NoReason as wrong:
            return show(rid, wrong.said.in_(i18n.language()), key)
    return redirect(url_for("desk.whole", rid=rid))


def withdraw(rid: str) -> ResponseReturnValue:
    """She no longer agrees to something (SEC-07)."""
    found(the_store().members, rid)
    if (purpose := request.form.get("purpose", "")) in texts():
        consents.withdraw(the_store(), actor(), rid, purpose)
    return redirect(url_for("desk.whole", rid=rid))


def hand_over(rid: str) -> ResponseReturnValue:
    """Something for a colleague of another role (SVC-16)."""
    found(the_store().members, rid)
    form = request.form
    tasks.hand_over(
        the_store(), actor(), rid, form.get("visit", "")[:64], form.get("role", ""), form.get("what", "")
    )
    return redirect(url_for("desk.whole", rid=rid))
