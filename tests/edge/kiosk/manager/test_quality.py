"""The weekly sheet of ten items (CMP-10), visits that left the manual (CMP-15), ratings by service and person (CMP-13)."""

from __future__ import annotations

from datetime import date

import pytest

from edge.store import now
from salon import records
from salon.rules.quality import ITEMS

FULL = dict.fromkeys(ITEMS, "8")


def test_a_sheet_of_ten_items_is_kept_once_a_week(manager, store):
    """CMP-10"""
    assert "Score" in manager.get("/manager/quality").text
    manager.post("/manager/quality/e-mei", data={**FULL, "remarks": "Comfort"})
    manager.post("/manager/quality/e-mei", data=dict.fromkeys(ITEMS, "1"))
    (sheet,) = store.quality_sheets.select()
    assert (sum(sheet.scores.values()), sheet.by, sheet.remarks) == (80, "e-shen", "Comfort")
    assert date.fromisoformat(sheet.week).weekday() == 0
    assert "Scored" in manager.get("/manager/quality").text


@pytest.mark.parametrize("wrong", ["", "11", "-1", "x"])
def test_a_sheet_with_a_gap_is_not_kept_and_says_where(manager, store, wrong):
    """CMP-10: a gap is no zero."""
    answer = manager.post("/manager/quality/e-mei", data={**FULL, "comfort": wrong})
    assert answer.status_code == 422
    assert 'aria-describedby="p-comfort"' in answer.text
    assert store.quality_sheets.select() == []


def test_three_weak_months_ask_for_retraining(manager, store):
    """CMP-10"""
    for month in (7, 8, 9):
        store.quality_sheets.add(
            records.QualitySheet(
                rid=f"q-{month}", store="s001", employee="e-mei", week=f"2026-{month:02}-06", scores=dict.fromkeys(ITEMS, 3),
                at=now(),
            )
        )  # fmt: skip
    assert "Retraining" in manager.get("/manager/quality").text


def test_a_visit_that_left_the_manual_is_named_with_what_was_left_out(manager, store, came):
    """CMP-15: by the steps that the service had when she came."""
    store.services.edit(
        "svc-calm",
        steps=[
            records.Step(key="clean", zh="洁面", en="Cleanse"),
            records.Step(key="mask", zh="面膜", en="Mask"),
        ],
    )
    visit = came(0, arrived_at=now(), treatment_at=now())
    store.sop_ticks.add(
        records.SopTick(
            rid="t-1",
            visit=visit.rid,
            member="m-wang",
            service="svc-calm",
            step="clean",
            at=now(),
            by="e-mei",
        )
    )
    page = manager.get("/manager/quality").text
    assert "Not done: Mask" in page
    assert "Comfort was never asked" in page
    assert "王丽" in page


def test_ratings_are_shown_by_service_and_by_person_and_say_when_they_are_too_few(manager, store, came):
    """CMP-13, KPI-13"""
    visit = came(3, therapist="e-mei")
    store.surveys.add(
        records.Survey(
            rid="s-1",
            member="m-wang",
            visit=visit.rid,
            at=now(),
            satisfaction=90,
            service="svc-calm",
            therapist="e-mei",
        )
    )
    page = manager.get("/manager/quality").text
    assert "svc-calm" in page
    assert "Too few to say" in page
    assert 'href="/manager/team/e-mei"' in page
