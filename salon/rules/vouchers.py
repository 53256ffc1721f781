"""Vouchers (LOY-14): issued for a reason, worth a value, valid until a day, used once.

A voucher is a fact; its use is a ledger entry whose id is made of the voucher's, so that a second use is the same entry and is
refused by the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from salon.policies import Policy
from salon.records import LedgerEntry, Visit, Voucher
from salon.records.benefits import VoucherKind
from salon.rules.said import Explain, Said
from salon.rules.times import Now, full_day, instant, local, text

SKIN_TEST = "skin-test"
"""In place of a service: a look at her skin at the bed, which is on no list of prices (LOY-10)."""
KINDS: dict[VoucherKind, Said] = {
    "trial": Said("体验券", "Trial voucher"),
    "return": Said("回归券", "Return voucher"),
    "birthday": Said("生日券", "Birthday voucher"),
    "care": Said("护理券", "Care voucher"),
    "referral": Said("推荐券", "Referral voucher"),
    "member_day": Said("会员日礼券", "Member-day voucher"),
    "anniversary": Said("周年券", "Anniversary voucher"),
    "compensation": Said("补偿护理券", "Compensation voucher"),
    "gift": Said("礼券", "Gift voucher"),
}


def issue(
    kind: VoucherKind,
    member: str,
    store: str,
    cause: str,
    explain: Explain,
    policy: Policy,
    now: Now,
    timezone: str,
    *,
    yuan: int = 0,
    service: str = "",
    discount: float = 0.0,
    least_spend_yuan: int = 0,
) -> Voucher:
    """A voucher. `cause` (a visit, a year, the one she brought) makes its id: for one cause there is one voucher."""
    today = local(now, timezone).date()
    return Voucher(
        rid=rid_of(kind, member, cause),
        member=member,
        store=store,
        type=kind,
        value_fen=yuan * 100,
        service=service,
        discount=discount,
        least_spend_fen=least_spend_yuan * 100,
        issued_at=text(instant(now)),
        valid_from=today.isoformat(),
        valid_until=(today + timedelta(days=policy.vouchers.valid_days)).isoformat(),
        explain=explain.line(),
        policy=policy.version,
    )


def rid_of(kind: VoucherKind, member: str, cause: str) -> str:
    """The id of the one voucher of a kind that a cause gives a member."""
    digest = hashlib.blake2b(f"{member}\n{cause}".encode(), digest_size=12).hexdigest()
    return f"vo-{kind}-{digest}"


@dataclass(frozen=True)
class State:
    """Whether a voucher can be used now."""

    usable: bool
    code: str
    """'', used, early, expired, spend, other: a voucher of somebody else."""
    said: Said
    worth_fen: int
    """What it takes off a price; 0 for a free service, which `voucher.service` names."""


def label(voucher: Voucher) -> Said:
    """What it is: 生日券 ¥50."""
    name = KINDS[voucher.type]
    if voucher.service == SKIN_TEST:
        return Said("皮肤检测券", "Voucher for a skin scan")
    if voucher.value_fen:
        return Said(f"{name.zh} ¥{voucher.value_fen / 100:g}", f"{name.en}, ¥{voucher.value_fen / 100:g}")
    if voucher.discount:
        return Said(f"{name.zh} 优惠 {voucher.discount:.0%}", f"{name.en}, {voucher.discount:.0%} off")
    return name


def use_rid(voucher: Voucher, given_back: int = 0) -> str:
    """The id of the ledger entry that uses it. After a refund it may be used once more, and that use is another entry."""
    return f"use-{voucher.rid}.{given_back}" if given_back else f"use-{voucher.rid}"


def given_back(voucher: str, entries: Iterable[LedgerEntry]) -> int:
    """How often its use was taken back by a refund."""
    return sum(e.unit == "voucher" and e.reason == "refund" and e.voucher == voucher for e in entries)


def used(entries: Iterable[LedgerEntry]) -> set[str]:
    """Rids of the vouchers that were used, by the ledger, and not given back since."""
    held: dict[str, int] = {}
    for entry in entries:
        if entry.unit == "voucher" and entry.reason in {"redeem", "refund"}:
            held[entry.voucher] = held.get(entry.voucher, 0) + entry.amount
    return {voucher for voucher, amount in held.items() if amount < 0}


def state(
    voucher: Voucher,
    entries: Iterable[LedgerEntry],
    price_fen: int,
    now: Now,
    timezone: str,
    *,
    member: str = "",
) -> State:
    """Whether it can be used for a price now. `member`: who wants to use it, if not taken for granted."""
    today = local(now, timezone).date()
    until = date.fromisoformat(voucher.valid_until)
    worth = min(price_fen, voucher.value_fen or round(price_fen * voucher.discount))
    if member and member != voucher.member:
        return State(False, "other", Said("这张券属于另一位会员", "It belongs to another member"), 0)
    if voucher.rid in used(entries):
        return State(False, "used", Said("已使用", "Used"), 0)
    if today < date.fromisoformat(voucher.valid_from):
        return State(False, "early", Said("尚未生效", "Not valid yet"), 0)
    if today > until:
        return State(False, "expired", Said("已过期", "Expired"), 0)
    if price_fen < voucher.least_spend_fen:
        least = voucher.least_spend_fen / 100
        return State(False, "spend", Said(f"满 {least:g} 元可用", f"From {least:g} yuan on"), 0)
    day = full_day(until)
    return State(True, "", Said(f"{day.zh}前有效", f"Valid until {day.en}"), worth)


def issued(voucher: Voucher, store: str, now: Now) -> LedgerEntry:
    """The credit that its first use takes: posted with it, so that no account of vouchers is ever below zero."""
    return LedgerEntry(
        rid=f"issue-{voucher.rid}"[:64],
        member=voucher.member,
        unit="voucher",
        amount=1,
        reason="issue",
        at=text(instant(now)),
        store=store,
        voucher=voucher.rid,
        policy=voucher.policy,
        explain=KINDS[voucher.type].zh,
    )


def by_hand(voucher: Voucher) -> bool:
    """Good for a thing that no bill names: a gift, a skin scan. It is used when it is handed over."""
    money = voucher.value_fen or voucher.discount
    return not money and voucher.service in {"", SKIN_TEST}


def hand_over(voucher: Voucher, store: str, now: Now, again: int = 0) -> LedgerEntry:
    """The ledger entry that uses such a voucher; its id admits no second. Ask `state` first."""
    said = label(voucher)
    return LedgerEntry(
        rid=use_rid(voucher, again), member=voucher.member, unit="voucher", amount=-1, reason="redeem", at=text(instant(now)),
        store=store, voucher=voucher.rid, policy=voucher.policy, explain=f"{said.zh}，已交付"[:200],
    )  # fmt: skip


def redeem(voucher: Voucher, visit: Visit, worth_fen: int, now: Now, again: int = 0) -> LedgerEntry:
    """The ledger entry that uses a voucher in a visit; its id admits no second. Ask `state` first.

    `again`: how often an earlier use was given back.
    """
    name = KINDS[voucher.type]
    return LedgerEntry(
        rid=use_rid(voucher, again),
        member=voucher.member,
        unit="voucher",
        amount=-1,
        reason="redeem",
        at=text(instant(now)),
        store=visit.store,
        visit=visit.rid,
        voucher=voucher.rid,
        policy=voucher.policy,
        explain=f"{name.zh}，抵 {worth_fen / 100:g} 元"[:200],
    )


def ending(
    vouchers: Iterable[Voucher], gone: set[str], policy: Policy, now: Now, timezone: str
) -> list[Voucher]:
    """Unused vouchers that end within the days of the policy (LOY-21)."""
    today = local(now, timezone).date()
    last = today + timedelta(days=policy.renewal.voucher_days)
    return [v for v in vouchers if v.rid not in gone and today <= date.fromisoformat(v.valid_until) <= last]
