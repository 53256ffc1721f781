"""The store's files classified by need and by level (PRF-23, SEG-06): which classes there are, and who is in each, by which figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import days
from edge.kiosk.services.figures import LOOKED_BACK
from edge.store import now
from salon.rules import tags
from salon.rules.figures import Person
from salon.rules.history import gather
from salon.rules.times import later

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Scan
    from salon.rules.said import Said

GROUPS: tuple[tags.Group, ...] = ("need", "level")
"""As the house files its customers; what else is known of her are tags of her own page."""


@dataclass(frozen=True)
class Class:
    """Customers of one kind."""

    group: tags.Group
    label: Said
    people: tuple[Person, ...]


def classes(store: Store, policy: Policy) -> list[Class]:
    """Of who belongs to this store or came here, the largest class first in each group."""
    moment, zone = now(), days.zone_name(store)
    since = later(moment, days=-LOOKED_BACK)
    visits = store.visits.select((where("store") == store.store_id) & (where("arrived_at") > since))
    came = {visit.member for visit in visits}
    members = [
        m
        for m in store.members.select()
        if not m.merged_into and (m.rid in came or m.home_store == store.store_id)
    ]
    last = _last_scans(store, since)
    found: dict[tuple[tags.Group, Said], list[Person]] = {}
    for history in gather(members, visits, store.services.select()):
        rid = history.member.rid
        for tag in tags.tags(history, last.get(rid), policy, moment, zone):
            if tag.group in GROUPS:
                found.setdefault((tag.group, tag.label), []).append(
                    Person(rid, tag.explain.said, history.last.rid if history.last else "")
                )
    made = [Class(group, label, tuple(people)) for (group, label), people in found.items()]
    return sorted(made, key=lambda one: (GROUPS.index(one.group), -len(one.people), one.label.en))


def _last_scans(store: Store, since: str) -> dict[str, Scan]:
    """Of each member the last one that counts."""
    scans = store.scans.select((where("accepted") == True) & (where("at") > since), order_by="at")  # noqa: E712 - a query
    return {scan.member: scan for scan in scans}
