"""A steriliser's own cycle is the evidence of disinfecting: one that held long enough, of today, before this care (SAF-07)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from edge.kiosk.services import sop
from edge.store import new_rid, now
from salon import records
from salon.rules.times import later

BEGUN = "2026-11-22T03:00:00.000Z"
STEP = records.Step(key="disinfect", zh="消毒", en="Disinfect", kind="disinfect", evidence="steriliser")


@pytest.fixture
def treatment(store):
    store.devices.add(
        records.Device(rid="d-st", device="steriliser-1", profile="steriliser", name="灭菌器", store="s001")
    )
    service = records.Service(
        rid="svc-x", name="x", name_en="x", category="nails", minutes=60, price_fen=1, steps=[STEP]
    )
    visit = records.Visit(
        rid="v-st", member="m-wang", store="s001", state="treatment", treatment_at=BEGUN, arrived_at=now()
    )
    return SimpleNamespace(visit=visit, services=[service])


def cycle(store, held, hours=-1.0, device="steriliser-1", quality="good"):
    return store.readings.add(
        records.Reading(
            rid=new_rid(),
            device=device,
            measure="cycle_hold",
            value=held,
            unit="min",
            at=later(BEGUN, hours=hours),
            quality=quality,
        )
    )


def proof(store, treatment):
    (state,) = sop.steps(store, treatment)
    return state.proof


def test_the_last_cycle_of_the_day_proves_it(store, treatment):
    cycle(store, 3.5, hours=-5)
    last = cycle(store, 4.0, hours=-1)
    assert proof(store, treatment).rid == last.rid


@pytest.mark.parametrize(
    "what",
    [{"held": 2.9}, {"held": 4.0, "hours": -30}, {"held": 4.0, "hours": 1}, {"held": 4.0, "device": "stranger-1"},
     {"held": 4.0, "quality": "doubtful"}],
)  # fmt: skip
def test_a_cycle_too_short_too_old_too_late_or_of_nobody_proves_nothing(store, treatment, what):
    cycle(store, **what)
    assert proof(store, treatment) is None
