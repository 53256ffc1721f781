"""Who changed what of an entry of the catalogue, from what to what, and taking such a change back.

Read from the change log, which nobody can alter unseen. A change is taken back by a new one: only where no later one has touched the same
fields, because then it would undo a colleague's work as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from edge.kiosk.services import cataloguing
from edge.store import changelog, iso
from salon.reconcile import State, merge
from salon.reconcile.merge import document
from salon.records import Step
from salon.rules.editions import Editions
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge.kiosk.services.cataloguing import Kind
    from edge.store import Store
    from salon.records import Service

SHOWN = 40
"""Changes of one entry: years of prices."""


@dataclass(frozen=True)
class Field:
    """One field of a change."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Written:
    """One change of an entry."""

    id: str
    at: str
    actor: str
    first: bool
    """The entry was made."""
    fields: tuple[Field, ...]
    takes_back: bool
    """Whether it can be taken back now."""


def of(store: Store, kind: Kind, rid: str) -> list[Written]:
    """The changes of an entry, the newest first. Raises NoSuchRecord."""
    cls = cataloguing.table(store, kind).record_class
    now = cataloguing.table(store, kind).load(rid).document()
    found: list[Written] = []
    state: State | None = None
    before: dict[str, Any] = dict(cls.defaults())
    for change in changelog.of_record(store.connections.get(), rid):
        state = merge(cls, state, change).state
        after = {**cls.defaults(), **document(cls, rid, state)}
        names = [name for name in change.fields if before.get(name) != after.get(name)]
        fields = tuple(Field(name, before.get(name), after[name]) for name in names)
        first = not found
        can = bool(fields) and not first and all(now.get(one.name) == one.after for one in fields)
        if fields:
            found.append(
                Written(
                    change.id,
                    iso(datetime.fromtimestamp(change.stamp.ms / 1000, UTC)),
                    change.actor,
                    first,
                    fields,
                    can,
                )
            )
        before = after
    return found[::-1][:SHOWN]


def take_back(store: Store, actor: str, kind: Kind, rid: str, change: str) -> None:
    """Put its fields back to what they were before it. Raises BadEntry, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        one = next((one for one in of(store, kind, rid) if one.id == change), None)
        if one is None or not one.takes_back:
            raise cataloguing.BadEntry(
                history=Said(
                    "之后又有修改，不能单独撤销这一次：请先撤销后面的修改",
                    "It was changed again since: take the later change back first",
                )
            )
        old: Mapping[str, Any] = {field.name: field.before for field in one.fields}
        cataloguing.restore(store, kind, rid, old)


def editions(store: Store, services: Sequence[Service]) -> Editions:
    """How services read before their steps were changed."""
    return Editions(services, {one.rid: found for one in services if (found := _before(store, one))})


def _before(store: Store, service: Service) -> list[tuple[str, Service]]:
    """Backwards from today: until each change of its steps, they were what that change found."""
    found: list[tuple[str, Service]] = []
    for one in of(store, "service", service.rid):
        for field in one.fields:
            if field.name == "steps" and not one.first:
                steps = [Step.model_validate(step) for step in field.before]
                found.append((one.at, service.model_copy(update={"steps": steps})))
    return found[::-1]
