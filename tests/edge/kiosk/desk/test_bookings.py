"""The calendar at the desk: clashes are answered by a person, nothing is booked twice (APT-02, APT-03, APT-06..09, APT-12, APT-14)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from edge.kiosk.services import bookings
from edge.store import iso
from salon import records

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date()


def at(clock, day=TOMORROW):
    """An instant of the store's clock."""
    return iso(datetime.fromisoformat(f"{day}T{clock}+08:00"))


def book(desk, **changed):
    form = {
        "member": "m-wang", "day": TOMORROW.isoformat(), "clock": "14:00", "services": "svc-calm", "therapist": "e-mei",
        "bed": "1号床", "key": "1" * 16, **changed,
    }  # fmt: skip
    return desk.post("/desk/bookings", data=form)


@pytest.fixture
def foreign(store):
    """A booking that another store made in this calendar, as head office would bring it."""

    def made(clock="14:30", **fields):
        values = {
            "member": "m-li", "store": "s001", "services": ["svc-calm"], "therapist": "e-mei", "bed": "1号床",
            "starts_at": at(clock), "ends_at": at("15:30"), "booking": "conflict", **fields,
        }  # fmt: skip
        return store.appointments.add(records.Appointment(rid="a-foreign", **values))

    return made


def test_a_booking_sent_twice_is_one(desk, store):
    """APT-01"""
    assert {book(desk).status_code for _ in range(2)} == {302}
    assert len(store.appointments.select()) == 1


def test_a_clash_says_who_is_there_until_when(desk):
    """APT-08"""
    book(desk)
    answer = book(desk, member="m-li", clock="14:30", bed="2号床", key="2" * 16)
    assert answer.status_code == 422
    assert "This therapist is booked at that time: Ms Wang, 14:00–15:00" in answer.text


def test_a_room_is_chosen_where_the_store_has_some_and_its_clash_is_said(desk, store):
    """APT-08: the same words as for a person and a bed; a booking may change its room."""
    assert 'name="room"' not in desk.get("/desk/bookings?member=m-wang").text
    store.stores.edit("s001", rooms=["安静房", "双人房"])
    assert desk.get("/desk/bookings?member=m-wang").text.count('name="room"') == 1
    book(desk, room="安静房")
    kept = store.appointments.select()[0]
    assert kept.room == "安静房"
    other = {"member": "m-li", "clock": "14:30", "therapist": "", "bed": "2号床", "key": "2" * 16}
    answer = book(desk, room="安静房", **other)
    assert answer.status_code == 422
    assert "This room is booked at that time: Ms Wang, 14:00–15:00" in answer.text
    form = {"day": TOMORROW.isoformat(), "clock": "14:00", "therapist": "e-mei", "bed": "1号床"}
    desk.post(f"/desk/bookings/{kept.rid}/move", data={**form, "room": "双人房"})
    assert store.appointments.load(kept.rid).room == "双人房"
    assert book(desk, room="安静房", **other).status_code == 302


def test_a_room_that_the_store_does_not_have_is_not_booked(desk, store):
    book(desk, room="阁楼")
    assert store.appointments.select()[0].room == ""


def test_she_is_not_booked_twice_at_a_time_herself(desk, store):
    """APT-06"""
    book(desk)
    answer = book(desk, clock="14:30", therapist="", bed="2号床", key="2" * 16)
    assert "She has a booking at 14:00 already" in answer.text
    assert len(store.appointments.select()) == 1


def test_a_foreign_clash_is_shown_until_a_person_has_answered_it(desk, store, foreign):
    """APT-08: never dropped."""
    book(desk)
    foreign()
    for page in ("/desk", "/desk/bookings"):
        text = desk.get(page).text
        assert "clash" in text.casefold(), page
    assert "In the way:" in desk.get("/desk/bookings").text
    day = TOMORROW.isoformat()
    form = {"day": day, "clock": "14:30", "therapist": "e-mei", "bed": "2号床"}
    assert desk.post("/desk/bookings/a-foreign/move", data=form).status_code == 422
    desk.post("/desk/bookings/a-foreign/move", data={**form, "clock": "15:00"})
    answered = store.appointments.load("a-foreign")
    assert (answered.booking, answered.bed) == ("confirmed", "2号床")
    assert bookings.conflicts(store) == []
    clash = book(desk, clock="15:30", bed="", key="3" * 16)
    assert "This therapist is booked at that time" in clash.text, "it now holds its slots"


