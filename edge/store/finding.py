"""Whose telephone number this is (PRF-15): the first number of a file, or the second. The kiosk, the desk and an import ask here.

A file that was merged leads to hers. Both numbers have an index, and one look asks for both, whoever is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tinydb.queries import where

from edge.store import aliases

if TYPE_CHECKING:
    from edge.store.store import Store
    from salon.records import Member


class WithPhone(NamedTuple):
    """Members with one number. A family may share one, and a second number may be a father's."""

    own: list[Member]
    """It is their first."""
    second: list[Member]


def with_phone(store: Store, phone: str) -> WithPhone:
    """Members with this (normalised) number, each once."""
    found = store.members.select((where("phone") == phone) | (where("phone2") == phone))
    own = _shown(store, (one for one in found if one.phone == phone))
    second = _shown(store, (one for one in found if one.phone != phone))
    return WithPhone(list(own.values()), [member for rid, member in second.items() if rid not in own])


def _shown(store: Store, members: Iterable[Member]) -> dict[str, Member]:
    """By the rid that each is shown under."""
    leading = (
        store.members.load(aliases.leading(store.members, one.rid)) if one.merged_into else one
        for one in members
    )
    return {one.rid: one for one in leading}
