"""Hair and scalp looked at again at each visit (MEA-14): kept as facts, shown with the visits before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services.once import add_once, fact_rid
from edge.store import now
from salon.records import Observation
from salon.rules import scalp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store


class Unanswered(ValueError):
    """Raised when an item has no level; `.items` name them."""

    def __init__(self, items: list[str]) -> None:
        self.items = items
        super().__init__(", ".join(items))


def of_member(store: Store, member: str) -> list[Observation]:
    """One look a visit, the oldest first."""
    return scalp.by_visit(store.observations.select(where("member") == member, order_by="at"))


def looks(store: Store, visit: str) -> int:
    """How often it was looked at in this visit: the number of the next look."""
    return store.observations.count(where("visit") == visit)


def keep(
    store: Store, actor: str, treatment: Treatment, answers: Mapping[str, str], number: int
) -> Observation:
    """What was seen now. The same page sent twice is one look. Raises Unanswered."""
    known = {str(level): level for level in scalp.LEVELS}
    levels = {item: known[answers[item]] for item in scalp.ITEMS if answers.get(item) in known}
    missing = [item for item in scalp.ITEMS if item not in levels]
    if missing:
        raise Unanswered(missing)
    visit = treatment.visit
    look = Observation(
        rid=fact_rid("scalp", visit.rid, str(number)),
        visit=visit.rid,
        member=visit.member,
        at=now(),
        by=actor,
        levels=levels,
    )
    with store.acting(actor), store.transaction():
        return add_once(store.observations, look)
