"""Every way of looking a customer up leads to the file that she is shown under; taken apart, both are as they were (SYN-01, SYN-11)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import bookings, checkin, checkout, people
from edge.store import new_rid, now
from salon import records
from salon.rules.times import later


@pytest.fixture
def merged(store):
    """A second file of Ms Wang's, with another phone, an old card and money on it."""
    store.members.add(
        records.Member(
            rid="m-old", surname="王", given_name="丽", phone="13900001111", card_code="OLDCODE", card_uid="04AB12",
            merged_into="m-wang",
        )
    )  # fmt: skip
    store.ledger.add(
        records.LedgerEntry(
            rid="l-old", member="m-old", unit="fen", amount=8_000, reason="top_up", at=now(), store="s001"
        )
    )
    return "m-old"


def test_her_old_phone_card_and_code_find_her(store, merged):
    assert people.known_by(store, "13900001111", "王").rid == "m-wang"
    assert people.with_code(store, "OLDCODE")[0].rid == "m-wang"
    assert people.with_code(store, "04:ab:12")[0].rid == "m-wang"


def test_a_booking_under_the_old_file_is_hers_when_she_comes(store, merged):
    store.appointments.add(
        records.Appointment(
            rid=new_rid(), member=merged, store="s001", services=["facial"], starts_at=now(),
            ends_at=later(now(), minutes=65),
        )
    )  # fmt: skip
    visit = checkin.arrive(store, "kiosk", merged, "card")
    assert (visit.member, visit.services) == ("m-wang", ["facial"])
    assert checkin.arrive(store, "desk", "m-wang", "desk").rid == visit.rid
    assert checkin.current_visit(store, merged).rid == visit.rid


def test_what_is_booked_for_the_old_file_is_written_for_the_leading_one(store, merged):
    day = later(now(), days=1)
    made = bookings.book(store, "desk", merged, day, services=[], therapist="", bed="", needs="")
    assert made.member == "m-wang"


def test_her_money_is_one_sum(store, merged):
    assert checkout.balance(store, "m-wang") == checkout.balance(store, merged) >= 8_000


def test_taken_apart_each_file_leads_to_itself_again(store, merged):
    store.members.edit(merged, merged_into="")
    assert people.with_code(store, "OLDCODE")[0].rid == merged
    assert checkout.balance(store, merged) == 8_000
    assert store.files("m-wang") == ["m-wang"]
