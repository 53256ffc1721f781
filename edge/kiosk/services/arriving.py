"""What is worth knowing as she comes in: an occasion that is near, vouchers to use, what she has booked (FUP-07, LOY-15, LOY-16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import checkout, people
from edge.store import now
from salon.rules import vouchers
from salon.rules.occasions import is_birthday
from salon.rules.said import Said
from salon.rules.times import local

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Appointment, Member, Voucher


@dataclass(frozen=True)
class Near:
    """What lies around this arrival."""

    occasions: list[Said]
    vouchers: list[tuple[Voucher, Said]]
    ahead: list[Appointment]
    stored_fen: int
    held_fen: int


def near(store: Store, policy: Policy, member: Member, today: date) -> Near:
    """From her own records alone."""
    files = people.files(store, member)
    gone = vouchers.used(people.records(store.ledger, files))
    day = today.isoformat()
    usable = [
        (v, vouchers.label(v))
        for v in people.records(store.vouchers, files)
        if v.rid not in gone and v.valid_from <= day <= v.valid_until
    ]
    booked = store.appointments.select(
        where("member").one_of(files) & (where("starts_at") > now()), order_by="starts_at"
    )
    who = checkout.payer(store, member)
    return Near(
        occasions(store, policy, member, today),
        sorted(usable, key=lambda pair: pair[0].valid_until),
        [b for b in booked if b.status == "booked"],
        who.balance_fen,
        who.held_fen,
    )


def occasions(store: Store, policy: Policy, member: Member, today: date) -> list[Said]:
    """Her birthday within the days of the policy, and the anniversary of her first visit within a week."""
    found: list[Said] = []
    for ahead in range(policy.birthday.staff_days + 1) if member.birthday else ():
        if is_birthday(member.birthday, today + timedelta(days=ahead)):
            found.append(
                Said("今天是她的生日", "It is her birthday")
                if not ahead
                else Said(
                    f"{ahead} 天后是她的生日", f"Her birthday is in {ahead} day{'s' if ahead > 1 else ''}"
                )
            )
            break
    own = store.stores.find(store.store_id)
    closed = [
        v
        for v in people.records(store.visits, people.files(store, member))
        if v.state == "closed" and v.arrived_at
    ]
    if closed:
        first = local(min(v.arrived_at for v in closed), own.timezone if own else "Asia/Shanghai").date()
        years = today.year - first.year
        if years > 0 and (first.month, first.day) == (today.month, today.day):
            found.append(
                Said(
                    f"首次到店 {years} 周年", f"{years} year{'s' if years > 1 else ''} since her first visit"
                )
            )
    return found
