"""What a customer's standing rests on: her own records, those of files merged into hers, and whom she brought (LOY-01..06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import people
from edge.store import now
from salon.rules import loyalty, referrals, tiers
from salon.rules.history import History, by_member

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member


@dataclass(frozen=True)
class Standing:
    """Her tier, and what it brings."""

    history: History
    tier: tiers.Tier
    rights: list[loyalty.Right]
    brought: list[Member]
    """Customers she brought who came."""
    ambassador_since: str


def of(store: Store, policy: Policy, member: Member) -> Standing:
    """From her own records, and those she brought."""
    moment, files = now(), people.files(store, member)
    visits = people.records(store.visits, files)
    invited = [m for m in store.members.select(where("referred_by") == member.rid) if m.rid != member.rid]
    theirs = [v for m in invited for v in store.visits.select(where("member") == m.rid)]
    came = by_member(theirs)
    brought = [m for m in invited if m.rid in came]
    history = History.of(
        member, visits, store.services.select(), ledger=people.records(store.ledger, files),
        surveys=people.records(store.surveys, files), appointments=people.records(store.appointments, files),
        complaints=people.records(store.complaints, files), brought=len(brought),
    )  # fmt: skip
    tier = tiers.of_visits(visits, len(brought), policy, moment)
    uses = people.records(store.benefit_uses, files)
    since = referrals.ambassador_since(member.rid, invited, theirs, policy)
    return Standing(history, tier, loyalty.rights(tier.key, history, uses, policy, moment), brought, since)
