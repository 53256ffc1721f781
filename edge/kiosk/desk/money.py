"""Money at the desk: checkout, refunds, a customer's account, receipts, and what came in today (LOY-07..09, LOY-14, LOY-22)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import actor, roles, the_policy, the_store
from edge.kiosk.desk import visits
from edge.kiosk.desk.blueprint import found, say, service_line
from edge.kiosk.desk.checkouts import methods
from edge.kiosk.pages import staff
from edge.kiosk.services import (
    accounts,
    checkout,
    days,
    paying,
    quoting,
    redeeming,
    refunding,
    spending_points,
)
from edge.kiosk.services.paying import BadPayment
from edge.store import NoSuchRecord
from salon.records import Bill
from salon.rules import billing, names, points, vouchers
from salon.rules.visit import WrongStep

GIVERS = staff("consultant", "manager")
"""Who gives a voucher without a cause of the house's own rules."""
FARTHEST_BACK = timedelta(days=366)
"""How far back the days' takings can be leafed."""


def pay(rid: str) -> ResponseReturnValue:
    """The visit is paid and closed."""
    visit = found(the_store().visits, rid)
    form = request.form
    try:
        shown = int(form["shown"]) if form.get("shown", "").lstrip("-").isdecimal() else None
        due = shown if shown is not None else checkout_price(rid)
        done = checkout.settle(
            the_store(), actor(), the_policy(), visit.rid, paying.parts_of(form, due), quoting.Wishes.of(form),
            key=form.get("key", "")[:16], agreed=form.get("agreed", ""), shown_fen=shown,
        )  # fmt: skip
    except BadPayment as bad:
        return visits.show(rid, say(bad.fields))
    except WrongStep as wrong:
        return visits.show(rid, {"payment": wrong.said.in_(i18n.language())})
    return redirect(url_for("desk.visit", rid=rid, taken=None if done.ours else "before"))


def checkout_price(rid: str) -> int:
    """By the list: what a form without its price is measured against."""
    visit = the_store().visits.load(rid)
    return billing.services(visit, the_store().services.select()).total_fen


def refund(rid: str) -> ResponseReturnValue:
    found(the_store().visits, rid)
    form = request.form
    try:
        parts = {
            method: paying.fen(form[f"back-{method}"], "refund")
            for method in billing.METHODS
            if form.get(f"back-{method}", "").strip()
        }
        refunding.refund(
            the_store(), actor(), rid, parts,
            key=paying.key_of(form), why=form.get("why", ""), uses_back=bool(form.get("uses_back")),
        )  # fmt: skip
    except BadPayment as bad:
        return visits.show(rid, say(bad.fields))
    return redirect(url_for("desk.visit", rid=rid))


def change_method(rid: str) -> ResponseReturnValue:
    """It was paid in another way than was written down."""
    found(the_store().visits, rid)
    form = request.form
    try:
        wrong, right = (
            paying.method_of(form.get("wrong", ""), "method"),
            paying.method_of(form.get("right", ""), "method"),
        )
        refunding.change_method(the_store(), actor(), rid, wrong, right, key=paying.key_of(form))
    except BadPayment as bad:
        return visits.show(rid, say(bad.fields))
    return redirect(url_for("desk.visit", rid=rid))


# --- the account


