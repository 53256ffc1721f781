"""Vouchers and points at checkout (LOY-07, LOY-14): what may be used for this visit, what it takes off, and using it once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import clocklock, days
from edge.kiosk.services.once import add_once, fact_rid
from edge.kiosk.services.releasing import limit_reached
from edge.store import NoLease, NotUnique, now
from salon.records import BenefitUse
from salon.rules import loyalty, points, vouchers
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Service, Visit, Voucher

POLISH = "nails"
"""Category whose cheapest service of a visit is the policy's "basic polish"."""


NOT_RELEASED = Said(
    "总部尚未授权本店动用这些积分，已申请，请几秒后再试",
    "Head office has not released these points yet; it has been asked. Try again in a few seconds",
)


class CannotRedeem(ValueError):
    """Raised when a voucher or points cannot be used; `.said` is for the page."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.en)


@dataclass(frozen=True)
class Choice:
    """A voucher of hers, and what it would take off now."""

    voucher: Voucher
    label: Said
    state: vouchers.State


@dataclass(frozen=True)
class ByPoints:
    """A service of this visit that points may pay for."""

    service: Service
    price: int
    held: int

    @property
    def enough(self) -> bool:
        return self.held >= self.price


def choices(store: Store, visit: Visit, price_fen: int) -> list[Choice]:
    """Her vouchers that are not used up: those usable now first, the soonest to end on top."""
    entries = store.ledger.select((where("member") == visit.member) & (where("unit") == "voucher"))
    gone = vouchers.used(entries)
    own = [v for v in store.vouchers.select(where("member") == visit.member) if v.rid not in gone]
    found = [
        Choice(v, vouchers.label(v), _state(store, v, visit, price_fen))
        for v in sorted(own, key=lambda v: v.valid_until)
    ]
    return sorted(
        (c for c in found if c.state.usable or c.state.code in {"spend", "early", "clock"}),
        key=lambda c: not c.state.usable,
    )


def _state(store: Store, voucher: Voucher, visit: Visit, price_fen: int) -> vouchers.State:
    entries = store.ledger.select((where("member") == voucher.member) & (where("unit") == "voucher"))
    state = _dated(
        store,
        vouchers.state(voucher, entries, price_fen, now(), days.zone_name(store), member=visit.member),
    )
    if state.usable and voucher.service:  # good for one service: worth what that costs, if she had it
        service = store.services.find(voucher.service)
        had = service is not None and service.rid in visit.services
        worth = service.price_fen if service and had else state.worth_fen
        return vouchers.State(state.usable, state.code, state.said, min(price_fen, worth))
    return state


def _dated(store: Store, state: vouchers.State) -> vouchers.State:
    """While the clock is behind, no voucher is known to be good: it waits. One that is over by that clock is over."""
    said = clocklock.why_not(store, "use_voucher") if state.code in {"", "early", "spend"} else None
    return vouchers.State(False, "clock", said, 0) if said else state


def worth(store: Store, visit: Visit, voucher_rid: str, price_fen: int) -> tuple[Voucher, int]:
    """A voucher and what it takes off this price. Raises CannotRedeem."""
    voucher = store.vouchers.find(voucher_rid)
    if voucher is None:
        raise CannotRedeem(Said("没有这张券", "There is no such voucher"))
    state = _state(store, voucher, visit, price_fen)
    if not state.usable:
        raise CannotRedeem(state.said)
    return voucher, state.worth_fen


def by_points(store: Store, policy: Policy, visit: Visit) -> list[ByPoints]:
    """The services of this visit that points may buy, the cheapest in points first (LOY-07, LOY-08)."""
    had = [s for rid in visit.services if (s := store.services.find(rid)) is not None]
    nails = sorted((s for s in had if s.category == POLISH), key=lambda s: s.price_fen)
    entries = store.ledger.select((where("member") == visit.member) & (where("unit") == "points"))
    held = points.balance(entries, "points")
    found = [ByPoints(nails[0], policy.points.basic_polish_points, held)] if nails else []
    found += [
        ByPoints(s, price, held)
        for s in had
        if s not in nails[:1] and (price := points.price(s.price_fen, policy)) is not None
    ]
    return sorted(found, key=lambda one: one.price)


def chosen(store: Store, policy: Policy, visit: Visit, service: str) -> ByPoints | None:
    """What is offered for that service of the visit."""
    return next((one for one in by_points(store, policy, visit) if one.service.rid == service), None)


def use_voucher(store: Store, visit: Visit, voucher_rid: str, off_fen: int, moment: str) -> None:
    """Inside the checkout's transaction: the voucher is used. Raises CannotRedeem."""
    voucher = store.vouchers.load(voucher_rid)
    entries = store.ledger.select((where("member") == voucher.member) & (where("unit") == "voucher"))
    again = vouchers.given_back(voucher.rid, entries)
    add_once(store.ledger, vouchers.issued(voucher, store.store_id, moment))
    try:
        store.ledger.add(vouchers.redeem(voucher, visit, off_fen, moment, again))
    except NotUnique as error:
        raise CannotRedeem(Said("这张券已经用过", "This voucher was used already")) from error


def hand_over(store: Store, actor: str, member: str, voucher_rid: str) -> None:
    """A gift or a skin scan that a voucher stands for was given to her: it is used (LOY-10, CHN-08). Raises CannotRedeem."""
    moment = now()
    with store.acting(actor), store.transaction():
        voucher = store.vouchers.find(voucher_rid)
        if voucher is None or not vouchers.by_hand(voucher):
            raise CannotRedeem(Said("没有这张券", "There is no such voucher"))
        entries = store.ledger.select((where("member") == voucher.member) & (where("unit") == "voucher"))
        state = _dated(
            store, vouchers.state(voucher, entries, 0, moment, days.zone_name(store), member=member)
        )
        if not state.usable:
            raise CannotRedeem(state.said)
        again = vouchers.given_back(voucher.rid, entries)
        add_once(store.ledger, vouchers.issued(voucher, store.store_id, moment))
        store.ledger.add(vouchers.hand_over(voucher, store.store_id, moment, again))


def use_points(store: Store, policy: Policy, visit: Visit, service: str, moment: str) -> None:
    """Inside the checkout's transaction: points pay for a service. Raises CannotRedeem."""
    offered = chosen(store, policy, visit, service)
    if offered is None or not offered.enough:
        raise CannotRedeem(Said("积分不足", "Not enough points"))
    entries = store.ledger.select(where("member") == visit.member)
    entry = loyalty.buy_with_points(
        visit.member, offered.price, offered.service.name, entries, store.store_id, policy, moment, visit.rid
    ).model_copy(update={"visit": visit.rid})
    try:
        store.leases.spend(entry)
    except NoLease as error:
        raise CannotRedeem(limit_reached(error) or NOT_RELEASED) from error


def use_benefit(store: Store, actor: str, visit: Visit, key: str, moment: str) -> None:
    """Inside the checkout's transaction: a benefit of her tier is used (LOY-22)."""
    add_once(
        store.benefit_uses,
        BenefitUse(
            rid=fact_rid("benefit", visit.rid, key), member=visit.member, store=store.store_id, benefit=key, at=moment,
            visit=visit.rid, by=actor,
        ),
    )  # fmt: skip
