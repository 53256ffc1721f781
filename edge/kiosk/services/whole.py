"""The 360-degree page of a customer (SEG-07): file, spend, behaviour, preferences, measurements, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge.kiosk.services import days, people, standing
from edge.store import allowed, now, told
from salon.records import Record
from salon.rules import churn, lifecycle, loyalty, points, recommend, rfm, rhythm, tags, tiers, vouchers
from salon.rules.history import History

if TYPE_CHECKING:
    from edge.store import RecordTable, Store
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

R = TypeVar("R", bound=Record)

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
    merged: list[Member]
    """Files that are shown with hers."""


def of(store: Store, policy: Policy, member: Member) -> Whole:
    """From this customer's own records alone, and those of the files that were merged into hers."""
    files, moment, zone = people.files(store, member), now(), days.zone_name(store)
    own = standing.of(store, policy, member)
    history = own.history
    scans = [s for s in _latest(store.scans, files, "at", most=None) if s.accepted]
    plans = [p for p in people.records(store.care_plans, files) if p.state == "active"]
    plan = max(plans, key=lambda p: p.started_at, default=None)
    offers = _latest(store.offers, files, "at", most=None)
    gone = vouchers.used(history.ledger)
    last = scans[0] if scans else None
    products = store.products.select()
    return Whole(
        history=history,
        stage=lifecycle.stage(history, policy, moment),
        rfm=rfm.score(history, policy, moment),
        tier=own.tier,
        churn=churn.assess(history, policy, moment),
        rhythms=rhythm.of(history, policy, moment),
        due=recommend.next_due(history, policy, moment, zone),
        tags=tags.tags(history, last, policy, moment, zone),
        rights=own.rights,
        proposal=recommend.recommend(
            history, plan, last, products, offers, policy, moment, zone, told=told.of(store, member)
        ),
        points=points.balance(history.ledger, "points"),
        stored_fen=points.balance(history.ledger, "fen"),
        ledger=sorted(history.ledger, key=lambda e: e.at, reverse=True)[:SHOWN],
        vouchers=[v for v in people.records(store.vouchers, files) if v.rid not in gone],
        plan=plan,
        scans=scans[:SHOWN],
        readings=_latest(store.readings, files, "at"),
        surveys=list(reversed(history.surveys))[:SHOWN],
        complaints=list(history.complaints),
        interactions=_latest(store.interactions, files, "at"),
        offers=offers[:SHOWN],
        messages=_latest(store.messages, files, "created_at"),
        consents=allowed.last_words(store, member.rid),
        merged=[m for rid in files[1:] if (m := store.members.find(rid))],
    )


def _latest(table: RecordTable[R], files: list[str], by: str, most: int | None = SHOWN) -> list[R]:
    return people.records(table, files, order_by=by, descending=True, limit=most)
