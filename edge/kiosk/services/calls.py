"""Somebody asks for a person: at the kiosk, by a call button, or by a card that nobody answered. Kept until somebody at the desk has taken it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from edge.store import new_rid, now
from salon.rules.times import instant

if TYPE_CHECKING:
    from edge.store import Store

SETTING = "kiosk.calls"
MOST = 20
"""Open calls kept: more say nothing new."""
OF_USE = timedelta(minutes=30)
"""Whoever called longer ago than this, while nothing could be heard, has found somebody or has gone."""

How = Literal["kiosk", "button", "missed"]
"""By the kiosk's own page, by a button, or by a card or code that was held to a reader and opened no page."""


@dataclass(frozen=True)
class Call:
    """One call, and the page or the place it came from."""

    id: str
    at: str
    page: str
    how: How = "kiosk"
    where: str = ""

    @property
    def minutes(self) -> int:
        """How long ago."""
        return max(0, int((instant(now()) - instant(self.at)).total_seconds() // 60))


def place(store: Store, page: str, *, how: How = "kiosk", at: str = "", where: str = "") -> bool:
    """Call a person. While a call from the same place is open, another one changes nothing; nor does one of long ago. Whether it is new."""
    moment = now()
    at = at or moment
    if instant(moment) - instant(at) > OF_USE:
        return False
    with store.transaction():
        calls: list[dict[str, Any]] = store.settings.get(SETTING, [])
        if any(call["page"] == page and call.get("how", "kiosk") == how for call in calls):
            return False
        new = {"id": new_rid(), "at": at, "page": page, "how": how, "where": where}
        store.settings.set(SETTING, [*calls, new][-MOST:])
    return True


def waiting(store: Store) -> list[Call]:
    return [Call(**call) for call in store.settings.get(SETTING, [])]


def answered(store: Store, call: str) -> None:
    with store.transaction():
        calls = store.settings.get(SETTING, [])
        store.settings.set(SETTING, [c for c in calls if c["id"] != call])
