"""HQ's copy of the calendars (APT-08)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cloud_sync_server.schema import slots
from tests.cloud_sync_server.wire import MEMBER


def booking(begin, end, how="confirmed", member="m-0001"):
    return {
        "member": member, "store": "s001", "services": {"add": ["facial"]}, "bed": "bed-1", "booking": how,
        "starts_at": f"2026-11-22T{begin}:00.000Z", "ends_at": f"2026-11-22T{end}:00.000Z",
    }  # fmt: skip


def held(hq):
    """Rid -> how many minutes it has."""
    rows = hq.here.database.read(lambda con: con.execute(select(slots)).all())
    return {rid: sum(row.rid == rid for row in rows) for rid in sorted({row.rid for row in rows})}


@pytest.fixture
def pair(hq):
    owner, other = hq.enrol("s001"), hq.enrol("s002")
    owner.write("member", "m-0001", MEMBER)
    owner.write("member", "m-0002", {**MEMBER, "phone": "13800000002"})
    owner.write("appointment", "a-0001", booking("10:00", "11:00"))
    owner.push()
    assert held(hq) == {"a-0001": 60}
    return owner, other


def test_who_lost_slots_to_a_booking_that_its_store_then_refuses_has_them_again(hq, pair):
    """Seed 1409: what an earlier life of the store had confirmed comes from a witness; the store has given the bed to another since."""
    owner, other = pair
    other.write("appointment", "a-0002", booking("10:30", "11:30", member="m-0002"))
    other.push()
    assert held(hq) == {"a-0001": 30, "a-0002": 60}
    owner.write("appointment", "a-0002", {"booking": "conflict"})
    owner.push(4)
    assert held(hq) == {"a-0001": 60}


def test_what_is_somebody_elses_by_then_is_not_given_back(hq, pair):
    owner, other = pair
    other.write("appointment", "a-0002", booking("10:30", "11:30", member="m-0002"))
    other.push()
    owner.write("appointment", "a-0001", {"status": "cancelled"})
    owner.write("appointment", "a-0003", booking("10:00", "10:30"))
    owner.write("appointment", "a-0002", {"booking": "conflict"})
    owner.push(4)
    assert held(hq) == {"a-0003": 30}


def test_a_booking_made_elsewhere_takes_what_is_free_only(hq, pair):
    _, other = pair
    other.write("appointment", "a-0002", booking("10:30", "11:30", "provisional", "m-0002"))
    other.push()
    assert held(hq) == {"a-0001": 60}
