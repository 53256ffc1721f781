"""What a customer allows (SEC-06, SEC-07), out of all her files: her last word for a purpose counts, whichever file it was said in.

Head office may merge two files at any time, and take it back: so no consent is rewritten then, and whoever asks, asks here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tinydb.queries import where

if TYPE_CHECKING:
    from edge.store.store import Store
    from salon.records import Consent
    from salon.records.people import Purpose


def last_words(store: Store, member: str) -> list[Consent]:
    """One consent a purpose, as if written for the file that was asked for. Of two said in one instant the no counts."""
    said = store.consents.select(where("member").one_of(store.files(member)))
    said.sort(key=lambda one: (datetime.fromisoformat(one.decided_at), not one.granted))
    return [
        one.model_copy(update={"member": member}) for one in {each.purpose: each for each in said}.values()
    ]


def allows(store: Store, member: str, purpose: Purpose) -> bool:
    """Whether her last word was yes. Silence is no."""
    return any(one.granted for one in last_words(store, member) if one.purpose == purpose)


def withdrew(store: Store, member: str, purpose: Purpose) -> bool:
    """Whether her last word was no."""
    return any(not one.granted for one in last_words(store, member) if one.purpose == purpose)
