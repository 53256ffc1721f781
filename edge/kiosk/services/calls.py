"""A customer asks for a person: kept until somebody at the desk has taken it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.store import new_rid, now

if TYPE_CHECKING:
    from edge.store import Store

SETTING = "kiosk.calls"
MOST = 20
"""Open calls kept: more say nothing new."""


@dataclass(frozen=True)
class Call:
    """One call, and the page it came from."""

    id: str
    at: str
    page: str


def place(store: Store, page: str) -> None:
    """Call a person. While a call from the same page is open, another one changes nothing."""
    with store.transaction():
        calls: list[dict[str, Any]] = store.settings.get(SETTING, [])
        if not any(call["page"] == page for call in calls):
            calls = [*calls, {"id": new_rid(), "at": now(), "page": page}][-MOST:]
            store.settings.set(SETTING, calls)


def waiting(store: Store) -> list[Call]:
    return [Call(**call) for call in store.settings.get(SETTING, [])]


def answered(store: Store, call: str) -> None:
    with store.transaction():
        calls = store.settings.get(SETTING, [])
        store.settings.set(SETTING, [c for c in calls if c["id"] != call])
