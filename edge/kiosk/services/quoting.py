"""What a visit costs now, with what the customer wishes to use: vouchers, points, a benefit, the deposit she paid (SVC-14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.kiosk.services import clocklock, redeeming, standing
from edge.store import now
from salon.records import BillLine
from salon.rules import billing, loyalty, vouchers, winback
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Store
    from salon.policies import Benefit, Policy
    from salon.records import Service, Visit


@dataclass(frozen=True)
class Wishes:
    """What she wants to use for this visit."""

    voucher: str = ""
    points: str = ""
    """Rid of the service of this visit that points pay for."""
    benefit: str = ""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Wishes:
        return cls(form.get("voucher", "")[:64], form.get("points", "")[:64], form.get("benefit", "")[:64])


@dataclass(frozen=True)
class Offered:
    """A benefit of hers that takes something off this bill."""

    key: str
    label: Said
    left: int | None
    off_fen: int


def quote(store: Store, policy: Policy, visit: Visit, wishes: Wishes) -> billing.Quote:
    """Line by line. Raises CannotRedeem."""
    own = standing.of(store, policy, store.members.load(visit.member))
    made = billing.services(visit, _catalogue(store, visit))
    made = _discount(store, made, visit, own, policy)
    if wishes.benefit:
        made = _benefit(store, made, visit, own, policy, wishes.benefit)
    if wishes.points:
        made = _points(store, policy, made, visit, wishes.points)
    if wishes.voucher:
        voucher, worth = redeeming.worth(store, visit, wishes.voucher, made.total_fen)
        label = vouchers.label(voucher)
        made = made.off(BillLine(kind="voucher", zh=label.zh, en=label.en, fen=-worth, ref=voucher.rid))
    booking = store.appointments.find(visit.appointment) if visit.appointment else None
    if booking and booking.deposit_fen:
        line = BillLine(
            kind="deposit", zh="已付定金", en="Deposit paid", fen=-booking.deposit_fen, ref=booking.rid
        )
        made = made.off(line)
    return made


def benefits(store: Store, policy: Policy, visit: Visit) -> list[Offered]:
    """Benefits that she could use for this bill; none while they have to wait."""
    if clocklock.why_not(store, "use_benefit"):
        return []
    own = standing.of(store, policy, store.members.load(visit.member))
    one = billing.cheapest(visit, _catalogue(store, visit))
    worth = {item.key: item for item in policy.benefits.items if item.takes_off}
    return [
        Offered(right.key, right.label, right.left, _off(store, worth[right.key], one))
        for right in own.rights
        if one and right.key in worth and right.usable
    ]


def _catalogue(store: Store, visit: Visit) -> list[Service]:
    return [service for rid in visit.services if (service := store.services.find(rid))]


def _discount(
    store: Store, made: billing.Quote, visit: Visit, own: standing.Standing, policy: Policy
) -> billing.Quote:
    """The best of the discounts (LOY-11, LOY-13), of those that end on a day only while it is known which day it is."""
    since = "" if clocklock.why_not(store, "dated_discount") else own.ambassador_since
    best = loyalty.price(made.total_fen, visit, own.history, policy, now(), ambassador_since=since)
    said = best.explain.said
    zh, en = said.zh.split("：")[0], said.en.split(": ")[0]
    line = BillLine(
        kind="discount", zh=f"{zh} −{best.off:.0%}", en=f"{en} −{best.off:.0%}", fen=best.fen - made.total_fen
    )
    return made.off(line)


def _benefit(
    store: Store, made: billing.Quote, visit: Visit, own: standing.Standing, policy: Policy, key: str
) -> billing.Quote:
    """A benefit of her tier, as far as it is not used up (LOY-22)."""
    if waits := clocklock.why_not(store, "use_benefit"):
        raise redeeming.CannotRedeem(waits)
    item = next((item for item in policy.benefits.items if item.key == key), None)
    one = billing.cheapest(visit, _catalogue(store, visit))
    if item is None or not item.takes_off or not loyalty.has(own.rights, key) or one is None:
        raise redeeming.CannotRedeem(Said("这项权益现在不能使用", "This benefit cannot be used now"))
    off = _off(store, item, one)
    return made.off(BillLine(kind="benefit", zh=item.zh, en=item.en, fen=-off, ref=one.rid))


def _off(store: Store, item: Benefit, one: Service) -> int:
    """What a benefit takes off this service. A basic care is worth what the basic treatment costs, whatever she has today (LOY-06)."""
    basic = winback.basic_treatment(store.services.select()) if item.takes_off == "basic_care" else None
    return min(one.price_fen, basic.price_fen) if basic else one.price_fen


def _points(
    store: Store, policy: Policy, made: billing.Quote, visit: Visit, service_rid: str
) -> billing.Quote:
    offered = redeeming.chosen(store, policy, visit, service_rid)
    if offered is None or not offered.enough:
        raise redeeming.CannotRedeem(Said("积分不足", "Not enough points"))
    service = offered.service
    line = BillLine(
        kind="points", zh=f"{offered.price} 积分兑换{service.name}", en=f"{offered.price} points for {service.name_en}",
        fen=-service.price_fen, ref=service.rid,
    )  # fmt: skip
    return made.off(line)
