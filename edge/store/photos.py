"""Whose photos may stay (SEC-06): she decides, in whichever store and for whichever of her files, and her no erases them in each.

They are in a database of their own, so that they go after the decision is kept: at once, and at the next sweep where the power went between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb.queries import where

from edge.store import allowed

if TYPE_CHECKING:
    from edge.store.store import Store
    from salon.records.people import Purpose

PURPOSE: Purpose = "photos"


def erase(store: Store, member: str) -> None:
    """Those of scans and close-ups, and those that wait to be measured or pointed at, which are her visits'."""
    hers = where("member").one_of(store.files(member))
    for owner in (*store.scans.select(hers), *store.closeups.select(hers), *store.visits.select(hers)):
        store.media.delete_owner(owner.rid)


def settle(store: Store, member: str) -> None:
    """Erase them if her last word was no."""
    if allowed.withdrew(store, member, PURPOSE):
        erase(store, member)


def sweep(store: Store, now: str) -> None:
    """Erase what is past its day, and what is left of those who said no."""
    store.media.sweep(now)
    if store.media.is_empty():
        return
    said_no = store.consents.select((where("purpose") == PURPOSE) & (where("granted") == False))  # noqa: E712 - a query
    for member in sorted({consent.member for consent in said_no}):
        settle(store, member)
