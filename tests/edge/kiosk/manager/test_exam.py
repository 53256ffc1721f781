"""Before the exam nobody serves: not offered, not booked, not assigned, and no treatment begins (STF-07)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from edge.kiosk.services import bookings, days, duties, treatment, walkins
from edge.store import iso, now
from salon import policies, records

WHY = "Mei may not serve yet: 15 days of training and the exam first: today is day 1"
NOON = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)


@pytest.fixture
def learner(store):
    """Mei has not passed her exam."""
    return store.employees.edit("e-mei", exam_at="")


@pytest.fixture
def visit(store):
    return store.visits.add(
        records.Visit(rid="v-1", member="m-wang", store="s001", state="arrived", arrived_at=now())
    )


def exam(manager, day):
    return manager.post("/manager/team/e-mei/exam", data={"day": day})


def test_a_learner_is_not_offered_and_the_page_says_why(manager, learner):
    page = manager.get("/desk/bookings?member=m-wang").text
    assert '<option value="e-mei"' not in page
    assert "Mei: 15 days of training and the exam first" in page


def test_she_is_neither_booked_nor_assigned(store, learner, visit):
    plain = {"services": [], "bed": "", "needs": ""}
    begin = iso(NOON + timedelta(days=2))
    with pytest.raises(bookings.BadBooking) as refused:
        bookings.book(store, "e-xu", "m-wang", begin, therapist="e-mei", **plain)
    assert refused.value.fields["therapist"].en == WHY
    made = bookings.book(store, "e-xu", "m-wang", begin, therapist="", **plain)
    with pytest.raises(bookings.BadBooking):
        bookings.change(store, "e-xu", made.rid, begin, therapist="e-mei")
    with pytest.raises(duties.NotOnDuty) as refusal:
        walkins.assign(store, "e-xu", "v-1", therapist="e-mei", bed="", services=[])
    assert refusal.value.said.zh == "员工mei还不能上岗：上岗前须培训 15 天并通过考试，今天是第 1 天"


def test_the_desk_is_told_at_the_visit(signed_in, learner, visit, store):
    answer = signed_in("xu").post("/desk/visit/v-1/assign", data={"therapist": "e-mei"})
    assert WHY in answer.text
    assert store.visits.load("v-1").therapist == ""


def test_no_treatment_of_hers_begins_and_the_bed_says_why(signed_in, store, learner, visit):
    store.visits.edit("v-1", therapist="e-mei")
    store.screenings.add(
        records.Screening(
            rid="q-1",
            member="m-wang",
            taken_at=now(),
            form="skin-1",
            allergens=["alcohol"],
            sensitivity="none",
        )
    )
    station = signed_in("mei")
    assert WHY in station.get("/station/visit/v-1/safety").text
    assert WHY in station.post("/station/visit/v-1/safety", follow_redirects=True).text
    assert store.visits.load("v-1").state == "arrived"
    policy = policies.active([], "s001").policy
    with pytest.raises(duties.NotOnDuty):
        treatment.begin(store, "e-mei", policy, treatment.bundle(store, store.visits.load("v-1")), "1号床")


def test_a_passed_exam_opens_all_of_it(manager, store, learner, visit):
    assert exam(manager, "2025-03-14").status_code == 302
    assert store.employees.load("e-mei").exam_at == "2025-03-14", "she brought it along"
    assert '<option value="e-mei"' in manager.get("/desk/bookings?member=m-wang").text
    walkins.assign(store, "e-xu", "v-1", therapist="e-mei", bed="", services=[])
    assert store.visits.load("v-1").therapist == "e-mei"


def test_the_exam_follows_fifteen_days_of_training_here(manager, store, learner, monkeypatch):
    today = days.day_of(now(), days.zone_name(store))
    for ago, status in ((0, 422), (14, 422), (15, 302)):
        monkeypatch.setattr(duties, "_began", lambda *_, ago=ago: today - timedelta(days=ago))
        answer = exam(manager, today.isoformat())
        assert answer.status_code == status, ago
        if status == 422:
            assert "The exam follows 15 days of training" in answer.text
            assert store.employees.load("e-mei").exam_at == ""
            assert f"today is day {ago + 1}" in manager.get("/manager/team/e-mei").text
    assert store.employees.load("e-mei").exam_at == today.isoformat()


def test_in_the_house_of_the_first_week_she_serves_for_seven_days(store, learner):
    week = policies.load('[training_gate]\nvariant = "first_week"')
    duty = duties.of(store, week, store.employees.load("e-mei"))
    assert duty.allowed, "her file was made today"
    assert "The exam is due by" in duty.explain.said.en


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", date(2199, 1, 1).isoformat()])
def test_an_exam_has_a_real_day_that_is_not_ahead(manager, store, learner, day):
    answer = exam(manager, day)
    assert answer.status_code == 422
    assert "Please give a real day" in answer.text
    assert store.employees.load("e-mei").exam_at == ""


def test_what_is_booked_with_her_already_stays_in_the_calendar(manager, store):
    begin = NOON + timedelta(days=2)
    bookings.book(
        store, "e-xu", "m-wang", iso(begin), services=[], therapist="e-mei", bed="", needs=""
    )  # fmt: skip
    store.employees.edit("e-mei", exam_at="")
    page = manager.get(f"/desk/bookings?day={begin.date().isoformat()}").text
    assert "does not serve" in page
    assert "therapist=e-mei" not in page
