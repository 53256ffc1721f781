"""Giving back and putting right (LOY-07, LOY-09, LOY-14): a new bill and new entries each time, never an edit of the old ones.

A refund goes back the way it was paid, takes the points that the money earned, and returns vouchers and points that were used. Each
carries the key of its form: sent twice, it is given once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services.checkout import bill_rid
from edge.kiosk.services.once import add_once
from edge.kiosk.services.paying import BadPayment
from edge.store import now
from salon.records import Bill, BillLine, FollowUp, LedgerEntry
from salon.rules import billing, points, vouchers
from salon.rules.said import Said
from salon.rules.times import later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge.store import Store
    from salon.records import Visit
    from salon.records.money import Method, Unit

POINTS_SHORT = "points_short"
"""Rule of the task that a refund leaves when the points it takes were spent already."""
SETTLED_IN = 31
"""Days that such a task stays: the stores settle with HQ once a month."""
SHORTEST = 2
"""Characters of why money goes back: somebody reads it at the end of the month."""


def left(store: Store, visit: Visit) -> dict[Method, int]:
    """What may still go back of a visit, by the way it was paid."""
    paid = store.bills.find(bill_rid(visit.rid))
    if paid is not None:
        return billing.parts_left(store.bills.select(where("visit") == visit.rid), paid)
    before_bills = visit.paid_fen - visit.refunded_fen
    return {visit.payment: before_bills} if visit.payment and before_bills > 0 else {}


def refund(
    store: Store, actor: str, visit_rid: str, parts: Mapping[Method, int], *, key: str, why: str, uses_back: bool = False
) -> Bill:  # fmt: skip
    """Give money of a closed visit back; with `uses_back` also its voucher, points and benefit. Raises BadPayment, NoSuchRecord.

    Points that were spent already cannot be taken: the account stands below zero until HQ has put in what is missing, which the store
    owes it (sync.md 2.4). Meanwhile the manager has a task, and the page says why.
    """
    with store.acting(actor), store.transaction():
        rid = f"refund-{key}"
        known = store.bills.find(rid)
        if known is not None:
            return known
        visit = store.visits.load(visit_rid)
        wanted = {method: fen for method, fen in parts.items() if fen}
        _check(wanted, left(store, visit), visit, why, uses_back=uses_back)
        moment, entries = now(), store.ledger.select(where("visit") == visit.rid)
        for entry in _reversals(
            visit, entries, wanted, _earning(store, visit), key, moment, uses_back=uses_back
        ):
            add_once(store.ledger, entry)
        if uses_back:
            _benefits_back(store, actor, visit, moment)
        _tell_of_shortfall(store, visit, key, moment)
        store.visits.edit(visit.rid, refunded_fen=visit.refunded_fen + sum(wanted.values()))
        lines = [
            BillLine(
                kind="refund", zh=f"退款：{why}"[:200], en=f"Refund: {why}"[:200], fen=-sum(wanted.values())
            )
        ]
        return store.bills.add(
            Bill(
                rid=rid, member=visit.member, store=store.store_id, visit=visit.rid, type="refund", at=moment, by=actor,
                lines=lines, parts={method: -fen for method, fen in wanted.items()}, corrects=bill_rid(visit.rid), key=key,
                explain=why.strip()[:200],
            )
        )  # fmt: skip


def _tell_of_shortfall(store: Store, visit: Visit, key: str, moment: str) -> None:
    """A task for the manager when the refund took points that she had spent."""
    held = points.balance(store.ledger.select(where("member").one_of(store.files(visit.member))), "points")
    if held >= 0:
        return
    add_once(
        store.follow_ups,
        FollowUp(
            rid=f"points-short-{key}"[:64], member=visit.member, visit=visit.rid, store=store.store_id, rule=POINTS_SHORT,
            due_at=later(moment, days=1), expires_at=later(moment, days=SETTLED_IN), role="manager", channel="store",
            what=f"退款收回的积分已被用掉，账户为 {held:,} 分。等总部更正后核对账目，并告知顾客",
            what_en=f"A refund took points that were spent: the account stands at {held:,}. Check it once head office has "
            "put it right, and tell her",
        ),
    )  # fmt: skip


def _check(
    wanted: Mapping[Method, int], limits: Mapping[Method, int], visit: Visit, why: str, *, uses_back: bool
) -> None:
    """Raises BadPayment."""
    if visit.state != "closed" or not (wanted or uses_back):
        raise BadPayment(refund=Said("请输入退款金额", "Please enter what goes back"))
    if any(fen < 0 or fen > limits.get(method, 0) for method, fen in wanted.items()):
        raise BadPayment(refund=Said("退款金额超过实付金额", "More than was paid"))
    if len(why.strip()) < SHORTEST:
        raise BadPayment(why=Said("请写明退款原因", "Please say why it goes back"))


def _earning(store: Store, visit: Visit) -> tuple[int, int]:
    """(money that earned points, how much of it went back before)."""
    paid = store.bills.find(bill_rid(visit.rid))
    if paid is None:
        earning = 0 if visit.payment == "stored_value" else visit.paid_fen
        return earning, visit.refunded_fen if earning else 0
    back = [b for b in store.bills.select(where("visit") == visit.rid) if b.type == "refund"]
    return billing.new_money(paid.parts), -sum(billing.new_money(b.parts) for b in back)


def _reversals(
    visit: Visit, entries: Sequence[LedgerEntry], wanted: Mapping[Method, int], earning: tuple[int, int], key: str,
    moment: str, *, uses_back: bool,
) -> list[LedgerEntry]:  # fmt: skip
    """The entries that a refund posts."""
    posted: list[LedgerEntry] = []
    spent = [e for e in entries if e.unit == "fen" and e.reason == "spend"]
    if "stored_value" in wanted:
        account = spent[0].member if spent else visit.member
        posted.append(
            _entry(visit, account, "fen", wanted["stored_value"], key, moment, f"spend-{visit.rid}")
        )
    earned = sum(e.amount for e in entries if e.unit == "points" and e.reason == "earn")
    taken = -sum(e.amount for e in entries if e.unit == "points" and e.reason == "refund" and e.amount < 0)
    back = points.to_take_back(earned, taken, earning[0], earning[1] + billing.new_money(wanted))
    if back > 0:
        posted.append(_entry(visit, visit.member, "points", -back, key, moment, f"earn-{visit.rid}"))
    if uses_back:
        posted += _uses_back(visit, entries, key, moment)
    return posted


def _uses_back(visit: Visit, entries: Sequence[LedgerEntry], key: str, moment: str) -> list[LedgerEntry]:
    """The points and the voucher that paid for a part of the visit, unless they are back already."""
    gone = vouchers.used(entries)
    returned = {e.corrects for e in entries if e.reason == "refund"}
    posted = []
    for use in entries:
        if use.reason != "redeem" or use.rid in returned:
            continue
        if use.unit == "voucher" and use.voucher in gone:
            back = _entry(visit, use.member, "voucher", 1, f"{key}-v", moment, use.rid)
            posted.append(back.model_copy(update={"voucher": use.voucher}))
        elif use.unit == "points":
            posted.append(
                _entry(visit, use.member, "points", -use.amount, f"{key}-{use.rid[-12:]}", moment, use.rid)
            )
    return posted


def _entry(
    visit: Visit, member: str, unit: Unit, amount: int, key: str, moment: str, corrects: str
) -> LedgerEntry:
    return LedgerEntry(
        rid=f"refund-{unit}-{key}"[:64], member=member, unit=unit, amount=amount, reason="refund", at=moment,
        store=visit.store, visit=visit.rid, corrects=corrects, explain="退款冲回" if amount < 0 else "退款返还",
    )  # fmt: skip


def _benefits_back(store: Store, actor: str, visit: Visit, moment: str) -> None:
    uses = store.benefit_uses.select(where("member") == visit.member)
    undone = {use.undoes for use in uses}
    for use in uses:
        if use.visit == visit.rid and not use.undoes and use.rid not in undone:
            fresh = {"rid": f"undo-{use.rid}"[:64], "at": moment, "by": actor, "undoes": use.rid}
            add_once(store.benefit_uses, use.model_copy(update=fresh))


def change_method(
    store: Store, actor: str, visit_rid: str, wrong: Method, right: Method, *, key: str
) -> Bill:
    """It was paid by another way than was written down: a correcting bill over the same sum. Raises BadPayment, NoSuchRecord.

    Not from or to stored value, which moves money on an account: that is a refund and a new payment.
    """
    with store.acting(actor), store.transaction():
        rid = f"method-{key}"
        known = store.bills.find(rid)
        if known is not None:
            return known
        visit = store.visits.load(visit_rid)
        fen = left(store, visit).get(wrong, 0)
        if "stored_value" in {wrong, right} or wrong == right or not fen:
            raise BadPayment(method=Said("请选择另一种收款方式", "Please choose another way"))
        said = Said(
            f"{billing.METHODS[wrong].zh}改为{billing.METHODS[right].zh}",
            f"{billing.METHODS[right].en} instead of {billing.METHODS[wrong].en}",
        )
        bill = store.bills.add(
            Bill(
                rid=rid, member=visit.member, store=store.store_id, visit=visit.rid, type="correction", at=now(), by=actor,
                lines=[BillLine(kind="method", zh=said.zh, en=said.en, fen=0)], parts={wrong: -fen, right: fen},
                corrects=bill_rid(visit.rid), key=key, explain=said.zh,
            )
        )  # fmt: skip
        main = billing.main_method(left(store, visit))
        if main:
            store.visits.edit(visit.rid, payment=main)
        return bill
