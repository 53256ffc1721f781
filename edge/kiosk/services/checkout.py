"""Paying and leaving: the visit closes, points are posted once, the follow-ups of the policy are there (SVC-14, LOY-07, FUP).

One transaction. Asked twice, from two desks, or again after a restart, nothing is posted twice: the ids of what is written are made
of the visit's. Whoever comes second is told what the first one took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import clocklock, days, paying, quoting, redeeming, standing
from edge.kiosk.services.finishing import is_first
from edge.kiosk.services.once import add_once
from edge.kiosk.services.paying import BadPayment
from edge.kiosk.services.releasing import limit_reached
from edge.store import NoLease, now
from salon.records import Bill, LedgerEntry
from salon.rules import billing, dated, followups, loyalty, points, referrals, vouchers
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.kiosk.services.quoting import Wishes
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member, Visit, Voucher
    from salon.records.money import Method

NO_WISHES = quoting.Wishes()


@dataclass(frozen=True)
class Settled:
    """A visit that is paid, and its bill."""

    visit: Visit
    bill: Bill | None
    """None for a visit closed before there were bills."""
    ours: bool
    """Whether this payment is the one that was taken: false where another desk was faster."""


@dataclass(frozen=True)
class Payer:
    """Whose stored value pays, and how much of it may be spent here."""

    member: str
    greeting: str
    balance_fen: int
    held_fen: int
    """So much was released to this store: it can be spent with or without a line."""


def bill_rid(visit: str) -> str:
    return f"bill-{visit}"[:64]


def payer(store: Store, member: Member) -> Payer:
    """She herself, or who pays for her in the family (LOY-18)."""
    family = store.members.find(member.family) if member.family else None
    who = loyalty.payer(member, family)
    held = store.leases.held(who.member, "fen")
    return Payer(who.member, who.greeting, balance(store, who.member), held)


def balance(store: Store, member: str) -> int:
    """Stored value of one person, in fen: on all her files' accounts."""
    entries = store.ledger.select(where("member").one_of(store.files(member)) & (where("unit") == "fen"))
    return points.balance(entries, "fen")


def settle(
    store: Store, actor: str, policy: Policy, visit_rid: str, parts: Mapping[Method, int], wishes: Wishes = NO_WISHES,
    *, key: str = "", agreed: str = "", shown_fen: int | None = None,
) -> Settled:  # fmt: skip
    """Take the payment and close the visit. `shown_fen`: the price that the page showed, if it was a page.

    Raises BadPayment, WrongStep, NoSuchRecord.
    """
    try:
        return _settle(store, actor, policy, visit_rid, parts, wishes, key, agreed, shown_fen)
    except BadPayment:  # after the refused transaction, so that the wishes outlive it
        visit = store.visits.load(visit_rid)
        ask_for_stored_value(
            store, payer(store, store.members.load(visit.member)), parts.get("stored_value", 0)
        )
        if wishes.points:
            ask_for_points(store, policy, visit, wishes.points)
        raise


def _settle(
    store: Store, actor: str, policy: Policy, visit_rid: str, parts: Mapping[Method, int], wishes: Wishes, key: str,
    agreed: str, shown_fen: int | None,
) -> Settled:  # fmt: skip
    """In one transaction."""
    with store.acting(actor), store.transaction():
        visit = store.visits.load(visit_rid)
        if visit.state == "closed":
            bill = store.bills.find(bill_rid(visit.rid))
            return Settled(visit, bill, ours=bill is not None and bool(key) and bill.key == key)
        moment = now()
        quote = _agreed(_quote(store, policy, visit, wishes), parts, agreed, shown_fen)
        if visit.state == "feedback":
            visit = store.visits.edit(visit.rid, **steps.advance(visit, "aftercare", moment))
        _use(store, actor, policy, visit, quote, wishes, moment)
        stored = parts.get("stored_value", 0)
        _spend(store, visit, payer(store, store.members.load(visit.member)), stored, moment)
        total = sum(parts.values())
        main = billing.main_method(parts)
        visit = store.visits.edit(
            visit.rid, **steps.advance(visit, "closed", moment), paid_fen=total, payment=main or ""
        )
        bill = store.bills.add(
            Bill(
                rid=bill_rid(visit.rid), member=visit.member, store=store.store_id, visit=visit.rid, type="visit", at=moment,
                by=actor, lines=list(quote.lines), parts=dict(parts), key=key, policy=policy.version,
            )
        )  # fmt: skip
        _after(store, policy, visit, stored, moment)
        return Settled(visit, bill, ours=True)


def _quote(store: Store, policy: Policy, visit: Visit, wishes: Wishes) -> billing.Quote:
    try:
        return quoting.quote(store, policy, visit, wishes)
    except redeeming.CannotRedeem as refused:
        raise BadPayment(voucher=refused.said) from refused


def _agreed(
    quote: billing.Quote, parts: Mapping[Method, int], agreed: str, shown_fen: int | None
) -> billing.Quote:
    """The quote with what is paid: another amount than the price needs a reason. Raises BadPayment."""
    total = sum(parts.values())
    if shown_fen is not None and shown_fen != quote.total_fen:
        yuan = f"{quote.total_fen / 100:,.2f}"
        said = Said(
            f"价格已变为 {yuan} 元，请核对后再收款",
            f"The price is {yuan} yuan now: please check and take it again",
        )
        raise BadPayment(amount=said)
    if total != quote.total_fen and len(agreed.strip()) < 2:
        price, paid = f"{quote.total_fen / 100:,.2f}", f"{total / 100:,.2f}"
        said = Said(
            f"应付 {price} 元，输入为 {paid} 元：请改正，或写明原因",
            f"{price} yuan are due, {paid} were entered: please correct it, or say why",
        )
        raise BadPayment(amount=said)
    return quote.with_agreed(total, agreed.strip()[:150])


