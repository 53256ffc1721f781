"""What this store knows of a customer's allergies and conditions (SAF-05), out of all her files: a merge rewrites none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb.queries import where

from salon.rules import told

if TYPE_CHECKING:
    from edge.store.store import Store
    from salon.records import Member, Screening


def of(store: Store, member: Member) -> told.Told:
    """The one answer to "are her allergies known here, and what are they"."""
    files = [found for rid in store.files(member.rid) if (found := store.members.find(rid)) is not None]
    return told.of(files or [member], screenings(store, member.rid))


def screenings(store: Store, member: str) -> list[Screening]:
    """Her questionnaires, whichever of her files they were answered for."""
    return store.screenings.select(where("member").one_of(store.files(member)))


def whole(store: Store, member: Member) -> Member:
    """Her file with all that is named of her health: in her last answers too, and in the files that were merged into it."""
    health = of(store, member)
    return member.model_copy(
        update={"allergens": list(health.allergens), "contraindications": list(health.conditions)}
    )