def test_a_clash_may_be_cancelled_instead(desk, store, foreign):
    """APT-08, APT-09"""
    book(desk)
    foreign()
    desk.post("/desk/bookings/a-foreign/end", data={"how": "cancelled"})
    assert bookings.conflicts(store) == []
    assert store.appointments.load("a-foreign").cancelled_at


def test_a_booking_for_another_store_is_provisional_until_that_store_answers(desk, store):
    """APT-08"""
    store.add(records.Store(rid="s002", name="分店", name_en="Branch"))
    book(desk, store="s002", bed="", therapist="")
    (booking,) = store.appointments.select()
    assert (booking.store, booking.booking) == ("s002", "provisional")
    assert "not confirmed by the other store yet" in desk.get("/desk/bookings").text
    with store.acting("sync"):
        store.appointments.edit(booking.rid, booking="conflict")
    assert "Please call her and offer another one" in desk.get("/desk/bookings").text


def test_the_day_shows_who_is_where_and_free_half_hours_lead_to_the_form(desk):
    """APT-01, APT-08"""
    book(desk)
    page = desk.get(f"/desk/bookings?day={TOMORROW}").text
    assert page.count('class="taken booked" colspan="2"') == 2, "one block for the person, one for the bed"
    assert f"/desk/bookings?day={TOMORROW}&amp;clock=15:00&amp;therapist=e-mei#new" in page
    form = desk.get(f"/desk/bookings?day={TOMORROW}&clock=15:00&therapist=e-mei&member=m-li").text
    assert 'value="15:00"' in form


def test_missed_bookings_are_counted_and_a_deposit_is_asked_taken_and_used(desk, store):
    """APT-02, APT-09"""
    for number in (1, 2):
        past = datetime.now(UTC) - timedelta(days=10 * number)
        store.add(
            records.Appointment(
                rid=f"a-{number}", member="m-wang", store="s001", services=[], starts_at=iso(past), ends_at=iso(past),
                status="no_show",
            )
        )  # fmt: skip
    page = desk.get("/desk/bookings?member=m-wang").text
    assert "2 missed" in page
    assert "a deposit is asked for" in page
    book(desk, deposit="100", payment="cash")
    (booking,) = [b for b in store.appointments.select() if b.status == "booked"]
    assert booking.deposit_fen == 10000
    (bill,) = store.bills.select()
    assert (bill.type, bill.parts) == ("deposit", {"cash": 10000})


def test_a_deposit_goes_off_the_bill_of_its_visit(desk, store, due):
    """APT-02"""
    store.add(
        records.Appointment(
            rid="a-9",
            member="m-wang",
            store="s001",
            services=[],
            starts_at=at("09:00"),
            ends_at=at("10:00"),
            deposit_fen=10000,
        )
    )
    with store.acting("e-xu"):
        store.visits.edit(due.rid, appointment="a-9")
    assert "¥298.00" in desk.get(f"/desk/visit/{due.rid}").text


def test_a_deposit_goes_back_once_when_she_cancels(desk, store):
    """APT-02"""
    book(desk, deposit="100", payment="cash")
    (booking,) = store.appointments.select()
    for _ in range(2):
        desk.post(f"/desk/bookings/{booking.rid}/end", data={"how": "cancelled", "deposit_back": "yes"})
    assert sum(bill.total_fen for bill in store.bills.select()) == 0
    assert len(store.bills.select()) == 2


def test_only_who_has_priority_books_so_far_ahead_unless_the_desk_says_so(desk, store):
    """APT-07"""
    far = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    answer = book(desk, day=far)
    assert answer.status_code == 422
    assert "May book 30 days ahead" in answer.text
    assert book(desk, day=far, anyway="yes").status_code == 302