def _use(
    store: Store, actor: str, policy: Policy, visit: Visit, quote: billing.Quote, wishes: Wishes, moment: str
) -> None:
    """Post what the bill uses: benefit, points, voucher. What would take nothing off is not used up. Raises BadPayment."""
    used = {line.kind: line for line in quote.lines}
    try:
        if "benefit" in used:
            redeeming.use_benefit(store, actor, visit, wishes.benefit, moment)
        if "points" in used:
            redeeming.use_points(store, policy, visit, wishes.points, moment)
        if "voucher" in used:
            redeeming.use_voucher(store, visit, wishes.voucher, -used["voucher"].fen, moment)
            _birthday(store, actor, policy, visit, wishes.voucher, moment)
    except redeeming.CannotRedeem as refused:
        raise BadPayment(voucher=refused.said) from refused


def _birthday(store: Store, actor: str, policy: Policy, visit: Visit, voucher: str, moment: str) -> None:
    """Her birthday voucher is her tier's birthday discount: it is used with it (LOY-02, LOY-22)."""
    if store.vouchers.load(voucher).type == "birthday":
        own = standing.of(store, policy, store.members.load(visit.member))
        if loyalty.has(own.rights, loyalty.BIRTHDAY):
            redeeming.use_benefit(store, actor, visit, loyalty.BIRTHDAY, moment)


def _after(store: Store, policy: Policy, visit: Visit, stored_fen: int, moment: str) -> None:
    """What a closed visit brings: follow-ups, gifts, points, and its booking done."""
    member = store.members.load(visit.member)
    first = is_first(store, visit)
    for task in followups.schedule(visit, member, first, policy, moment):
        add_once(store.follow_ups, task)
    _gifts(store, policy, visit, member, first, moment)
    earned = points.earned(visit, policy, stored_fen)
    if earned.amount:
        add_once(store.ledger, earned.entry(visit, moment))
    if visit.appointment and store.appointments.find(visit.appointment):
        store.appointments.edit(visit.appointment, status="done", visit=visit.rid)


def _gifts(store: Store, policy: Policy, visit: Visit, member: Member, first: bool, moment: str) -> None:
    """What a checkout brings beside points: the referral's reward (LOY-10), the members' day (LOY-17)."""
    zone = days.zone_name(store)
    thanks = referrals.reward(member, visit, first, policy, moment, zone)
    for entry in thanks.entries:
        add_once(store.ledger, entry)
    if clocklock.why_not(store, "give_voucher"):
        _owe(store, policy, visit, thanks.vouchers, moment)
        return
    gift = loyalty.member_day(visit, member, policy, moment, zone)
    for voucher in (*thanks.vouchers, *([gift] if gift else [])):
        add_once(store.vouchers, voucher)


def _owe(store: Store, policy: Policy, visit: Visit, due: tuple[Voucher, ...], moment: str) -> None:
    """What would begin to count on a day that nobody knows is told to the manager, for each customer."""
    owed = {voucher.member: [vouchers.label(v) for v in due if v.member == voucher.member] for voucher in due}
    rule = policy.member_day
    if rule.day and visit.paid_fen >= rule.spend_yuan * 100:
        owed.setdefault(visit.member, []).append(dated.perhaps_members_day())
    for member, what in owed.items():
        clocklock.owe(store, member, visit.rid, moment, what)


def _spend(store: Store, visit: Visit, who: Payer, fen: int, moment: str) -> None:
    """Pay from the stored value: what this store may spend of it, which HQ has set aside while there was a line (sync.md 2.4)."""
    if fen == 0:
        return
    entry = LedgerEntry(
        rid=f"spend-{visit.rid}", member=who.member, unit="fen", amount=-fen, reason="spend", at=moment,
        store=store.store_id, visit=visit.rid,
    )  # fmt: skip
    try:
        store.leases.spend(entry)
    except NoLease as error:
        raise BadPayment(payment=why_not(who, error)) from error


def why_not(who: Payer, error: NoLease) -> Said:
    """In words, at the desk: not enough money, or no right to spend it here and now."""
    if who.balance_fen < error.needed:
        return Said("储值余额不足", "There is not enough stored value")
    if limited := limit_reached(error):
        return limited
    return Said(
        f"总部尚未授权本店动用此储值（现可用 {error.held / 100:,.2f} 元）。已向总部申请，请几秒后再试；若没有网络，请改用其他支付方式",
        f"Head office has not released this stored value to this store (released: {error.held / 100:,.2f} yuan). It has been "
        "asked: try again in a few seconds. Without a line, please take another way of payment",
    )


def ask_for_stored_value(store: Store, who: Payer, fen: int) -> None:
    """Wish for the right to spend what is missing; the sync agent asks HQ within a second if there is a line."""
    if fen and fen > who.held_fen:
        store.leases.ask(who.member, "fen", fen - who.held_fen)


def ask_for_points(store: Store, policy: Policy, visit: Visit, service: str) -> None:
    """The same for the points of a service that points buy."""
    offered = redeeming.chosen(store, policy, visit, service)
    missing = offered.price - store.leases.held(visit.member, "points") if offered else 0
    if missing > 0:
        store.leases.ask(visit.member, "points", missing)


def said_of(bill: Bill) -> Said:
    """For whoever came second: what was taken, and when."""
    part = paying.words(bill.parts)
    return Said(f"已收款：{part.zh}", f"Taken: {part.en}")
