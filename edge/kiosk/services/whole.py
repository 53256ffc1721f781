"""The 360-degree page of a customer (SEG-07): file, spend, behaviour, preferences, measurements, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import days
from edge.store import now
from salon.rules import churn, lifecycle, loyalty, points, recommend, rfm, rhythm, tags, tiers, vouchers
from salon.rules.history import History

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import (
        CarePlan,
        Complaint,
        Consent,
        Interaction,
        LedgerEntry,
        Member,
        Message,
        Offer,
        Reading,
        Scan,
        Survey,
        Voucher,
    )

SHOWN = 12
"""Rows of each list: what a person reads before she scrolls."""


@dataclass(frozen=True)
class Whole:
    """Everything the store knows of one customer."""

    history: History
    stage: lifecycle.Stage
    rfm: rfm.Rfm
    tier: tiers.Tier
    churn: churn.Churn
    rhythms: list[rhythm.Rhythm]
    due: list[recommend.Due]
    tags: list[tags.Tag]
    rights: list[loyalty.Right]
    proposal: recommend.Proposal
    points: int
    stored_fen: int
    ledger: list[LedgerEntry]
    vouchers: list[Voucher]
    plan: CarePlan | None
    scans: list[Scan]
    readings: list[Reading]
    surveys: list[Survey]
    complaints: list[Complaint]
    interactions: list[Interaction]
    offers: list[Offer]
    messages: list[Message]
    consents: list[Consent]


def of(store: Store, policy: Policy, member: Member) -> Whole:
    """From this customer's own records alone."""
    own, moment, zone = where("member") == member.rid, now(), days.zone_name(store)
    visits = store.visits.select(own)
    ledger = store.ledger.select(own)
    complaints = store.complaints.select(own)
    history = History.of(
        member, visits, store.services.select(), ledger=ledger, surveys=store.surveys.select(own),
        appointments=store.appointments.select(own), complaints=complaints,
    )  # fmt: skip
    scans = store.scans.select(own & (where("accepted") == True), order_by="at", descending=True)  # noqa: E712 - a query
    plans = store.care_plans.select(own & (where("state") == "active"))
    plan = max(plans, key=lambda p: p.started_at, default=None)
    offers = store.offers.select(own, order_by="at", descending=True)
    tier = tiers.of_visits(visits, history.brought, policy, moment)
    gone = vouchers.used(ledger)
    last = scans[0] if scans else None
    products = store.products.select()
    return Whole(
        history=history,
        stage=lifecycle.stage(history, policy, moment),
        rfm=rfm.score(history, policy, moment),
        tier=tier,
        churn=churn.assess(history, policy, moment),
        rhythms=rhythm.of(history, policy, moment),
        due=recommend.next_due(history, policy, moment, zone),
        tags=tags.tags(history, last, policy, moment, zone),
        rights=loyalty.rights(tier.key, history, store.benefit_uses.select(own), policy, moment),
        proposal=recommend.recommend(history, plan, last, products, offers, policy, moment, zone),
        points=points.balance(ledger, "points"),
        stored_fen=points.balance(ledger, "fen"),
        ledger=sorted(ledger, key=lambda e: e.at, reverse=True)[:SHOWN],
        vouchers=[v for v in store.vouchers.select(own) if v.rid not in gone],
        plan=plan,
        scans=scans[:SHOWN],
        readings=store.readings.select(own, order_by="at", descending=True, limit=SHOWN),
        surveys=list(reversed(history.surveys))[:SHOWN],
        complaints=complaints,
        interactions=store.interactions.select(own, order_by="at", descending=True, limit=SHOWN),
        offers=offers[:SHOWN],
        messages=store.messages.select(own, order_by="created_at", descending=True, limit=SHOWN),
        consents=store.consents.select(own),
    )
