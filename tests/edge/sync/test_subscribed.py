"""A chain in which a store gets whom it knows (`distribution = subscribed`): what a store needs reaches it all the same."""

from __future__ import annotations

import threading

import pytest

from edge.store import elsewhere
from edge.sync.errors import SyncError
from edge.sync.nightly import reconcile
from edge.sync.service import Service
from salon.records import Appointment
from tests.edge.sync.conftest import member, visit


@pytest.fixture
def pair(hq, shops):
    hq.close()
    hq.distribution = "subscribed"
    hq.open()
    one, two = shops("s001"), shops("s002")
    one.sync(), two.sync()
    one.store.members.add(member(home_store="s001"))
    one.store.visits.add(visit(state="closed"))
    one.sync(), two.sync()
    assert two.store.members.find("m-0001") is None
    return one, two


def nights(*shops):
    for shop in shops * 2:
        assert shop.sync().error == ""
    return [reconcile(shop.agent).outcome for shop in shops]


def test_a_booking_reaches_a_store_that_has_never_heard_of_the_customer_and_is_answered(pair):
    """APT-08."""
    one, two = pair
    one.store.appointments.add(
        Appointment(rid="a-0001", member="m-0001", store="s002", services=["facial"], bed="bed-1", booking="provisional",
                    starts_at="2026-12-01T10:00:00Z", ends_at="2026-12-01T11:00:00Z")
    )  # fmt: skip
    for shop in (one, two, two, one):
        shop.sync()
    assert one.store.appointments.load("a-0001").booking == "confirmed"
    assert two.store.members.load("m-0001").surname == "王"
    assert two.store.visits.load("v-0001").state == "closed"
    assert nights(one, two) == ["equal", "equal"]


def test_whom_a_screen_asks_for_is_fetched_with_her_history_and_followed_from_then_on(pair):
    """SYN-04, sync.md 2.6: another store's member comes in."""
    one, two = pair
    stop = threading.Event()
    service = threading.Thread(target=Service(two.agent, stop).run)
    service.start()
    elsewhere.wait(two.store, elsewhere.ask(two.store, "13800000001"))
    stop.set()
    service.join()
    assert two.store.members.load("m-0001").surname == "王"
    assert two.store.visits.load("v-0001").state == "closed"
    one.store.members.edit("m-0001", drink="tea")
    two.store.members.edit("m-0001", music="lute")
    for shop in (one, two, one):
        shop.sync()
    for shop in (one, two):
        known = shop.store.members.load("m-0001")
        assert (known.drink, known.music) == ("tea", "lute")
    assert nights(one, two) == ["equal", "equal"]


def test_a_question_is_asked_once_and_nobodys_number_is_kept(pair):
    two = pair[1]
    for _ in range(elsewhere.MOST + 5):
        elsewhere.ask(two.store, "13999999999")
    two.line.cut = True
    with pytest.raises(SyncError):
        elsewhere.answer(two.store, two.agent.look_up)
    two.line.cut = False
    elsewhere.answer(two.store, two.agent.look_up)
    assert two.store.jobs.count(elsewhere.KIND) == 0
    asked = [str(request.url) for request in two.line.requests if "lookup" in str(request.url)]
    assert len(asked) == elsewhere.MOST - 1  # one fell to the line


def test_who_moves_to_another_store_is_known_there_with_her_history(pair):
    """SYN-04."""
    one, two = pair
    one.store.members.edit("m-0001", home_store="s002")
    for shop in (one, two):
        shop.sync()
    assert two.store.members.load("m-0001").home_store == "s002"
    assert two.store.visits.find("v-0001")
    assert nights(one, two) == ["equal", "equal"]
