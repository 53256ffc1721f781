"""Who waits for whom (SEC-01): one's own customers, and those nobody has yet; a manager sees all."""

from __future__ import annotations

import pytest

from edge.store import now
from salon import records
from salon.rules.times import later

ELSEWHERE = {"therapist": "e-fang", "bed": "2号床"}


def test_the_station_asks_for_the_bed_first_and_keeps_the_answer(sign_in):
    browser = sign_in("mei", bed="")
    assert b"Which bed is this?" in browser.get("/station").data
    browser.post("/station/bed", data={"bed": "2号床"})
    page = browser.get("/station").get_data(as_text=True)
    assert "2号床" in page
    assert "Which bed" not in page


def test_a_bed_that_this_store_does_not_have_is_not_taken(sign_in):
    browser = sign_in("mei", bed="9号床")
    assert b"Which bed is this?" in browser.get("/station").data


def test_she_sees_her_own_and_whom_nobody_has_at_this_bed(store, mei, add_visit):
    add_visit(store, "v-free", therapist="", bed="", member="m-li")
    page = mei.get("/station/part/waiting").get_data(as_text=True)
    assert page.count("/station/visit/") == 2
    assert "Soothing facial" in page


@pytest.mark.parametrize(
    "fields",
    [
        ELSEWHERE,
        {"therapist": "", "bed": "2号床"},
        {"therapist": "", "bed": "", "arrived_at": "2020-01-01T05:00:00Z"},
        {"therapist": "", "bed": "", "state": "aftercare"},
    ],
    ids=["a colleague's", "of another bed", "of another day", "over"],
)
def test_another_beauticians_visit_does_not_exist_for_her_and_the_try_is_kept(store, mei, add_visit, fields):
    add_visit(store, "v-other", member="m-li", **fields)
    assert "v-other" not in mei.get("/station/part/waiting").get_data(as_text=True)
    for path in ("", "/prepare", "/safety", "/care", "/products", "/finish", "/done", "/measure/before"):
        assert mei.get(f"/station/visit/v-other{path}").status_code == 404
    assert mei.post("/station/visit/v-other/safety").status_code == 404
    assert mei.post("/station/visit/v-other/finish").status_code == 404
    kept = store.refusals()[0]
    assert (kept.code, kept.boundary) == ("not-yours", "http")


def test_a_manager_sees_every_visit(store, sign_in, add_visit):
    add_visit(store, "v-other", member="m-li", **ELSEWHERE)
    assert sign_in("shen").get("/station/visit/v-other/prepare").status_code == 200


def test_an_unknown_visit_is_not_there(mei):
    assert mei.get("/station/visit/v-nobody/prepare").status_code == 404


def test_the_front_desk_has_no_bed_station(sign_in):
    assert sign_in("xu").get("/station").status_code == 403


def test_who_begins_an_unassigned_treatment_has_it_from_then_on(store, mei, sign_in, add_visit):
    add_visit(store, "v-free", therapist="", bed="")
    mei.post("/station/visit/v-free/safety")
    begun = store.visits.load("v-free")
    assert (begun.state, begun.therapist, begun.bed) == ("treatment", "e-mei", "1号床")
    assert sign_in("fang").get("/station/visit/v-free/care").status_code == 404


def test_a_leaver_loses_the_station_at_once(store, mei):
    """SEC-09."""
    store.employees.edit("e-mei", active=False)
    assert mei.get("/station/visit/v-1/care").status_code == 302
    assert mei.post("/station/visit/v-1/safety").status_code == 401


def test_prepare_shows_the_person_the_preparation_and_what_to_keep_away(store, mei):
    """SVC-03, SVC-04, SVC-12, PRF-20."""
    store.visits.add(
        records.Visit(
            rid="v-0", member="m-wang", store="s001", state="closed", services=["svc-face"], therapist="e-fang",
            arrived_at=later(now(), days=-28), closed_at=later(now(), days=-28), next_hint="冷敷多五分钟",
        )
    )  # fmt: skip
    page = mei.get("/station/visit/v-1/prepare").get_data(as_text=True)
    for part in ("Ms Wang", "Jasmine tea", "Disinfect", "冷敷多五分钟", "每月一次舒缓", "Fang"):
        assert part in page
    assert "Toner (Alcohol)" in page
    assert "Cream (" not in page


def test_a_visit_opens_where_it_stands(store, treated):
    assert treated.get("/station/visit/v-1").location.endswith("/care")
    store.visits.edit("v-1", state="feedback")
    assert treated.get("/station/visit/v-1").location.endswith("/finish")


def test_waiting_time_never_shows_below_zero(store, mei, add_visit):
    """A clock that was set back."""
    store.visits.edit("v-1", arrived_at=later(now(), minutes=5))
    assert "waiting 0 min" in mei.get("/station/part/waiting").get_data(as_text=True)


def test_the_room_is_set_by_her_file_and_no_scent_for_who_must_not_have_it(mei, store):
    """SVC-11, SVC-10: an allergy to fragrance outweighs a scent that is written down."""
    store.members.edit("m-wang", scent="Lavender", music="Piano", tags=["喜欢安静"])
    page = mei.get("/station/visit/v-1/prepare").text
    for ready in ("Scent: Lavender", "Music: Piano", "Light: soft", "Keep it quiet"):
        assert ready in page
    store.members.edit("m-wang", allergens=["fragrance"])
    assert "No scent" in mei.get("/station/visit/v-1/prepare").text


def test_the_room_is_as_warm_as_she_likes_it(treated, mei, store):
    """SVC-11, SVC-10: as the house has it, until she says otherwise at the bed."""
    assert "Room: 25 °C" in mei.get("/station/visit/v-1/prepare").text
    treated.post("/station/visit/v-1/mood", data={"wishes": ["warmer"]})
    assert store.members.load("m-wang").warmth == "warm"
    assert "Room: 27 °C, as she likes it" in mei.get("/station/visit/v-1/prepare").text


def test_colours_are_laid_out_for_a_manicure_four_in_large_type(mei, store, add_visit):
    """MEA-12, PRF-19, PRF-06"""
    store.services.add(
        records.Service(
            rid="svc-gel", name="甲油胶", name_en="Gel", category="nails", minutes=60, price_fen=19800
        )
    )
    add_visit(store, "v-2", services=["svc-gel"])
    store.members.edit("m-wang", colours_refused=["nude"], large_type=True)
    page = mei.get("/station/visit/v-2/prepare").text
    shown = page.split("Colours that suit her:", 1)[1].split("</li>", 1)[0]
    assert {colour.strip() for colour in shown.split(",")} == {"Red", "Pink", "Purple"}
    assert "Colours that suit her" not in mei.get("/station/visit/v-1/prepare").text


def test_a_new_customer_is_met_as_the_house_meets_one(mei, store, add_visit):
    """SVC-06"""
    assert "introduce yourself" in mei.get("/station/visit/v-1/prepare").text
    add_visit(store, "v-old", state="closed")
    assert "introduce yourself" not in mei.get("/station/visit/v-1/prepare").text


def test_what_she_may_expect_of_the_team_stands_on_the_first_page_with_its_reason(mei, store):
    """SYN-05"""
    assert "Begin on time, by the manual" in mei.get("/station/visit/v-1/prepare").text
    store.members.edit("m-wang", home_store="s009")
    page = mei.get("/station/visit/v-1/prepare").text
    assert "ask nothing twice" in page
    assert "SYN-05" in page
