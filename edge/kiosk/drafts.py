"""What a customer is in the middle of: her check-in, or the form she has half filled in.

Kept in the store's local settings (encrypted, never synced) and not in the cookie: the browser holds only a random key, so
that nothing about a person is in the page's reach before she is identified, and a restart loses nothing that she typed.
A draft is dropped when she leaves, when the countdown ends, or after its life.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.store import Store

LIFE = 15 * 60.0
"""s: a form on a phone takes about two minutes (PRF-18); a customer may be called away from it once."""
MOST = 64
"""Drafts at once in one store; the oldest gives way."""
SETTING = "kiosk.drafts"

Draft = dict[str, Any]


class Drafts:
    """The drafts of this store, by their keys."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def open(self, **values: Any) -> str:
        """Begin a draft. Its key is as hard to guess as a session's."""
        key = secrets.token_urlsafe(24)
        self.save(key, values)
        return key

    def load(self, key: str) -> Draft | None:
        """The draft's values, or None if there is none (any more)."""
        entry = self._living().get(key) if key else None
        return dict(entry["values"]) if entry else None

    def save(self, key: str, values: Draft) -> None:
        with self._store.transaction():
            drafts = self._living()
            drafts[key] = {"until": self._clock() + LIFE, "values": values}
            newest = sorted(drafts, key=lambda k: drafts[k]["until"], reverse=True)[:MOST]
            self._store.settings.set(SETTING, {k: drafts[k] for k in newest})

    def drop(self, key: str) -> None:
        with self._store.transaction():
            drafts = self._living()
            if drafts.pop(key, None) is not None:
                self._store.settings.set(SETTING, drafts)

    def _living(self) -> dict[str, Any]:
        now = self._clock()
        kept: dict[str, Any] = self._store.settings.get(SETTING, {})
        return {key: entry for key, entry in kept.items() if entry["until"] > now}
