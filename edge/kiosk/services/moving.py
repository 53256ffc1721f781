"""A customer who moves is handed to another store of the chain (SYN-04): her file, benefits and balances are there; a person welcomes her.

Nothing is copied: the file is one over all stores. What changes is whose customer she is, and that her new store sees her as one to greet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Member
    from salon.records import Store as StoreRecord

SHOWN = 8
"""Newcomers on the board at a time."""


class NoSuchStore(LookupError):
    """Raised when a customer is to be handed to a store that the chain does not have, or to the one that has her."""


def others(store: Store) -> list[StoreRecord]:
    """The chain's other stores, those of this city first."""
    own = store.stores.find(store.store_id)
    city = own.city if own else ""
    found = [one for one in store.stores.select(order_by="name") if one.rid != store.store_id]
    return sorted(found, key=lambda one: one.city != city)


def hand_over(store: Store, actor: str, member: str, to: str) -> Member:
    """She is the other store's customer from now on; whoever cared for her here does not any more. Raises NoSuchStore, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        known = store.members.load(member)
        if to not in {one.rid for one in others(store)} or known.home_store == to:
            raise NoSuchStore(to)
        return store.members.edit(member, home_store=to, therapist="")


def newcomers(store: Store) -> list[Member]:
    """Customers whom another store has handed over and who have not been here yet: to be welcomed with a call."""
    mine = [
        m
        for m in store.members.select((where("home_store") == store.store_id) & (where("therapist") == ""))
        if not m.merged_into
    ]
    found = []
    for member in mine:
        visits = store.visits.select(where("member") == member.rid)
        if visits and all(visit.store != store.store_id for visit in visits):
            found.append(member)
    return found[:SHOWN]
