"""How views reach the store, the drafts and the person they serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, g

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
    policy: Policy


def kiosk() -> Kiosk:
    held: Kiosk = current_app.extensions[EXTENSION]
    return held


def the_store() -> Store:
    return kiosk().store


def the_policy() -> Policy:
    return kiosk().policy


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
