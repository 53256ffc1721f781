"""Before she arrives: who is expected, what to have ready, and the beautician's word that it is (APT-04, SVC-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.store import iso, now
from salon import records


@pytest.fixture
def booked(store, visit):
    """A booking of Ms Wang's with Mei that is under way by the clock, so that the day of the test does not matter."""
    begin = datetime.now(UTC)

    def make(rid="a-1", **fields):
        values = {
            "member": "m-wang", "store": "s001", "services": ["svc-face"], "starts_at": iso(begin), "therapist": "e-mei",
            "ends_at": iso(begin + timedelta(hours=1)), "needs": "想要安静", **fields,
        }  # fmt: skip
        return store.appointments.add(records.Appointment(rid=rid, **values))

    return make


def test_what_to_have_ready_is_listed_before_she_comes_and_confirmed_at_the_bed(mei, store, booked):
    """SVC-12, APT-04: the task is done with it."""
    booked()
    store.add(
        records.FollowUp(
            rid="prep-a-1", member="m-wang", store="s001", rule="prepare", due_at=now(), what="准备"
        )
    )
    home = mei.get("/station").text
    assert "Expected today" in home
    assert "to be prepared" in home
    page = mei.get("/station/booking/a-1").text
    for said in ("Have ready", "Disinfect", "Jasmine tea", "想要安静", "Toner (Alcohol)", "All is ready"):
        assert said in page, said
    for _ in range(2):
        assert mei.post("/station/booking/a-1").status_code == 302
    kept = store.appointments.load("a-1")
    assert kept.prepared_by == "e-mei"
    assert store.follow_ups.load("prep-a-1").state == "done"
    assert "Ready since" in mei.get("/station/booking/a-1").text
    assert store.visits.find("a-1") is None, "nothing of the visit is kept before she comes"


@pytest.mark.parametrize("fields", [{"therapist": "e-fang"}, {"status": "cancelled"}, {"store": "s002"}])
def test_a_booking_of_a_colleague_or_one_that_is_over_is_not_there(mei, store, booked, fields):
    """SEC-01"""
    booked(**fields)
    assert "Expected today" not in mei.get("/station").text
    assert mei.get("/station/booking/a-1").status_code == 404
    assert mei.post("/station/booking/a-1").status_code == 404
    assert store.appointments.load("a-1").prepared_at == ""


def test_a_booking_of_nobody_yet_is_prepared_at_its_bed(mei, booked):
    booked(therapist="", bed="1号床")
    booked("a-2", therapist="", bed="2号床", member="m-li")
    page = mei.get("/station").text
    assert "/station/booking/a-1" in page
    assert "/station/booking/a-2" not in page
