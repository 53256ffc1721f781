"""A customer's account at the desk: stored value paid in, entries that were a mistake, benefits and rewards (LOY-08, LOY-09, LOY-22).

Each form carries a key: sent twice, it is posted once. A mistake is undone by a reversing entry, once; nothing is edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import checkout, clocklock, days, people, standing
from edge.kiosk.services.once import add_once
from edge.kiosk.services.paying import BadPayment, words
from edge.kiosk.services.releasing import limit_reached
from edge.store import NoLease, iso, now
from salon.records import BenefitUse, Bill, BillLine, Interaction, LedgerEntry
from salon.rules import loyalty, points, vouchers
from salon.rules.said import Explain, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member, Voucher
    from salon.records.money import Method

TWICE_WITHIN = timedelta(minutes=10)
"""The same sum topped up again so soon, at whichever desk, is asked about: two people may have taken the same order."""
GIFT_MOST_FEN = 100_000
"""1,000 yuan: a gift beyond that is a slip of the finger."""
SHOWN = 40
"""Entries on the page."""


@dataclass(frozen=True)
class Ticket:
    """A voucher as the desk sees it."""

    voucher: Voucher
    label: Said
    state: Literal["open", "early", "used", "expired"]


@dataclass(frozen=True)
class Account:
    """What a customer has, and what may be done with it here and now."""

    points: int
    points_held: int
    payer: checkout.Payer
    paid_by: Member | None
    """Who pays for her in the family (LOY-18)."""
    pays_for: list[Member]
    entries: list[LedgerEntry]
    undone: frozenset[str]
    """Rids of entries that were taken back."""
    tickets: list[Ticket]
    standing: standing.Standing
    uses: list[BenefitUse]
    bills: list[Bill]


def of(store: Store, policy: Policy, member: Member, today: str) -> Account:
    """From her own records. `today`: the store's day, as vouchers count."""
    files = people.files(store, member)
    ledger = sorted(people.records(store.ledger, files), key=lambda e: e.at, reverse=True)
    gone = vouchers.used(ledger)
    who = checkout.payer(store, member)
    tickets = [
        Ticket(v, vouchers.label(v), _state(v, gone, today)) for v in people.records(store.vouchers, files)
    ]
    order = ("open", "early", "used", "expired")
    return Account(
        points=points.balance(ledger, "points"),
        points_held=store.leases.held(member.rid, "points"),
        payer=who,
        paid_by=store.members.find(who.member) if who.member != member.rid else None,
        pays_for=store.members.select(where("family") == member.rid),
        entries=ledger[:SHOWN],
        undone=_undone(ledger),
        tickets=sorted(tickets, key=lambda t: (order.index(t.state), t.voucher.valid_until)),
        standing=standing.of(store, policy, member),
        uses=sorted(
            loyalty.in_force(people.records(store.benefit_uses, files)), key=lambda u: u.at, reverse=True
        ),
        bills=sorted(people.records(store.bills, files), key=lambda b: b.at, reverse=True)[:SHOWN],
    )


def _undone(ledger: Sequence[LedgerEntry]) -> frozenset[str]:
    """Entries that were taken back whole; what head office puts in for a shortfall takes nothing back."""
    amounts = {entry.rid: entry.amount for entry in ledger}
    return frozenset(
        e.corrects for e in ledger if e.reason == "correction" and amounts.get(e.corrects) == -e.amount
    )


def _state(voucher: Voucher, gone: set[str], today: str) -> Literal["open", "early", "used", "expired"]:
    if voucher.rid in gone:
        return "used"
    if today > voucher.valid_until:
        return "expired"
    return "early" if today < voucher.valid_from else "open"


