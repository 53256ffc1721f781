"""Beside the steps: services changed, comfort kept, offers answered, the next booking, a hand-over (SVC-09, 10, 13, 15, 16)."""

from __future__ import annotations

import pytest
from tinydb import where

from edge.kiosk.services import finishing
from salon import records

V = "/station/visit/v-1"


@pytest.fixture
def peel(store):
    return store.services.add(
        records.Service(
            rid="svc-peel", name="焕肤", name_en="Peel", category="skin", minutes=30, price_fen=29800,
            contraindications=["pregnancy"],
        )
    )  # fmt: skip


def test_a_service_is_added_with_its_price_and_left_out_again(treated, store, peel):
    """SVC-09"""
    page = treated.get(f"{V}/services").text
    assert "Peel" in page
    assert "¥298.00" in page
    treated.post(f"{V}/services", data={"add": "svc-peel"})
    assert set(store.visits.load("v-1").services) == {"svc-face", "svc-peel"}
    treated.post(f"{V}/services", data={"leave_out": "svc-peel"})
    assert store.visits.load("v-1").services == ["svc-face"]


def test_a_service_that_a_condition_speaks_against_is_not_added(treated, store, peel):
    """SVC-09, SAF-02"""
    store.members.edit("m-wang", contraindications=["pregnancy"])
    answer = treated.post(f"{V}/services", data={"add": "svc-peel"})
    assert answer.status_code == 422
    assert store.visits.load("v-1").services == ["svc-face"]


def test_a_service_added_after_the_care_opens_it_again(treated, store, peel):
    treated.post(f"{V}/care/end")
    assert store.visits.load("v-1").state == "feedback"
    treated.post(f"{V}/services", data={"add": "svc-peel"})
    assert store.visits.load("v-1").state == "treatment"


def test_what_was_begun_and_the_last_service_stay(treated, store, peel):
    assert treated.post(f"{V}/services", data={"leave_out": "svc-face"}).status_code == 422
    treated.post(f"{V}/services", data={"add": "svc-peel"})
    step = {"service": "svc-face", "step": "disinfect", "touches": "0", "comfort": ""}
    treated.post(f"{V}/care/tick", data=step)
    assert treated.post(f"{V}/services", data={"leave_out": "svc-face"}).status_code == 422


def test_her_comfort_is_kept_as_a_preference_and_ready_next_time(treated, store):
    """SVC-10, SVC-12"""
    treated.post(f"{V}/mood", data={"wishes": ["lighter", "piano", "head", "nonsense"]})
    member = store.members.load("m-wang")
    assert (member.pressure, member.music) == ("light", "轻钢琴")
    assert "头部按摩" in member.tags
    assert "轻钢琴" in treated.get(f"{V}/prepare").text


def test_each_answer_to_a_recommendation_is_kept_also_a_no(treated, store):
    """SVC-13"""
    for _ in range(2):
        treated.post(f"{V}/offers", data={"item": "p-cream", "answer": "declined", "why": "检测"})
    (offer,) = store.offers.select()
    assert (offer.item, offer.answer, offer.by, offer.visit) == ("p-cream", "declined", "e-mei", "v-1")
    assert treated.post(f"{V}/offers", data={"item": "p-cream", "answer": "forced"}).status_code == 400
    assert treated.get(f"{V}/offers").status_code == 200


def test_the_next_visit_is_offered_at_free_times_and_booked(treated, store):
    """SVC-15, APT-13, APT-08"""
    page = treated.get(f"{V}/next")
    assert "due again after 28 days" in page.text
    from edge.kiosk.services import offering, treatment

    bundle = treatment.bundle(store, store.visits.load("v-1"))
    slots = offering.slots(store, bundle, finishing.next_visit(store, bundle).day)
    assert len(slots) == offering.SHOWN
    first = slots[0]
    treated.post(f"{V}/next", data={"slot": f"{first.starts_at} {first.bed}"})
    (booking,) = store.appointments.select(where("member") == "m-wang")
    assert (booking.starts_at, booking.therapist, booking.services) == (
        first.starts_at,
        "e-mei",
        ["svc-face"],
    )
    assert "Booked" in treated.get(f"{V}/next").text
    taken = {
        slot.starts_at for slot in offering.slots(store, bundle, finishing.next_visit(store, bundle).day)
    }
    assert first.starts_at not in taken


def test_a_time_that_was_not_offered_is_not_booked(treated, store):
    treated.post(f"{V}/next", data={"slot": "2030-01-01T00:00:00.000Z 1号床"})
    assert store.appointments.select(where("member") == "m-wang") == []


def test_something_is_handed_to_the_manager_as_a_task(treated, store):
    """SVC-16"""
    treated.post(f"{V}/hand-over", data={"role": "manager", "what": "顾客想谈季卡"})
    (task,) = store.follow_ups.select(where("rule") == "hand_over")
    assert (task.role, task.visit, task.what) == ("manager", "v-1", "顾客想谈季卡")


def test_the_survey_is_answered_behind_the_reports_code(treated, app, store):
    """FUP-12"""
    treated.post(f"{V}/care/end")
    treated.post(f"{V}/finish", data={})
    code = store.visits.load("v-1").report_code
    phone = app.test_client()
    assert phone.get(f"/r/{code}/survey").status_code == 200
    assert phone.post(f"/r/{code}/survey", data={}).status_code == 422
    assert phone.post(f"/r/{code}/survey", data={"face": "very_good", "nps": "10"}).status_code == 302
    (kept,) = store.surveys.select()
    assert (kept.satisfaction, kept.nps, kept.visit) == (100, 10, "v-1")
    assert phone.post("/r/guess/survey", data={"face": "bad"}).status_code == 404
