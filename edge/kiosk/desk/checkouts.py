"""What the visit's page needs for taking money, and for what was taken (SVC-14, LOY-07, LOY-09, LOY-14)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import request
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import the_policy, the_store
from edge.kiosk.services import checkout, paying, quoting, redeeming, refunding
from salon.rules import billing, vouchers

if TYPE_CHECKING:
    from salon.records import Visit
    from salon.rules.billing import Quote

NOTHING = quoting.Wishes()


def methods() -> dict[str, str]:
    """Ways of payment in the page's language."""
    return {key: said.in_(i18n.language()) for key, said in billing.METHODS.items()}


def open_bill(visit: Visit) -> dict[str, Any]:
    """The bill as it stands, with what was chosen on the page; what cannot be used is left out and said."""
    store, policy = the_store(), the_policy()
    quote, wishes, refused = _quote(visit, quoting.Wishes.of(request.values))
    member = store.members.load(visit.member)
    hers = redeeming.choices(store, visit, billing.services(visit, store.services.select()).total_fen)
    return {
        "quote": quote,
        "wishes": wishes,
        "refused": refused,
        "vouchers": [choice for choice in hers if not vouchers.by_hand(choice.voucher)],
        "gifts": [choice for choice in hers if vouchers.by_hand(choice.voucher)],
        "benefits": quoting.benefits(store, policy, visit),
        "by_points": redeeming.by_points(store, policy, visit),
        "payer": checkout.payer(store, member),
        "payments": methods(),
        "key": request.form.get("key") or paying.new_key(),
    }


def _quote(visit: Visit, wishes: quoting.Wishes) -> tuple[Quote, quoting.Wishes, str]:
    """With as many of the wishes as can be granted, and why the others cannot."""
    refused = ""
    for less in (wishes, replace(wishes, voucher=""), replace(wishes, voucher="", points=""), NOTHING):
        try:
            return quoting.quote(the_store(), the_policy(), visit, less), less, refused
        except redeeming.CannotRedeem as cannot:
            refused = cannot.said.in_(i18n.language())
    raise AssertionError("a bill without wishes refuses nothing")


def closed(visit: Visit) -> dict[str, Any]:
    """What was paid, what went back since, and what still may."""
    store = the_store()
    bill = store.bills.find(checkout.bill_rid(visit.rid))
    later = [b for b in store.bills.select(where("visit") == visit.rid) if bill is None or b.rid != bill.rid]
    entries = store.ledger.select(where("visit") == visit.rid)
    return {
        "bill": bill,
        "later": sorted(later, key=lambda b: b.at),
        "left": refunding.left(store, visit),
        "used": [e for e in entries if e.reason == "redeem"],
        "earned": sum(e.amount for e in entries if e.unit == "points" and e.reason in {"earn", "refund"}),
        "posted": store.ledger.find(f"earn-{visit.rid}"),
        "payments": methods(),
        "employees": {employee.rid: employee for employee in store.employees.select()},
        "key": request.form.get("key") or paying.new_key(),
        "taken": bill is not None and request.args.get("taken") == "before",
    }
