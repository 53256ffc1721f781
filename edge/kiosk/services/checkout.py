"""Paying and leaving: the visit closes, points are posted once, the follow-ups of the policy are there (SVC-14, LOY-07, FUP).

One transaction. Asked twice, or again after a restart, nothing is posted twice: the ids of what is written are made of the
visit's.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, cast, get_args

from tinydb import where

from edge.kiosk.services import days, redeeming
from edge.kiosk.services.finishing import is_first
from edge.kiosk.services.once import add_once
from edge.store import NoLease, now
from salon.records import LedgerEntry
from salon.records.money import Unit
from salon.rules import followups, loyalty, points, referrals
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member, Visit

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


def settle(
    store: Store, actor: str, policy: Policy, visit_rid: str, paid_fen: int, payment: str,
    *, voucher: str = "", with_points: bool = False,
) -> Visit:  # fmt: skip
    """Take the payment, and a voucher or points with it, and close the visit. Raises BadPayment, WrongStep, NoSuchRecord."""
    if payment not in get_args(Payment):
        raise BadPayment(payment=Said("请选择支付方式", "Please choose how it is paid"))
    try:
        return _settle(store, actor, policy, visit_rid, paid_fen, payment, voucher, with_points)
    except BadPayment:  # after the refused transaction, so that the wishes outlive it
        visit = store.visits.load(visit_rid)
        if payment == "stored_value":
            ask_for_stored_value(store, visit, paid_fen)
        if with_points:
            ask_for_points(store, policy, visit)
        raise


def _settle(
    store: Store, actor: str, policy: Policy, visit_rid: str, paid_fen: int, payment: str, voucher: str, with_points: bool
) -> Visit:  # fmt: skip
    """In one transaction."""
    with store.acting(actor), store.transaction():
        visit = store.visits.load(visit_rid)
        if visit.state == "closed":
            return visit
        moment = now()
        if visit.state == "feedback":
            visit = store.visits.edit(visit.rid, **steps.advance(visit, "aftercare", moment))
        _redeem(store, policy, visit, voucher, with_points, moment)
        if payment == "stored_value":
            _spend(store, visit, paid_fen, moment)
        visit = store.visits.edit(
            visit.rid,
            **steps.advance(visit, "closed", moment),
            paid_fen=paid_fen,
            payment=cast("Payment", payment),
        )
        member = store.members.load(visit.member)
        first = is_first(store, visit)
        for task in followups.schedule(visit, member, first, policy, moment):
            add_once(store.follow_ups, task)
        _gifts(store, policy, visit, member, first, moment)
        earned = points.earned(visit, policy)
        if earned.amount:
            add_once(store.ledger, earned.entry(visit, moment))
        if visit.appointment and store.appointments.find(visit.appointment):
            store.appointments.edit(visit.appointment, status="done", visit=visit.rid)
        return visit


def _redeem(store: Store, policy: Policy, visit: Visit, voucher: str, with_points: bool, moment: str) -> None:
    """Use the voucher and the points that were chosen. Raises BadPayment."""
    price = list_price(store, visit)
    try:
        if with_points:
            price -= redeeming.use_points(store, policy, visit, moment)
        if voucher:
            redeeming.use_voucher(store, visit, voucher, price, moment)
    except redeeming.CannotRedeem as refused:
        raise BadPayment(voucher=refused.said) from refused


def _gifts(store: Store, policy: Policy, visit: Visit, member: Member, first: bool, moment: str) -> None:
    """What a checkout brings beside points: the referral's reward (LOY-10), the members' day (LOY-17)."""
    zone = days.zone_name(store)
    thanks = referrals.reward(member, visit, first, policy, moment, zone)
    for entry in thanks.entries:
        add_once(store.ledger, entry)
    gift = loyalty.member_day(visit, member, policy, moment, zone)
    for voucher in (*thanks.vouchers, *([gift] if gift else [])):
        add_once(store.vouchers, voucher)


def _spend(store: Store, visit: Visit, paid_fen: int, moment: str) -> None:
    """Pay from the stored value: what this store may spend of it, which HQ has set aside while there was a line (sync.md 2.4)."""
    if paid_fen == 0:
        return
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
    try:
        store.leases.spend(entry)
    except NoLease as error:
        raise BadPayment(payment=_why_not(store, visit.member, error)) from error


def _why_not(store: Store, member: str, error: NoLease) -> Said:
    """In words, at the desk: not enough money, or no right to spend it here and now."""
    held = points.balance(store.ledger.select(where("member") == member), "fen")
    if held < error.needed:
        return Said("储值余额不足", "There is not enough stored value")
    return Said(
        f"总部尚未授权本店动用此储值（现可用 {error.held / 100:,.2f} 元）。已向总部申请，请几秒后再试；若没有网络，请改用其他支付方式",
        f"Head office has not released this stored value to this store (released: {error.held / 100:,.2f} yuan). It has been "
        "asked: try again in a few seconds. Without a line, please take another way of payment",
    )


def ask_for_stored_value(store: Store, visit: Visit, paid_fen: int) -> None:
    """Wish for the right to spend what is missing; the sync agent asks HQ within a second if there is a line."""
    missing = paid_fen - store.leases.held(visit.member, "fen")
    if missing > 0:
        store.leases.ask(visit.member, "fen", missing)


def ask_for_points(store: Store, policy: Policy, visit: Visit) -> None:
    """The same for the points of a service that points buy."""
    missing = policy.points.basic_polish_points - store.leases.held(visit.member, "points")
    if missing > 0:
        store.leases.ask(visit.member, "points", missing)


def refund(store: Store, actor: str, visit_rid: str, refund_fen: int) -> list[LedgerEntry]:
    """Give money of a closed visit back: stored value returns to the account, and the points earned by it go (LOY-07).

    Points that were spent already are taken from what is there; for the rest HQ answers, so that no account goes below zero.
    Returns what was posted. Raises BadPayment, NoSuchRecord.
    """
    with store.acting(actor), store.transaction():
        visit = store.visits.load(visit_rid)
        entries = store.ledger.select(where("visit") == visit.rid)
        if visit.state != "closed" or not 0 < refund_fen <= visit.paid_fen - visit.refunded_fen:
            raise BadPayment(amount=Said("退款金额超过实付金额", "More than was paid"))
        moment, count = now(), visit.refunded_fen
        posted = []
        if visit.payment == "stored_value":
            posted.append(_refund_entry(visit, "fen", refund_fen, moment, count, f"spend-{visit.rid}"))
        earned = sum(e.amount for e in entries if e.unit == "points" and e.reason == "earn")
        taken = -sum(e.amount for e in entries if e.unit == "points" and e.reason == "refund")
        points_back = min(earned * refund_fen // visit.paid_fen, earned - taken)
        if points_back:
            posted.append(_refund_entry(visit, "points", -points_back, moment, count, f"earn-{visit.rid}"))
        store.visits.edit(visit.rid, refunded_fen=visit.refunded_fen + refund_fen)
        return [add_once(store.ledger, entry) for entry in posted]


def _refund_entry(
    visit: Visit, unit: Unit, amount: int, moment: str, count: int, corrects: str
) -> LedgerEntry:
    return LedgerEntry(
        rid=f"refund-{unit}-{count}-{visit.rid}"[:64], member=visit.member, unit=unit, amount=amount, reason="refund",
        at=moment, store=visit.store, visit=visit.rid, corrects=corrects,
    )  # fmt: skip
