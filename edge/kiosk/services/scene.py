"""Her bed as she likes it (MEA-09, SVC-11): chair, light and scent, set by command when she is led there, each confirmed by the device itself.

A command is never kept, expires at the broker, and counts when the bed says that it is so (edge/bus/commands.py). What the bed did not say is told as
not confirmed: then a hand does it. A chair moves only while nobody lies on it. What was set is no field of her file: how she had it last is what the bed
said at the end of her last visit.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.kiosk.services import devices
from edge.store import told
from salon import policies
from salon.rules import comfort

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.bus import Commands
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Device, Visit
    from salon.rules.comfort import Setting

Outcome = Literal["", "asked", "confirmed", "not_sent", "not_confirmed", "occupied"]
REMEMBERED = 32
"""Visits whose outcomes are kept in memory: more than there are beds, by far."""
STEPS = {"chair_height": 2.0, "room_light": 10.0, "scent": 10.0}
"""cm, %, %: what one notices."""
CHAIR, IN_USE = "chair_height", "bed_presence"


@dataclass(frozen=True)
class Line:
    """One thing of the bed: what is wanted, what the bed says, and what became of the command."""

    key: str
    device: str
    wanted: Setting | None
    now: float | None
    """None when the bed is away, or has not said."""
    outcome: Outcome
    unit: str
    low: float
    high: float
    step: float
    """By how much one touch changes it."""


class Scenes:
    """Sets beds, and remembers for each visit what came of it."""

    def __init__(
        self,
        store: Store,
        commands: Commands | None,
        tell: Callable[[], None] = lambda: None,
        policy: Callable[[], Policy] = policies.default,
    ) -> None:
        self._store = store
        self._commands = commands
        self._tell = tell
        """Lets the pages know that an outcome came: it is no record, so no notice tells of it."""
        self._policy = policy
        self._lock = threading.Lock()
        self._outcomes: OrderedDict[str, dict[str, Outcome]] = OrderedDict()
        self._by_hand: set[tuple[str, str]] = set()
        """(visit, key) that somebody has set: what is still being set by her file leaves it alone."""

    def lines(self, treatment: Treatment, bed: str) -> list[Line]:
        """What can be set at a bed, for this customer; empty where the bed has nothing to set."""
        health = told.of(self._store, treatment.member)
        wanted = comfort.settings(
            treatment.member, health, last(self._store, treatment.visit), self._policy()
        )
        said = {(v.device, v.measure): v for v in self._store.latest.all() if not v.stale}
        outcomes = self._outcomes.get(treatment.visit.rid, {})
        found = []
        for device in at_bed(self._store, bed):
            about = devices.settable(self._store, device)
            for key in comfort.SETTABLE:
                if key in about:
                    value = said.get((device.device, key))
                    row = about[key]
                    found.append(
                        Line(
                            key, device.device, wanted.get(key), value.value if value else None, outcomes.get(key, ""),
                            row["unit"], float(row.get("low", 0)), float(row.get("high", 100)), STEPS[key],
                        )
                    )  # fmt: skip
        return found

    def begun(self, visit: str) -> bool:
        """Whether somebody has set the bed for this visit."""
        return visit in self._outcomes

    def begin(self, treatment: Treatment, bed: str) -> threading.Thread | None:
        """Set all that is wanted, in the background: nobody waits for a lift. None where there is nothing to set."""
        todo = [line for line in self.lines(treatment, bed) if line.wanted is not None]
        if not todo:
            return None
        for line in todo:
            self._note(treatment.visit.rid, line.key, "asked")
        worker = threading.Thread(target=self._set_all, args=(treatment.visit.rid, bed, todo), daemon=True)
        worker.start()
        return worker

    def put(self, treatment: Treatment, bed: str, key: str, value: float) -> Outcome:
        """By hand, at the station: it goes before her file. Raises KeyError for what this bed does not have, ValueError beyond its limits."""
        line = next((line for line in self.lines(treatment, bed) if line.key == key), None)
        if line is None:
            raise KeyError(key)
        if not line.low <= value <= line.high:
            raise ValueError(value)
        with self._lock:
            self._by_hand.add((treatment.visit.rid, key))
        return self._set(treatment.visit.rid, bed, line, value, by_hand=True)

    def _set_all(self, visit: str, bed: str, todo: list[Line]) -> None:
        for line in todo:
            assert line.wanted is not None
            with self._lock:
                if (visit, line.key) in self._by_hand:
                    continue
            self._set(visit, bed, line, min(line.high, max(line.low, line.wanted.value)))

    def _set(self, visit: str, bed: str, line: Line, value: float, *, by_hand: bool = False) -> Outcome:
        outcome: Outcome = "not_sent"
        if line.key == CHAIR and not by_hand and self._in_use(bed):
            outcome = "occupied"
        elif self._commands is not None:
            outcome = self._commands.send(line.device, "number", line.key, f"{value:.0f}")
        self._note(visit, line.key, outcome)
        return outcome

    def _in_use(self, bed: str) -> bool:
        """Whether somebody lies there; a bed that does not say counts as in use."""
        names = {device.device for device in at_bed(self._store, bed)}
        said = [
            v for v in self._store.latest.all() if v.device in names and v.measure == IN_USE and not v.stale
        ]
        return not said or any(v.value for v in said)

    def _note(self, visit: str, key: str, outcome: Outcome) -> None:
        with self._lock:
            self._outcomes.setdefault(visit, {})[key] = outcome
            self._outcomes.move_to_end(visit)
            while len(self._outcomes) > REMEMBERED:
                gone, outcomes = self._outcomes.popitem(last=False)
                self._by_hand -= {(gone, name) for name in outcomes}
        if outcome != "asked":
            self._tell()


def at_bed(store: Store, bed: str) -> list[Device]:
    """The devices in use at a bed."""
    if not bed:
        return []
    here = (where("place") == bed) & (where("state") == "active")
    return [d for d in store.devices.select(here, order_by="device") if d.store in {"", store.store_id}]


def last(store: Store, visit: Visit) -> dict[str, float]:
    """What her bed said of itself in her last visit: the last value of each thing while she was treated."""
    hers = (where("member") == visit.member) & (where("store") == store.store_id)
    before = [
        v
        for v in store.visits.select(hers, order_by="treatment_at", descending=True, limit=5)
        if v.rid != visit.rid
    ]
    past = next((v for v in before if v.bed and v.treatment_at), None)
    if past is None:
        return {}
    until = past.feedback_at or past.aftercare_at or past.closed_at
    found: dict[str, float] = {}
    for device in at_bed(store, past.bed):
        for key in comfort.SETTABLE:
            known = (
                (where("device") == device.device)
                & (where("measure") == key)
                & (where("at") >= past.treatment_at)
            )
            if until:
                known &= where("at") <= until
            rows = store.readings.select(known, order_by="at", descending=True, limit=1)
            if rows:
                found[key] = rows[0].value
    return found
