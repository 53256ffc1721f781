"""Which phase a reading belongs to: before the care, or after it (MEA-02, MEA-03)."""

from __future__ import annotations

import pytest

from edge.sensors import visits
from edge.store import new_rid, now
from salon import records
from tests.edge.sensors.conftest import begin_visit


@pytest.fixture
def tick(store):
    """A facial that cleanses, measures, treats and measures again; ticks a step of it."""
    steps = [("cleanse", "treat"), ("measure", "measure"), ("mask", "treat"), ("again", "measure")]
    store.services.add(
        records.Service(
            rid="svc-face", name="补水", name_en="Hydration", category="skin", minutes=60, price_fen=1,
            steps=[records.Step(key=key, zh=key, en=key, kind=kind) for key, kind in steps],
        )
    )  # fmt: skip
    visit = begin_visit(store)

    def done(step, **fields):
        store.sop_ticks.add(
            records.SopTick(
                rid=new_rid(), visit=visit.rid, member="mem-1", service="svc-face", step=step, at=now(), by="emp-1", **fields
            )
        )  # fmt: skip
        return visits.phase(store, visit)

    return done


def test_cleansing_before_the_first_measurement_does_not_make_it_one_after(tick):
    assert tick("cleanse") == "before"


def test_what_works_on_the_skin_after_it_does(tick):
    tick("cleanse")
    assert tick("mask") == "after"
    assert tick("mask", undone=True) == "before"