def account(rid: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """What she has, and what the desk does with it."""
    store = the_store()
    member = found(store.members, rid)
    page = render_template(
        "desk/account.html",
        member=member,
        number=number,
        by_hand=vouchers.by_hand,
        account=accounts.of(store, the_policy(), member, i18n.today().isoformat()),
        may_undo=accounts.may_undo,
        gifts=spending_points.offered(store, the_policy(), member),
        most_yuan=the_policy().renewal.most_yuan,
        rewards=the_policy().rewards,
        polish=the_policy().points.basic_polish_points,
        benefits={item.key: i18n.word(item.zh, item.en) for item in the_policy().benefits.items},
        per_year={item.key: item.per_year for item in the_policy().benefits.items},
        payments={key: label for key, label in methods().items() if key != "stored_value"},
        here=store.store_id,
        may_give=GIVERS.allows(roles()),
        names=names,
        key=request.form.get("key") or paying.new_key(),
        problems=problems or {},
        typed=request.form,
    )
    return page, 422 if problems else 200


def top_up(rid: str) -> ResponseReturnValue:
    found(the_store().members, rid)
    form = request.form
    try:
        bill = accounts.top_up(
            the_store(), actor(), the_policy(), rid, paying.fen(form.get("amount", "")),
            paying.method_of(form.get("payment", "")), key=paying.key_of(form), again=bool(form.get("again")),
        )  # fmt: skip
    except BadPayment as bad:
        return account(rid, say(bad.fields))
    return redirect(url_for("desk.bill", rid=bill.rid))


def undo(rid: str) -> ResponseReturnValue:
    """An entry, or a benefit, was a mistake."""
    found(the_store().members, rid)
    form = request.form
    try:
        if form.get("use"):
            accounts.undo_benefit(the_store(), actor(), form["use"])
        else:
            accounts.undo(the_store(), actor(), form.get("entry", ""), form.get("why", ""))
    except NoSuchRecord:
        abort(404)
    except BadPayment as bad:
        return account(rid, say(bad.fields) | {"entry": form.get("entry", "")})
    return redirect(url_for("desk.account", rid=rid))


def benefit(rid: str) -> ResponseReturnValue:
    member = found(the_store().members, rid)
    try:
        accounts.use_benefit(
            the_store(),
            actor(),
            the_policy(),
            member,
            request.form.get("benefit", ""),
            key=paying.key_of(request.form),
        )
    except BadPayment as bad:
        return account(rid, say(bad.fields))
    return redirect(url_for("desk.account", rid=rid))


def reward(rid: str) -> ResponseReturnValue:
    """She shared or reviewed (LOY-08)."""
    found(the_store().members, rid)
    form = request.form
    try:
        key = paying.key_of(form)
        if form.get("what") in {"share", "review"}:
            what = "share" if form["what"] == "share" else "review"
            accounts.reward(the_store(), actor(), the_policy(), rid, what, form.get("words", ""), key=key)  # type: ignore[arg-type]
    except BadPayment as bad:
        return account(rid, say(bad.fields))
    return redirect(url_for("desk.account", rid=rid))


def spend_points(rid: str) -> ResponseReturnValue:
    """Points for a product or a partner's benefit (LOY-08)."""
    found(the_store().members, rid)
    form = request.form
    try:
        spending_points.spend(
            the_store(), actor(), the_policy(), rid, form.get("gift", ""), key=paying.key_of(form)
        )
    except BadPayment as bad:
        return account(rid, say(bad.fields))
    return redirect(url_for("desk.account", rid=rid))


def hand_over_voucher(rid: str) -> ResponseReturnValue:
    """What a voucher stands for was handed to her: a gift, a skin scan."""
    member = found(the_store().members, rid)
    try:
        redeeming.hand_over(the_store(), actor(), member.rid, request.form.get("voucher", "")[:64])
    except redeeming.CannotRedeem as refused:
        return account(rid, {"voucher": refused.said.in_(i18n.language())})
    return redirect(url_for("desk.account", rid=rid))


def give_voucher(rid: str) -> ResponseReturnValue:
    """A gift of the house."""
    found(the_store().members, rid)
    form = request.form
    try:
        accounts.give_voucher(
            the_store(), actor(), the_policy(), rid, paying.fen(form.get("gift", ""), "gift"), form.get("why", ""),
            key=paying.key_of(form),
        )  # fmt: skip
    except BadPayment as bad:
        return account(rid, say(bad.fields))
    return redirect(url_for("desk.account", rid=rid))


# --- receipts and the day


def number(shown: Bill) -> str:
    """What a receipt is called by people, by the day of the store that wrote it."""
    at = the_store().stores.find(shown.store)
    return billing.number(shown, days.day_of(shown.at, at.timezone if at else days.DEFAULT_ZONE))


def _with_number(text: str) -> Bill | None:
    """The receipt of this store that a guest reads a number from, written large or small, with the dash or without."""
    plain = "".join(text.upper().split()).replace("-", "")
    try:
        day = datetime.strptime(plain[:6], "%y%m%d").date()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        return None
    return next((one for one in _bills(day) if number(one).replace("-", "") == plain), None)


def _bills(day: date) -> list[Bill]:
    store = the_store()
    start, end = days.bounds(day, days.zone_name(store))
    span = (where("at") >= start) & (where("at") < end) & (where("store") == store.store_id)
    return store.bills.select(span, order_by="at")


def bill(rid: str) -> ResponseReturnValue:
    """A receipt, to print or to show."""
    store = the_store()
    shown = found(store.bills, rid)
    member = store.members.find(shown.member)
    entries = store.ledger.select(where("member") == shown.member)
    return render_template(
        "desk/receipt.html",
        bill=shown,
        number=number,
        member=member,
        house=store.stores.find(shown.store),
        visit=store.visits.find(shown.visit) if shown.visit else None,
        by=store.employees.find(shown.by) if shown.by else None,
        original=store.bills.find(shown.corrects) if shown.corrects else None,
        earned=sum(e.amount for e in entries if e.rid in {f"earn-{shown.visit}", f"earn-{shown.rid}"}),
        points=points.balance(entries, "points"),
        stored_fen=points.balance(entries, "fen"),
        payments=methods(),
        names=names,
        service_line=service_line,
    )


def day() -> ResponseReturnValue:
    """What came in on a day, by way of payment: what the drawer is counted against. Or the receipt of which the number is known."""
    store, today, asked = the_store(), i18n.today(), request.args.get("number", "").strip()
    if asked and (known := _with_number(asked)) is not None:
        return redirect(url_for("desk.bill", rid=known.rid))
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wanted = today
    shown = min(max(wanted, today - FARTHEST_BACK), today)
    bills = _bills(shown)
    return render_template(
        "desk/money.html",
        asked=asked,
        number=number,
        day=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1) if shown < today else None,
        bills=[(one, store.members.find(one.member)) for one in bills],
        takings=billing.takings(bills),
        payments=methods(),
        employees={employee.rid: employee for employee in store.employees.select()},
        names=names,
    )