def test_an_express_booking_is_as_long_as_its_core(desk, store):
    """APT-12"""
    refused = book(desk, express="yes")
    assert "is not offered as an express service" in refused.text
    steps = [
        records.Step(key="core", zh="核心", en="Core", minutes=25),
        records.Step(key="extra", zh="其他", en="Extra", minutes=35, core=False),
    ]
    store.add(
        records.Service(
            rid="svc-quick", name="快", name_en="Quick", category="skin", minutes=60, price_fen=100, steps=steps,
            express_minutes=30,
        )
    )  # fmt: skip
    book(desk, services="svc-quick", express="yes", touch_up="yes", returns=TOMORROW.isoformat())
    (booking,) = store.appointments.select()
    length = datetime.fromisoformat(booking.ends_at) - datetime.fromisoformat(booking.starts_at)
    assert (booking.express, booking.touch_up, length) == (True, True, timedelta(minutes=30))


def test_a_touch_up_slot_is_kept_for_some_days_after_she_is_back(desk, store):
    """APT-14: seven days by the house's rule; the page says which."""
    for typed in ("", "9999-12-31"):
        assert "Please say when she is back" in book(desk, touch_up="yes", returns=typed).text
    early = (TOMORROW - timedelta(days=30)).isoformat()
    answer = book(desk, touch_up="yes", returns=early)
    assert answer.status_code == 422
    assert "days after her return" in answer.text
    assert store.appointments.select() == []
    assert book(desk, touch_up="yes", returns=TOMORROW.isoformat()).status_code == 302
    assert store.appointments.select()[0].touch_up


def test_a_service_is_added_to_a_booking_and_it_lasts_as_long_as_they_do_together(desk, store):
    """APT-06: several services in one booking stay together."""
    book(desk)
    (booking,) = store.appointments.select()
    form = {
        "day": TOMORROW.isoformat(),
        "clock": "14:00",
        "therapist": "e-mei",
        "bed": "1号床",
        "with_services": "yes",
    }
    both = {**form, "services": ["svc-calm", "svc-hand"]}
    assert desk.post(f"/desk/bookings/{booking.rid}/move", data=both).status_code == 302
    (together,) = store.appointments.select()
    assert together.services == ["svc-calm", "svc-hand"]
    assert together.ends_at == at("16:00")
    book(desk, member="m-li", clock="16:00", bed="2号床", key="2" * 16)
    later = {**both, "clock": "14:30"}
    assert desk.post(f"/desk/bookings/{booking.rid}/move", data=later).status_code == 422


def test_how_she_booked_is_kept_and_shown(desk, store):
    """APT-01: by phone, online or at the desk, all in one calendar."""
    book(desk, channel="phone")
    assert store.appointments.select()[0].channel == "phone"
    assert "By phone" in desk.get(f"/desk/bookings?day={TOMORROW}").text
    book(desk, channel="pigeon", clock="17:00", key="2" * 16)
    assert {b.channel for b in store.appointments.select()} == {"phone", "desk"}


def test_times_that_leave_no_gap_are_offered_first(desk, store):
    """APT-08: right before and right after what the therapist has that day."""
    path = f"/desk/bookings?day={TOMORROW}&member=m-wang&therapist=e-mei&services=svc-calm"
    assert "Without a gap" not in desk.get(path).text
    book(desk, member="m-li")
    page = desk.get(path).text.split("Without a gap", 1)[1].split("</p>", 1)[0]
    assert [clock in page for clock in ("13:00", "15:00", "14:00")] == [True, True, False]


def test_what_she_wishes_is_kept_and_a_cancelled_booking_is_made_anew_in_one_touch(desk, store):
    """APT-03"""
    book(desk, needs="不要香氛")
    (booking,) = store.appointments.select()
    desk.post(f"/desk/bookings/{booking.rid}/end", data={"how": "cancelled"})
    page = desk.get(f"/desk/bookings?day={TOMORROW}").text
    assert "不要香氛" in page
    link = unescape(re.search(r'href="(/desk/bookings[^"]*)#new">[^<]*Book anew', page)[1])
    form = desk.get(link).text.partition('id="new"')[2]
    for was in (f'name="day" value="{TOMORROW}"', 'name="clock" value="14:00"', 'value="svc-calm" checked',
                'value="e-mei" selected', "<option selected>1号床", 'value="不要香氛"'):  # fmt: skip
        assert was in form, was