def top_up(
    store: Store, actor: str, policy: Policy, member: str, fen: int, method: Method, *, key: str, again: bool = False
) -> Bill:  # fmt: skip
    """Stored value paid in (LOY-09), with the points that the money earns. Raises BadPayment, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        rid = f"topup-{key}"
        known = store.bills.find(rid)
        if known is not None:
            return known
        person = store.members.load(member)
        _check_top_up(store, policy, person, fen, method, again=again)
        moment = now()
        entry = loyalty.top_up(person.rid, fen, store.store_id, moment, key, policy)
        store.ledger.add(entry)
        earned = points.for_money(fen, policy)
        if earned.amount:
            store.ledger.add(
                LedgerEntry(
                    rid=f"earn-topup-{key}", member=person.rid, unit="points", amount=earned.amount, reason="earn", at=moment,
                    store=store.store_id, corrects="", policy=policy.version, explain=earned.explain.line(),
                )
            )  # fmt: skip
        line = BillLine(kind="top_up", zh="储值充值", en="Stored value", fen=fen, ref=entry.rid)
        return store.bills.add(
            Bill(
                rid=rid, member=person.rid, store=store.store_id, type="top_up", at=moment, by=actor, lines=[line],
                parts={method: fen}, key=key, policy=policy.version,
            )
        )  # fmt: skip


def _check_top_up(
    store: Store, policy: Policy, person: Member, fen: int, method: Method, *, again: bool
) -> None:
    if fen <= 0:
        raise BadPayment(amount=Said("请输入充值金额", "Please enter what is paid in"))
    if method == "stored_value":
        raise BadPayment(payment=Said("储值不能用储值支付", "Stored value is not paid with stored value"))
    most = policy.renewal.most_yuan * 100
    held = checkout.balance(store, person.rid)
    if held + fen > most:
        said = Said(
            f"充值后为 {(held + fen) / 100:,.2f} 元，每个账户至多 {most / 100:,.0f} 元",
            f"It would hold {(held + fen) / 100:,.2f} yuan; an account may hold {most / 100:,.0f} at most",
        )
        raise BadPayment(amount=said)
    since = iso(datetime.fromisoformat(now()) - TWICE_WITHIN)
    recent = store.bills.select((where("member") == person.rid) & (where("at") > since))
    same = next((b for b in recent if b.type == "top_up" and b.total_fen == fen), None)
    if same is not None and not again:
        part = words(same.parts)
        said = Said(
            f"几分钟前刚为她充值相同金额（{part.zh}）。确实是第二笔时，请勾选“再充一笔”",
            f"The same sum was paid in a few minutes ago ({part.en}). If this is a second one, tick “once more”",
        )
        raise BadPayment(again=said)


def undo(store: Store, actor: str, entry_rid: str, why: str) -> LedgerEntry:
    """Take an entry back that was a mistake: its reverse, once. Raises BadPayment, NoSuchRecord."""
    rid = f"undo-{entry_rid}"[:64]
    with store.acting(actor), store.transaction():
        known = store.ledger.find(rid)
        if known is not None:
            return known
        entry = store.ledger.load(entry_rid)
        if not may_undo(entry, store.store_id):
            raise BadPayment(undo=Said("这笔记录不能在这里撤销", "This entry cannot be taken back here"))
        if len(why.strip()) < 2:
            raise BadPayment(undo=Said("请写明撤销原因", "Please say why it is taken back"))
        try:
            return _reverse(store, actor, entry, rid, why.strip()[:150])
        except NoLease as error:
            short = error
    store.leases.ask(entry.member, entry.unit, short.needed - short.held)
    raise BadPayment(
        undo=limit_reached(short)
        or Said(
            "撤销需要总部确认余额未被动用，已申请，请几秒后再试",
            "Head office has to confirm that it was not spent meanwhile; it has been asked. Try again in a few seconds",
        )
    )


def may_undo(entry: LedgerEntry, here: str) -> bool:
    """Whether the desk may take it back: what came in by mistake, and points for what was not handed over (LOY-08)."""
    redeemed = entry.reason == "redeem" and entry.unit == "points" and not entry.visit
    came = entry.reason in {"top_up", "reward"} and entry.amount > 0
    return entry.store == here and (redeemed or came)


def _reverse(store: Store, actor: str, entry: LedgerEntry, rid: str, why: str) -> LedgerEntry:
    """Under a lease, as any debit. What the money earned goes too, and the bill gets its counterpart."""
    moment = now()
    fresh = {
        "rid": rid, "amount": -entry.amount, "reason": "correction", "at": moment, "corrects": entry.rid,
        "explain": f"撤销：{why}"[:200],
    }  # fmt: skip
    if entry.amount < 0:  # gives back, and needs no lease
        return store.ledger.add(entry.model_copy(update={**fresh, "lease": ""}))
    posted = store.leases.spend(entry.model_copy(update=fresh))
    key = entry.rid.removeprefix("topup-")
    bill = store.bills.find(entry.rid) if entry.reason == "top_up" else None
    if bill is not None:
        earned = store.ledger.find(f"earn-{entry.rid}")
        if earned is not None:
            back = {
                "rid": f"undo-{earned.rid}"[:64],
                "amount": -earned.amount,
                "reason": "correction",
                "corrects": earned.rid,
            }
            add_once(store.ledger, earned.model_copy(update={**back, "at": moment}))
        line = BillLine(
            kind="refund", zh=f"撤销：{why}", en=f"Taken back: {why}", fen=-bill.total_fen, ref=entry.rid
        )
        store.bills.add(
            bill.model_copy(
                update={
                    "rid": f"undo-{bill.rid}"[:64], "type": "refund", "at": moment, "by": actor, "lines": [line], "key": key,
                    "parts": {method: -fen for method, fen in bill.parts.items()}, "corrects": bill.rid, "explain": why,
                }
            )
        )  # fmt: skip
    return posted[0]


def give_voucher(
    store: Store, actor: str, policy: Policy, member: str, fen: int, why: str, *, key: str
) -> Voucher:  # fmt: skip
    """A gift of the house (LOY-14), with its reason. Raises BadPayment, NoSuchRecord."""
    if not 0 < fen <= GIFT_MOST_FEN or fen % 100:
        most = GIFT_MOST_FEN // 100
        raise BadPayment(
            gift=Said(f"请输入 1 至 {most:,} 的整数元", f"Please enter whole yuan, up to {most:,}")
        )
    if len(why.strip()) < 2:
        raise BadPayment(gift=Said("请写明原因", "Please say why"))
    if waits := clocklock.why_not(store, "give_voucher"):
        raise BadPayment(gift=waits)
    said = Said(f"赠券：{why.strip()[:150]}", f"A gift: {why.strip()[:150]}")
    with store.acting(actor), store.transaction():
        person = store.members.load(member)
        explain = Explain("gift voucher (LOY-14)", said, {"by": actor}, policy.version)
        given = vouchers.issue(
            "gift",
            person.rid,
            store.store_id,
            key,
            explain,
            policy,
            now(),
            days.zone_name(store),
            yuan=fen // 100,
        )
        return add_once(store.vouchers, given)


def use_benefit(
    store: Store, actor: str, policy: Policy, member: Member, benefit: str, *, key: str, visit: str = ""
) -> None:
    """A benefit of her tier or card is used (LOY-22). Raises BadPayment."""
    with store.acting(actor), store.transaction():
        rid = f"benefit-{key}"
        if store.benefit_uses.find(rid) is not None:
            return
        if waits := clocklock.why_not(store, "use_benefit"):
            raise BadPayment(benefit=waits)
        if not loyalty.has(standing.of(store, policy, member).rights, benefit):
            raise BadPayment(benefit=Said("这项权益今年已用完", "This benefit is used up for this year"))
        store.benefit_uses.add(
            BenefitUse(
                rid=rid,
                member=member.rid,
                store=store.store_id,
                benefit=benefit,
                at=now(),
                visit=visit,
                by=actor,
            )
        )


def undo_benefit(store: Store, actor: str, use_rid: str) -> None:
    """It was not used after all: a fact that says so. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        use = store.benefit_uses.load(use_rid)
        fresh = {"rid": f"undo-{use.rid}"[:64], "at": now(), "by": actor, "undoes": use.rid}
        add_once(store.benefit_uses, use.model_copy(update=fresh))


def reward(
    store: Store, actor: str, policy: Policy, member: str, what: Literal["share", "review"], words: str, *, key: str
) -> LedgerEntry | None:  # fmt: skip
    """She shared or reviewed (LOY-08): kept as it is, and rewarded as far as the month allows. None: not rewarded. Raises BadPayment."""
    if waits := clocklock.why_not(store, "monthly_reward"):
        raise BadPayment(reward=waits)
    with store.acting(actor), store.transaction():
        person = store.members.load(member)
        said = add_once(
            store.interactions,
            Interaction(
                rid=f"did-{key}", member=person.rid, store=store.store_id, type=what, at=now(), text=words.strip()[:1000],
                by=actor,
            ),
        )  # fmt: skip
        earlier = [
            e for e in store.ledger.select(where("member") == person.rid) if e.rid != f"reward-{said.rid}"
        ]
        entry = loyalty.reward(said, earlier, policy)
        return add_once(store.ledger, entry) if entry else None
