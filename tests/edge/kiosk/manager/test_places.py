"""The manager's page of beds and rooms: what is new, renamed and given up, and what is then still booked there (APT-08)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.kiosk.services import bookings, calendar, places
from edge.store import iso
from salon import records

NOW = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)


@pytest.fixture
def booked(store):
    """At noon in Shanghai, in two days, on the first bed and in the quiet room."""
    store.stores.edit("s001", rooms=["安静房"])
    begin = NOW + timedelta(days=2)
    return store.appointments.add(
        records.Appointment(
            rid="b-1", member="m-wang", store="s001", services=[], starts_at=iso(begin), ends_at=iso(begin + timedelta(hours=1)),
            bed="1号床", room="安静房", booking="confirmed",
        )
    )  # fmt: skip


def change(manager, old, kind="bed", **form):
    return manager.post("/manager/places/change", data={"kind": kind, "old": old, **form})


def test_a_bed_and_a_room_are_added_and_offered_at_once(manager, store):
    for kind, name in (("bed", "3号床"), ("room", "安静房")):
        assert manager.post("/manager/places", data={"kind": kind, "name": f" {name} "}).status_code == 302
    assert store.stores.load("s001").beds == ["1号床", "2号床", "3号床"]
    page = manager.get("/desk/bookings?member=m-wang").text
    assert "<option>3号床</option>" in page
    assert "<option>安静房</option>" in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Please give a name"),
        ("床" * 21, "Please give a name"),
        ("1号床", "There is one of this name already"),
        ("前台", "the front desk&#39;s own name"),
    ],
)
def test_a_name_that_cannot_be_kept_says_why_and_stays_in_the_field(manager, store, name, said):
    answer = manager.post("/manager/places", data={"kind": "room", "name": name})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{name}"' in answer.text
    assert store.stores.load("s001").rooms == []


def test_a_new_name_goes_to_what_lies_ahead_and_to_the_devices_there(manager, store, booked):
    store.devices.add(
        records.Device(rid="d-1", device="bed-1", profile="bed", name="床", place="1号床", store="s001")
    )
    assert change(manager, "1号床", name="窗边床").status_code == 302
    assert store.appointments.load(booked.rid).bed == "窗边床"
    assert store.devices.load("d-1").place == "窗边床"
    assert sorted(store.stores.load("s001").beds) == ["2号床", "窗边床"]
    assert change(manager, "1号床", name="又一张").status_code == 422, "there is none of that name any more"


def test_a_bed_that_is_given_up_takes_no_new_booking_and_shows_what_is_to_be_moved(manager, store, booked):
    assert change(manager, "1号床", give_up="yes").status_code == 302
    assert store.stores.load("s001").beds == ["2号床"]
    assert store.appointments.load(booked.rid).bed == "1号床", "a person moves it, nobody else"
    for page in ("/manager/places", "/desk/bookings"):
        text = manager.get(page).text
        assert "1号床 is no longer used" in text
        assert "1 booking has to be moved" in text
    begin = iso(NOW + timedelta(days=3))
    with pytest.raises(bookings.BadBooking) as refused:
        bookings.book(store, "e-shen", "m-li", begin, services=[], therapist="", bed="1号床", needs="")
    assert "1号床 is no longer used" in refused.value.fields["bed"].en
    bookings.change(store, "e-shen", booked.rid, booked.starts_at, bed="2号床")
    assert "no longer used" not in manager.get("/manager/places").text


def test_a_booking_on_a_bed_that_is_given_up_is_not_only_moved_in_time(manager, store, booked):
    change(manager, "1号床", give_up="yes")
    later = iso(NOW + timedelta(days=4))
    with pytest.raises(bookings.BadBooking):
        bookings.change(store, "e-shen", booked.rid, later)


def test_a_bed_with_a_customer_on_it_is_not_given_up(manager, store):
    store.visits.add(
        records.Visit(
            rid="v-1", member="m-wang", store="s001", state="treatment", bed="1号床", arrived_at=iso(NOW)
        )
    )
    answer = change(manager, "1号床", give_up="yes")
    assert answer.status_code == 422
    assert "A customer is at this bed now" in answer.text
    assert "1号床" in store.stores.load("s001").beds


def test_the_calendar_has_a_row_for_each_room_and_keeps_those_given_up_while_booked(manager, store, booked):
    day = bookings.days.day_of(booked.starts_at, "Asia/Shanghai")
    rows = calendar.of(store, day, [], places.names(store, "bed"), places.names(store, "room")).rows
    assert [(row.kind, row.key) for row in rows] == [("bed", "1号床"), ("bed", "2号床"), ("room", "安静房")]
    assert [cell.booking.rid for cell in rows[2].cells if cell.booking] == ["b-1"]
    page = manager.get(f"/desk/bookings?day={day}").text
    assert "room=%E5%AE%89%E9%9D%99%E6%88%BF" in page, "a free half hour of the room is a door to a booking"
    change(manager, "安静房", kind="room", give_up="yes")
    rows = calendar.of(store, day, [], [], places.names(store, "room")).rows
    assert [(row.key, row.in_use) for row in rows if row.kind == "room"] == [("安静房", False)]
    page = manager.get(f"/desk/bookings?day={day}").text
    assert "no longer used" in page
    assert "room=%E5%AE%89%E9%9D%99%E6%88%BF" not in page


def test_a_screen_at_a_bed_stays_there_when_another_bed_is_given_up(signed_in, manager, store):
    station = signed_in("mei")
    station.post("/station/bed", data={"bed": "2号床"})
    change(manager, "1号床", give_up="yes")
    assert "2号床" in station.get("/station").text
    change(manager, "2号床", name="窗边床")
    assert 'name="bed"' in station.get("/station").text, "it asks once more where it stands"


def test_only_the_manager_may(signed_in):
    assert signed_in("xu").get("/manager/places").status_code == 403
