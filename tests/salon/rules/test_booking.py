"""Rules of the calendar (APT)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from salon import policies
from salon.records import Appointment
from salon.rules import booking
from salon.rules.times import instant, text

ZONE = "Asia/Shanghai"


def booked(starts="2026-11-23T06:00:00Z", minutes=60, rid="a-001", **fields):
    values = {
        "rid": rid, "member": "m-wang-li", "store": "s001", "services": ["svc-soothe"], "therapist": "e-chen", "bed": "1号床",
        "starts_at": starts, "ends_at": text(instant(starts) + timedelta(minutes=minutes)),
    }  # fmt: skip
    return Appointment(**(values | fields))


def test_preparation_is_confirmed_an_hour_before_apt_04(policy):
    task = booking.preparation(booked(), policy)
    assert (task.due_at, task.expires_at) == ("2026-11-23T05:00:00.000Z", "2026-11-23T06:00:00Z")
    assert (task.owner, task.rule) == ("e-chen", "prepare")


def test_a_reminder_the_day_before_ten_minutes_early_apt_05(policy):
    found = booking.reminder(booked(), policy)
    assert found.due_at == "2026-11-22T06:00:00.000Z"
    assert found.early_min == 10
    assert "10 min early" in found.explain.said.en
    assert booking.reminder(booked(status="cancelled"), policy) is None


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        ({"therapist": "e-chen", "bed": "2号床", "member": "m-other"}, True),
        ({"therapist": "e-lin", "bed": "1号床", "member": "m-other"}, True),
        ({"therapist": "e-lin", "bed": "2号床"}, True),  # the same customer cannot be in two places
        ({"therapist": "e-lin", "bed": "2号床", "member": "m-other"}, False),
        ({"status": "cancelled"}, False),
        ({"store": "s002"}, False),
        ({"therapist": "", "bed": "", "member": "m-other"}, False),
        ({"starts": "2026-11-23T07:00:00Z"}, False),  # right after
        ({"starts": "2026-11-23T06:59:00Z"}, True),
    ],
)
def test_no_double_booking_of_technician_bed_or_customer_apt_08_apt_06(other, clash):
    assert bool(booking.clashes(booked(), [booked(rid="a-002", **other)])) is clash
    assert booking.clashes(booked(), [booked()]) == []


@pytest.mark.parametrize(
    ("tier", "days", "holds"),
    [("member", 30, True), ("member", 31, False), ("silver", 44, True), ("silver", 45, False), ("gold", 44, True), ("", -1, False)],
)  # fmt: skip
def test_silver_and_above_book_further_ahead_apt_07(policy, now, tier, days, holds):
    found = booking.may_book(tier, date(2026, 11, 22) + timedelta(days=days), now, policy, ZONE)
    assert found.holds is holds
    assert found.explain.policy == policy.version


def test_cancellations_and_no_shows_are_counted_and_ask_for_a_deposit_apt_09_apt_02(policy, now, services):
    rows = [booked(rid=f"a-{n:03}", status=s) for n, s in enumerate(["done", "arrived", "cancelled", "no_show", "no_show"])]  # fmt: skip
    rows += [booked(rid="a-100", status="no_show", member="m-other"), booked(rid="a-101", status="no_show", starts="2024-01-01T00:00:00Z")]  # fmt: skip
    found = booking.attendance(rows, "m-wang-li", policy, now)
    assert (found.kept, found.cancelled, found.missed, found.deposit) == (2, 1, 2, True)
    assert not booking.attendance(rows[:4], "m-wang-li", policy, now).deposit
    half = policies.load("[booking]\ndeposit_share = 0.5")
    assert booking.deposit_fen(services[:1], half) == 19900


def test_express_keeps_the_core_and_always_disinfects_apt_12(service, policy):
    assert booking.express(service, policy) is None  # nothing may be left out of it
    steps = [s.model_copy(update={"core": s.key == "cleanse"}) for s in service.steps]
    found = booking.express(service.model_copy(update={"steps": steps}), policy)
    assert [s.key for s in found.steps] == ["disinfect", "cleanse"]
    assert [s.key for s in found.left_out] == ["mask"]
    assert found.minutes == 10
    slow = service.model_copy(update={"steps": steps, "express_minutes": 40})
    assert booking.express(slow, policy) is None


def test_a_touch_up_slot_is_kept_for_a_returning_traveller_apt_14(policy):
    found = booking.touch_up(date(2026, 12, 30), policy)
    assert (found.first, found.last) == (date(2026, 12, 30), date(2027, 1, 6))


def test_begins_that_leave_no_gap_apt_08():
    """Right behind a booking or right before one, within the opening hours; an empty day has none."""
    opens, closes = "2026-11-23T02:00:00Z", "2026-11-23T09:00:00Z"
    busy = [
        ("2026-11-23T03:00:00Z", "2026-11-23T04:00:00Z"),
        ("2026-11-23T05:00:00Z", "2026-11-23T06:00:00Z"),
    ]

    def found(minutes, busy=busy):
        return [f"{at:%H:%M}" for at in booking.snug(busy, opens, closes, minutes)]

    assert found(60) == ["02:00", "04:00", "06:00"]
    assert found(30) == ["02:30", "04:00", "04:30", "06:00"]
    assert found(90) == ["06:00"], "what does not fit between two bookings is not offered"
    assert found(180) == ["06:00"]
    assert found(181) == [], "nobody stays after closing"
    assert found(60, []) == []


def test_two_bookings_may_meet_at_their_ends():
    early = booked("2026-11-23T05:00:00Z", rid="a-002")
    assert booking.clashes(booked(), [early]) == []
    assert booking.clashes(early, [booked()]) == []
