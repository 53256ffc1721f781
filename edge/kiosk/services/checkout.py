"""Paying and leaving: the visit closes, points are posted once, the follow-ups of the policy are there (SVC-14, LOY-07, FUP).

One transaction. Asked twice, or again after a restart, nothing is posted twice: the ids of what is written are made of the
visit's.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, cast, get_args

from tinydb import where

from edge.kiosk.services.finishing import is_first
from edge.kiosk.services.once import add_once
from edge.store import now
from salon.records import LedgerEntry
from salon.rules import followups, points
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Visit

Payment = Literal["cash", "card", "wechat", "alipay", "stored_value"]
PAYMENTS: dict[str, Said] = {
    "wechat": Said("微信支付", "WeChat Pay"),
    "alipay": Said("支付宝", "Alipay"),
    "cash": Said("现金", "Cash"),
    "card": Said("银行卡", "Bank card"),
    "stored_value": Said("储值", "Stored value"),
}
MOST_FEN = 100_000_000
"""One million yuan: more is a slip of the finger."""


class BadPayment(ValueError):
    """Raised when a payment cannot be taken; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


def fen(text: str) -> int:
    """An amount in yuan as typed, in fen. Raises BadPayment."""
    wrong = Said("请输入金额，例如 298 或 298.50", "Please enter an amount, such as 298 or 298.50")
    try:
        amount = Decimal(text.strip().removeprefix("¥").replace(",", "")) * 100
    except InvalidOperation as error:
        raise BadPayment(amount=wrong) from error
    if not amount.is_finite() or amount != int(amount) or not 0 <= amount <= MOST_FEN:
        raise BadPayment(amount=wrong)
    return int(amount)


def list_price(store: Store, visit: Visit) -> int:
    """What the visit's services cost by the list, in fen."""
    found = [store.services.find(rid) for rid in visit.services]
    return sum(service.price_fen for service in found if service)


def settle(store: Store, actor: str, policy: Policy, visit_rid: str, paid_fen: int, payment: str) -> Visit:
    """Take the payment and close the visit. Raises BadPayment, WrongStep, NoSuchRecord."""
    if payment not in get_args(Payment):
        raise BadPayment(payment=Said("请选择支付方式", "Please choose how it is paid"))
    with store.acting(actor), store.transaction():
        visit = store.visits.load(visit_rid)
        if visit.state == "closed":
            return visit
        moment = now()
        if visit.state == "feedback":
            visit = store.visits.edit(visit.rid, **steps.advance(visit, "aftercare", moment))
        if payment == "stored_value":
            _spend(store, visit, paid_fen, moment)
        visit = store.visits.edit(
            visit.rid,
            **steps.advance(visit, "closed", moment),
            paid_fen=paid_fen,
            payment=cast("Payment", payment),
        )
        member = store.members.load(visit.member)
        for task in followups.schedule(visit, member, is_first(store, visit), policy, moment):
            add_once(store.follow_ups, task)
        earned = points.earned(visit, policy)
        if earned.amount:
            add_once(store.ledger, earned.entry(visit, moment))
        if visit.appointment and store.appointments.find(visit.appointment):
            store.appointments.edit(visit.appointment, status="done", visit=visit.rid)
        return visit


def _spend(store: Store, visit: Visit, paid_fen: int, moment: str) -> None:
    """Pay from the stored value. It must be there."""
    held = points.balance(store.ledger.select(where("member") == visit.member), "fen")
    if held < paid_fen:
        raise BadPayment(payment=Said("储值余额不足", "There is not enough stored value"))
    entry = LedgerEntry(
        rid=f"spend-{visit.rid}",
        member=visit.member,
        unit="fen",
        amount=-paid_fen,
        reason="spend",
        at=moment,
        store=visit.store,
        visit=visit.rid,
    )
    add_once(store.ledger, entry)
