"""A room is in one booking at a time, as a bed and a person are, and the desk is told which (APT-08)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import bookings
from edge.store import now
from salon.rules.times import later


def test_a_room_that_is_taken_is_refused_in_words(store):
    store.stores.edit("s001", rooms=["兰室", "竹室"])
    begins = later(now(), days=1)
    plain = {"services": [], "therapist": "", "needs": ""}
    made = bookings.book(store, "e-xu", "m-wang", begins, bed="", room="兰室", **plain)
    assert made.room == "兰室"
    with pytest.raises(bookings.BadBooking) as refused:
        bookings.book(store, "e-xu", "m-li", begins, bed="", room="兰室", **plain)
    said = refused.value.fields["room"]
    assert said.zh.startswith("这个房间此时已有预约")
    assert said.en.startswith("This room is booked at that time")
    assert bookings.book(store, "e-xu", "m-li", begins, bed="", room="竹室", **plain).booking == "confirmed"
