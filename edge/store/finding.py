"""Finding a customer by her telephone number, first or second (PRF-15), and what belongs to her out of all her files.

The kiosk, the desk, an import and the messages ask here. A file that was merged leads to hers. Both numbers have an index, and one
look asks for both, whoever is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tinydb.queries import where

from edge.store import aliases

if TYPE_CHECKING:
    from edge.store.records import RecordTable
    from edge.store.store import Store
    from salon.records import Member, Record

R = TypeVar("R", bound="Record")


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


def records(table: RecordTable[R], files: Sequence[str], **how: Any) -> list[R]:
    """Records of one customer out of all her files (`Store.files`), as if they had been written for the first of them."""
    if len(files) == 1:
        return table.select(where("member") == files[0], **how)
    found = table.select(where("member").one_of(list(files)), **how)
    return [record.model_copy(update={"member": files[0]}) for record in found]
