"""How views reach the store, the drafts and the person they serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import current_app, g

from edge.bus import Commands
from salon import policies

if TYPE_CHECKING:
    from edge.kiosk.drafts import Drafts
    from edge.kiosk.pages import Rights
    from edge.kiosk.settings import KioskSettings
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Employee

EXTENSION = "parlour"


@dataclass(frozen=True)
class Kiosk:
    """What the web server holds between requests."""

    store: Store
    bus: Any | None
    """`edge.bus.Bus`, or None: then pages that would tell devices something leave it out."""
    drafts: Drafts
    rights: Rights
    settings: KioskSettings
    _known: dict[tuple[str, ...], Policy] = field(default_factory=dict)
    """The policy in force by the texts it comes from: reading one takes milliseconds, a page asks many times."""

    @cached_property
    def commands(self) -> Commands | None:
        """What tells devices something and waits until they say that they did. One for the bus: each hears all states."""
        return None if self.bus is None else Commands(self.bus, self.store.store_id)

    @property
    def policy(self) -> Policy:
        """The policy in force: head office's text and the store's own within it, as they stand now."""
        texts = self.store.policy_texts.select()
        key = tuple(sorted(text.rid for text in texts))
        if key not in self._known:
            found = policies.active(texts, self.store.store_id)
            self._known.clear()
            self._known[key] = found.policy
        return self._known[key]


def kiosk() -> Kiosk:
    held: Kiosk = current_app.extensions[EXTENSION]
    return held


def the_store() -> Store:
    return kiosk().store


def the_policy() -> Policy:
    """The policy in force; one and the same throughout a request."""
    if "policy" not in g:
        g.policy = kiosk().policy
    found: Policy = g.policy
    return found


def signed_in() -> Employee | None:
    """The employee at this screen, if one is signed in."""
    employee: Employee | None = g.get("employee")
    return employee


def actor() -> str:
    """Whose writes these are: the employee's rid, or the kiosk's."""
    employee = signed_in()
    return employee.rid if employee else "kiosk"


def roles() -> set[str]:
    employee = signed_in()
    return set(employee.roles) if employee else set()
