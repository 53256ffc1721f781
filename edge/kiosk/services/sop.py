"""The steps of today's services: ticked with time and name, proven by a device where one can (SVC-07, SVC-08, SAF-07).

A tick is a fact; taking it back is a second fact. Both ids are made of the step and of how often it was touched, so that a
second tap writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services.once import add_once, fact_rid
from edge.store import now
from salon.records import Reading, Scan, SopTick
from salon.rules.times import later

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import ProductUse, Service, Step

Comfort = Literal["", "good", "too_strong", "too_weak", "too_dark", "painful"]
FELT = frozenset({"treat", "product", "measure"})
"""Kinds of steps that the customer feels, and is asked about (SVC-08)."""

STERILISER, CYCLE = "steriliser", "cycle_hold"
HELD_MIN = 3.0
"""min at temperature: what EN 13060 asks of steam at 134 °C; a cycle that held less proves nothing."""
FRESH_H = 24
"""h: what was sterilised yesterday has been in a drawer since."""

Proof = Reading | Scan


@dataclass(frozen=True)
class StepState:
    """One step of one service in this visit."""

    service: Service
    step: Step
    tick: SopTick | None
    """The tick that stands, if the step is done."""
    touches: int
    """Ticks and undos so far: the number of the next fact."""
    proof: Proof | None
    """What a device says of it: of the tick if done, else found by now."""
    product: ProductUse | None
    """The product recorded for it."""

    @property
    def done(self) -> bool:
        return self.tick is not None

    @property
    def felt(self) -> bool:
        return self.step.kind in FELT


def steps(store: Store, treatment: Treatment) -> list[StepState]:
    """All steps of the visit, in order."""
    here = where("visit") == treatment.visit.rid
    ticks = store.sop_ticks.select(here, order_by="at")
    facts: list[Proof | ProductUse] = [
        *store.readings.select(here, order_by="at"),
        *_cycles(store, treatment),
        *store.scans.select(here, order_by="at"),
        *store.product_uses.select(here, order_by="at"),
    ]
    by_rid = {fact.rid: fact for fact in facts}
    standing = {key: tick for key, tick in _last_ticks(ticks).items() if not tick.undone}
    free = [fact for fact in facts if fact.rid not in {tick.evidence for tick in standing.values()}]
    found: list[StepState] = []
    for service in treatment.services:
        for step in service.steps:
            tick = standing.get((service.rid, step.key))
            fact = by_rid.get(tick.evidence) if tick else _take(free, step, phase_of(service, step))
            found.append(
                StepState(
                    service=service,
                    step=step,
                    tick=tick,
                    touches=sum(1 for t in ticks if (t.service, t.step) == (service.rid, step.key)),
                    proof=fact if isinstance(fact, Reading | Scan) else None,
                    product=None if fact is None or isinstance(fact, Reading | Scan) else fact,
                )
            )
    return found


def _cycles(store: Store, treatment: Treatment) -> list[Reading]:
    """The last cycle of each steriliser before this visit's care, if it is of the same day: it proves that the tools were in it (SAF-07)."""
    begun = treatment.visit.treatment_at or now()
    found = []
    for steriliser in store.devices.select((where("profile") == STERILISER) & (where("state") == "active")):
        mine = (where("device") == steriliser.device) & (where("measure") == CYCLE)
        last = store.readings.select(mine & (where("at") <= begun), order_by="at", descending=True, limit=1)
        found += [cycle for cycle in last if cycle.at >= later(begun, hours=-FRESH_H)]
    return found


def _last_ticks(ticks: list[SopTick]) -> dict[tuple[str, str], SopTick]:
    """The last fact about each step; of two in one millisecond, the undo came later."""
    return {(t.service, t.step): t for t in sorted(ticks, key=lambda t: (t.at, t.undone))}


def phase_of(service: Service, step: Step) -> Literal["before", "after"]:
    """What a measuring step measures: the first one of a service the skin as it came, the later ones what was done."""
    measuring = [other.key for other in service.steps if other.kind == "measure"]
    return "before" if step.key in measuring[:1] else "after"


def _take(
    free: list[Proof | ProductUse], step: Step, phase: Literal["before", "after"]
) -> Proof | ProductUse | None:
    """The first fact that speaks of such a step; it proves one step only."""
    fact = next((fact for fact in free if _speaks_of(fact, step, phase)), None)
    if fact is not None:
        free.remove(fact)
    return fact


def _speaks_of(fact: Proof | ProductUse, step: Step, phase: Literal["before", "after"]) -> bool:
    if isinstance(fact, Reading) and fact.measure == CYCLE:
        return step.evidence == "steriliser" and fact.quality == "good" and fact.value >= HELD_MIN
    if isinstance(fact, Reading):
        return step.evidence == "reading" and fact.quality != "bad" and fact.phase in {"", phase}
    if isinstance(fact, Scan):
        return step.evidence == "scan" and fact.accepted and fact.phase == phase
    return step.evidence == "product" and fact.outcome != "stopped"


def current(found: list[StepState], skipped: int = 0) -> StepState | None:
    """The step to do now: the first open one, or a later one if some are put off. None after the last."""
    open_steps = [state for state in found if not state.done]
    return open_steps[skipped] if 0 <= skipped < len(open_steps) else None


def last_done(found: list[StepState]) -> StepState | None:
    """The step that was ticked last: what "take back" means."""
    done = [state for state in found if state.tick is not None]
    return max(done, key=lambda state: state.tick.at if state.tick else "", default=None)


def tick(
    store: Store, actor: str, treatment: Treatment, service: str, step: str, touches: int, comfort: Comfort
) -> SopTick | None:
    """The step is done. None when it is not a step of this visit, or was touched since the page was shown."""
    with store.acting(actor), store.transaction():
        state = _find(steps(store, treatment), service, step)
        if state is None or state.done or state.touches != touches:
            return state.tick if state else None
        evidence = state.proof or state.product
        fact = _fact(treatment, actor, state, comfort=comfort, undone=False)
        return add_once(
            store.sop_ticks,
            fact.model_copy(
                update={
                    "source": "sensor" if state.proof else "hand",
                    "evidence": evidence.rid if evidence else "",
                }
            ),
        )


def undo(store: Store, actor: str, treatment: Treatment, service: str, step: str, touches: int) -> None:
    """The tick is taken back."""
    with store.acting(actor), store.transaction():
        state = _find(steps(store, treatment), service, step)
        if state is not None and state.done and state.touches == touches:
            add_once(store.sop_ticks, _fact(treatment, actor, state, comfort="", undone=True))


def _find(found: list[StepState], service: str, step: str) -> StepState | None:
    return next((s for s in found if (s.service.rid, s.step.key) == (service, step)), None)


def _fact(treatment: Treatment, actor: str, state: StepState, *, comfort: Comfort, undone: bool) -> SopTick:
    visit = treatment.visit
    return SopTick(
        rid=fact_rid("step", visit.rid, state.service.rid, state.step.key, str(state.touches)),
        visit=visit.rid,
        member=visit.member,
        service=state.service.rid,
        step=state.step.key,
        at=now(),
        by=actor,
        comfort=comfort,
        undone=undone,
    )
