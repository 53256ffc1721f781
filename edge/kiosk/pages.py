"""A page family: a blueprint, and who may call each of its routes.

Rights are data beside the routes. A route without a rule stops the start of the kiosk (and with it every test), so that
nothing can be reached that nobody thought about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Literal

from flask import Blueprint, Flask

Role = Literal["technician", "beautician", "desk", "consultant", "manager", "owner"]

FAMILIES = ("house", "customer", "desk", "station", "manager", "handbook", "tech", "report", "gateway")
"""The folders of the page families. One that is not installed here is left out."""


class Door(StrEnum):
    """How somebody comes to a page."""

    KIOSK = "kiosk"
    """The customer at the kiosk's own screen: no sign-in, and only from a kiosk's address."""
    PHONE = "phone"
    """A customer's own phone: no sign-in; the route checks its one-time token or report code."""
    GATEWAY = "gateway"
    """The gateway of messages: no sign-in; the route checks the signature of what it brings."""
    OPEN = "open"
    """Anybody: health, the sign-in page, the language switch. Shows nothing about a person."""
    STAFF = "staff"
    """An employee with one of the rule's roles."""


@dataclass(frozen=True)
class Rule:
    """Who may call a route."""

    door: Door
    roles: frozenset[str] = frozenset()

    def allows(self, roles: set[str]) -> bool:
        return self.door is not Door.STAFF or bool(self.roles & roles)


KIOSK = Rule(Door.KIOSK)
PHONE = Rule(Door.PHONE)
GATEWAY = Rule(Door.GATEWAY)
OPEN = Rule(Door.OPEN)


def staff(*roles: Role) -> Rule:
    """A rule for employees with one of `roles`. The owner may all that staff may."""
    return Rule(Door.STAFF, frozenset({*roles, "owner"}))


@dataclass(frozen=True)
class Family:
    """One folder of pages."""

    blueprint: Blueprint
    rights: dict[str, Rule]
    """Rule by the name of the view function."""
    rooms: dict[str, Rule] = field(default_factory=dict)
    """Socket rooms of this family; a name that ends in a colon stands for all rooms that begin with it."""
    on_register: Callable[[Flask], None] | None = None
    """Called once when the kiosk starts, for what a family has to set up."""


class RouteWithoutRule(Exception):
    """Raised at start when routes have no rule, or rules no route."""

    def __init__(self, endpoints: list[str]) -> None:
        self.endpoints = endpoints
        super().__init__(", ".join(endpoints))


@dataclass
class Rights:
    """The rule of every endpoint and of every socket room."""

    rules: dict[str, Rule] = field(default_factory=dict)
    rooms: dict[str, Rule] = field(default_factory=dict)

    def add(self, family: Family) -> None:
        name = family.blueprint.name
        self.rules.update({f"{name}.{view}": rule for view, rule in family.rights.items()})
        self.rooms.update(family.rooms)

    def of_room(self, room: str) -> Rule | None:
        prefix = f"{room.split(':', 1)[0]}:"
        return self.rooms.get(room) or self.rooms.get(prefix)

    def check(self, app: Flask) -> None:
        """Every route has a rule, and every rule a route. Raises RouteWithoutRule."""
        endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
        endpoints -= {"static", *(f"{name}.static" for name in app.blueprints)}
        wrong = endpoints ^ set(self.rules)
        if wrong:
            raise RouteWithoutRule(sorted(wrong))


def families() -> list[Family]:
    """The page families that are installed, in the order of FAMILIES."""
    found = []
    for name in FAMILIES:
        module_name = f"edge.kiosk.{name}.routes"
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name in {module_name, f"edge.kiosk.{name}"}:
                continue
            raise
        found.append(module.FAMILY)
    return found
