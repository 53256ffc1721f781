"""At the end of the care: what could be recommended, her answer kept (SVC-13, SEG-13), and the next booking (SVC-15, APT-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from tinydb import where

from edge.kiosk.services import bookings, days
from edge.kiosk.services.once import add_once, fact_rid
from edge.store import iso, now, told
from salon.records import Offer
from salon.rules import recommend
from salon.rules.history import History

if TYPE_CHECKING:
    from datetime import date

    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.policies import Policy

Answer = Literal["taken", "later", "declined"]
SLOT = timedelta(minutes=30)
SHOWN = 4
"""Times offered for the next visit: four fit a screen for gloved hands."""
LOOKED_AHEAD = 7
"""Days after the wished day on which a free time is looked for."""


@dataclass(frozen=True)
class Slot:
    """A free time for the next visit."""

    starts_at: str
    bed: str


def proposal(store: Store, policy: Policy, treatment: Treatment) -> recommend.Proposal:
    """What may be recommended to her now; nothing that she was offered in this visit already."""
    member = treatment.member
    own = where("member") == member.rid
    scans = store.scans.select(own & (where("accepted") == True), order_by="at", descending=True, limit=1)  # noqa: E712 - a query
    plans = store.care_plans.select(own & (where("state") == "active"))
    history = History.of(member, [*store.visits.select(own)], store.services.select())
    return recommend.recommend(
        history,
        max(plans, key=lambda plan: plan.started_at, default=None),
        scans[0] if scans else None,
        store.products.select(),
        store.offers.select(own),
        policy,
        now(),
        days.zone_name(store),
        told=told.of(store, member),
        occasion=treatment.visit.occasion,
    )


def answered(
    store: Store, actor: str, treatment: Treatment, item: str, answer: Answer, why: str
) -> Offer | None:
    """Her answer to one recommendation, or to something she asked for herself: a fact, so that selling can be audited."""
    known = store.products.find(item) or store.services.find(item)
    if known is None:
        return None
    visit = treatment.visit
    offer = Offer(
        rid=fact_rid("offer", visit.rid, item), member=visit.member, visit=visit.rid, item=item, at=now(), by=actor,
        answer=answer, explain=why[:200],
    )  # fmt: skip
    with store.acting(actor), store.transaction():
        return add_once(store.offers, offer)


def slots(store: Store, treatment: Treatment, wished: date) -> list[Slot]:
    """Free times from the wished day on, at about the time she came today, with her therapist and a bed."""
    zone = ZoneInfo(days.zone_name(store))
    came = datetime.fromisoformat(treatment.visit.arrived_at or now()).astimezone(zone)
    minutes = timedelta(minutes=treatment.minutes) or bookings.SHORTEST
    own = store.stores.find(store.store_id)
    opens, closes = (own.opens, own.closes) if own else ("10:00", "21:00")
    found: list[Slot] = []
    for ahead in range(LOOKED_AHEAD):
        day = wished + timedelta(days=ahead)
        first = datetime.combine(day, datetime.strptime(opens, "%H:%M").time(), zone)  # noqa: DTZ007 - the zone follows
        last = datetime.combine(day, datetime.strptime(closes, "%H:%M").time(), zone) - minutes  # noqa: DTZ007
        times = [first + SLOT * step for step in range(int((last - first) / SLOT) + 1)]
        usual = came.hour * 60 + came.minute
        times.sort(key=lambda at: abs(at.hour * 60 + at.minute - usual))
        free = [slot for at in times if (slot := _free(store, treatment, at, at + minutes)) is not None]
        found += free[: 2 if ahead == 0 else 1]
        if len(found) >= SHOWN:
            break
    return sorted(found[:SHOWN], key=lambda slot: slot.starts_at)


def _free(store: Store, treatment: Treatment, starts: datetime, ends: datetime) -> Slot | None:
    """The slot with a bed, if her therapist and a bed are free then."""
    begins, over = iso(starts), iso(ends)
    span = (where("starts_at") > iso(starts - bookings.LONGEST)) & (where("starts_at") < over)
    near = store.appointments.select(span & (where("store") == store.store_id))
    running = [b for b in near if b.status in {"booked", "arrived"} and b.ends_at > begins]
    therapist = treatment.visit.therapist
    if therapist and any(b.therapist == therapist for b in running):
        return None
    own = store.stores.find(store.store_id)
    taken = {b.bed for b in running}
    beds = [bed for bed in (own.beds if own else []) if bed not in taken]
    if own and own.beds and not beds:
        return None
    usual = treatment.visit.bed
    return Slot(begins, usual if usual in beds else (beds[0] if beds else ""))
