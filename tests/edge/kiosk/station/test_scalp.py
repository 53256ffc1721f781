"""Hair and scalp looked at again at each visit, with what changed (MEA-14); the occasion of a visit (PRF-11)."""

from __future__ import annotations

import pytest

from salon import records
from salon.rules import scalp

PAGE = "/station/visit/v-1/scalp"
SEEN = {"oil": "3", "flakes": "1", "loss": "0", "redness": "1"}


def looks(store):
    return store.observations.select(order_by="at")


def test_what_is_seen_is_kept_once_with_who_saw_it(treated, store):
    """MEA-14, PRF-08"""
    for _ in range(2):
        treated.post(PAGE, data={**SEEN, "number": "0"})
    (look,) = looks(store)
    assert (look.levels, look.by, look.visit) == (
        {"oil": 3, "flakes": 1, "loss": 0, "redness": 1},
        "e-mei",
        "v-1",
    )


@pytest.mark.parametrize("wrong", ["", "4", "-1", "much"])
def test_a_gap_is_no_zero(treated, store, wrong):
    answer = treated.post(PAGE, data={**SEEN, "flakes": wrong})
    assert answer.status_code == 422
    assert "Please choose one" in answer.text
    assert looks(store) == []


def test_a_slip_is_put_right_by_looking_again_and_counts_once(treated, store):
    treated.post(PAGE, data={**SEEN, "number": "0"})
    treated.post(PAGE, data={**SEEN, "oil": "1", "number": "1"})
    assert len(looks(store)) == 2
    assert [look.levels["oil"] for look in scalp.by_visit(looks(store))] == [1]


def test_over_the_visits_only_more_than_one_level_is_called_a_change(treated, store):
    """MEA-14: two looks at one scalp differ by a level."""
    for n, (oil, flakes) in enumerate(((3, 2), (2, 2))):
        store.observations.add(
            records.Observation(
                rid=f"ob-{n}", visit=f"v-old-{n}", member="m-wang", at=f"2026-0{n + 1}-01T02:00:00Z",
                levels={"oil": oil, "flakes": flakes, "loss": 0, "redness": 0},
            )
        )  # fmt: skip
    treated.post(PAGE, data={**SEEN, "oil": "1", "flakes": "1", "number": "0"})
    page = treated.get(PAGE).text
    assert "Oil: Much → A little, better" in page
    assert "Flakes: Marked → A little, no clear change" in page
    assert page.count('<th scope="row"') == 3


def test_the_measuring_step_of_a_hair_service_leads_there(treated, store):
    care = "/station/visit/v-1/care?skipped=1"
    assert PAGE not in treated.get(care).text
    store.services.edit("svc-face", category="hair")
    assert f'href="{PAGE}"' in treated.get(care).text


def test_what_was_seen_proves_no_step_that_a_device_has_to_prove(treated, store):
    """SVC-07: it is a person's word."""
    treated.post(PAGE, data={**SEEN, "number": "0"})
    page = treated.get("/station/visit/v-1/care?skipped=1").text
    assert "proven by a device" not in page


def test_the_occasion_of_today_is_kept_with_the_visit_and_weighs_in_what_is_recommended(treated, store):
    """PRF-11, SEG-13"""
    store.services.add(
        records.Service(
            rid="svc-wed",
            name="婚礼焕彩",
            name_en="Wedding glow",
            category="skin",
            minutes=60,
            price_fen=1,
            uses=["wedding"],
        )
    )
    assert "Wedding glow" not in treated.get("/station/visit/v-1/offers").text
    treated.post("/station/visit/v-1/mood", data={"occasion": "wedding"})
    assert store.visits.load("v-1").occasion == "wedding"
    offered = treated.get("/station/visit/v-1/offers").text
    assert "Wedding glow" in offered
    assert "For the occasion she named" in offered
    treated.post("/station/visit/v-1/mood", data={"occasion": "nonsense"})
    assert store.visits.load("v-1").occasion == ""
