"""What stands before a treatment: the questionnaire (SAF-01), the contraindications (SAF-02), the patch test (SAF-03)."""

from __future__ import annotations

import pytest
from tinydb import where

from edge.store import now
from salon import records

SAFETY = "/station/visit/v-1/safety"
LATER_PAGES = ("care", "measure/before", "products", "products/p-cream", "finish", "result/before")


def screening(store, **fields):
    store.screenings.add(
        records.Screening(
            **{
                "rid": "q-new",
                "member": "m-wang",
                "taken_at": now(),
                "form": "skin-1",
                "sensitivity": "none",
                **fields,
            }
        )
    )


@pytest.fixture
def without_questionnaire(store):
    """李 has filled in nothing yet, and waits at the same bed."""
    store.visits.edit("v-1", state="cancelled")
    store.visits.add(
        records.Visit(
            rid="v-li", member="m-li", store="s001", state="arrived", services=["svc-face"], therapist="e-mei",
            bed="1号床", arrived_at=now(),
        )
    )  # fmt: skip
    return "/station/visit/v-li"


def test_without_a_questionnaire_the_treatment_is_blocked_with_a_clear_reason(
    store, mei, without_questionnaire
):
    """SAF-01."""
    page = mei.get(f"{without_questionnaire}/safety").get_data(as_text=True)
    assert "The treatment cannot begin yet" in page
    assert "questionnaire" in page
    mei.post(f"{without_questionnaire}/safety")
    assert store.visits.load("v-li").state == "arrived"


def test_a_blocked_page_waits_for_the_questionnaire(mei, without_questionnaire):
    page = mei.get(f"{without_questionnaire}/safety").get_data(as_text=True)
    assert 'data-live="screening" data-reload' in page


def test_an_expired_questionnaire_blocks_as_well(store, mei, without_questionnaire):
    screening(store, member="m-li", taken_at="2020-01-01T00:00:00Z")
    assert "out of date" in mei.get(f"{without_questionnaire}/safety").get_data(as_text=True)


@pytest.mark.parametrize("page", LATER_PAGES)
def test_no_page_of_the_treatment_opens_before_the_safety_check(mei, page):
    answer = mei.get(f"/station/visit/v-1/{page}")
    assert (answer.status_code, answer.location) == (302, SAFETY)


@pytest.mark.parametrize(
    "action", ["care/tick", "care/end", "products", "products/p-cream", "measure/before/scan"]
)
def test_nothing_is_written_before_the_safety_check(store, mei, action):
    mei.post(f"/station/visit/v-1/{action}", data={"product": "p-cream", "batch": "C1"})
    assert (len(store.sop_ticks), len(store.product_uses), store.jobs.latest()) == (0, 0, [])
    assert store.visits.load("v-1").state == "arrived"


def test_contraindications_are_asked_in_each_visit_and_kept_with_who_and_when(store, mei):
    """SAF-02."""
    assert "Has anything changed" in mei.get(SAFETY).get_data(as_text=True)
    answer = mei.post(SAFETY, data={"found": ["pregnant", "not-a-condition"]})
    assert answer.location == "/station/visit/v-1/measure/before"
    visit = store.visits.load("v-1")
    assert visit.state == "treatment"
    assert visit.contraindications_by == "e-mei"
    assert visit.contraindications_at >= visit.arrived_at
    assert visit.contraindications_found == ["pregnant"]


def test_a_condition_against_todays_service_stops_it_and_is_named(store, mei):
    answer = mei.post(SAFETY, data={"found": ["sunburn"]})
    assert answer.location == SAFETY
    page = mei.get(SAFETY).get_data(as_text=True)
    assert "Not today" in page
    assert "Recent sunburn" in page
    assert store.visits.load("v-1").state == "arrived"


def test_who_was_mistaken_asks_again(store, mei):
    mei.post(SAFETY, data={"found": ["sunburn"]})
    mei.post(SAFETY, data={})
    assert store.visits.load("v-1").state == "treatment"


def test_severe_sensitivity_needs_a_patch_test_and_its_result_is_recorded(store, mei):
    """SAF-03."""
    screening(store, sensitivity="severe")
    mei.post(SAFETY)
    assert "First a patch test" in mei.get(SAFETY).get_data(as_text=True)
    assert store.visits.load("v-1").state == "arrived"
    mei.post("/station/visit/v-1/patch-test", data={"result": "good"})
    (tick,) = store.sop_ticks.select(where("step") == "patch-test")
    assert (tick.comfort, tick.by, tick.visit) == ("good", "e-mei", "v-1")
    assert store.visits.load("v-1").state == "treatment"


def test_a_patch_test_that_reacts_keeps_the_treatment_closed(store, mei):
    screening(store, sensitivity="severe")
    mei.post(SAFETY)
    for _ in range(2):
        mei.post("/station/visit/v-1/patch-test", data={"result": "painful"})
    assert len(store.sop_ticks) == 1
    assert store.visits.load("v-1").state == "arrived"


def test_confirming_twice_changes_nothing_more(store, mei):
    mei.post(SAFETY)
    first = store.visits.load("v-1")
    answer = mei.post(SAFETY, data={"found": ["pregnant"]})
    assert answer.location == "/station/visit/v-1"
    assert store.visits.load("v-1") == first


def test_the_page_reads_in_both_languages(mei):
    assert "每次护理前都要询问王女士" in mei.get(f"{SAFETY}?lang=zh", headers={"Cookie": ""}).get_data(
        as_text=True
    )
