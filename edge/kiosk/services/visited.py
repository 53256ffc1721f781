"""What happened in a visit, as the next one wants to know it (PRF-13): products with their batches, how steps felt, what came of it, the hint."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from salon.records import SopTick
from salon.rules import answers
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.records import Survey, Visit


@dataclass(frozen=True)
class Past:
    """One visit of hers."""

    visit: Visit
    products: tuple[tuple[Said, str], ...]
    """Used on her: name and batch."""
    felt: tuple[tuple[Said, Said], ...]
    """Steps that were not comfortable: the step, and how it was."""
    survey: Survey | None


def of(store: Store, visits: Sequence[Visit]) -> list[Past]:
    """These visits with what was done in them, in their order: three questions to the store, however many there are."""
    here = where("visit").one_of([visit.rid for visit in visits])
    uses, felt = defaultdict(list), defaultdict(list)
    for use in store.product_uses.select(here, order_by="at"):
        product = store.products.find(use.product)
        if use.outcome != "stopped" and product is not None:
            uses[use.visit].append((Said(product.name, product.name_en or product.name), use.batch))
    last = {(t.visit, t.service, t.step): t for t in store.sop_ticks.select(here, order_by="at")}
    for tick in last.values():  # taking a tick back is a fact of its own, and the last one counts
        if tick.comfort not in {"", "good"} and not tick.undone:
            felt[tick.visit].append((_step(store, tick), _word(tick.comfort)))
    surveys = {survey.visit: survey for survey in store.surveys.select(here)}
    return [Past(v, tuple(uses[v.rid]), tuple(felt[v.rid]), surveys.get(v.rid)) for v in visits]


def _step(store: Store, tick: SopTick) -> Said:
    service = store.services.find(tick.service)
    step = next((s for s in service.steps if s.key == tick.step), None) if service else None
    return Said(step.zh, step.en) if step else Said(tick.step, tick.step)


def _word(comfort: str) -> Said:
    return answers.word(SopTick, "comfort", comfort) or Said(comfort, comfort)
