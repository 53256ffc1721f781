"""A chain in which a store gets whom it knows (`distribution = subscribed`): what a store needs reaches it all the same."""

from __future__ import annotations

import shutil
import threading

import httpx
import pytest

from cloud_sync_server import clock as hq_clock
from cloud_sync_server import distribution
from edge.store import Store, elsewhere
from edge.sync import Agent
from edge.sync.errors import SyncError, Unreachable
from edge.sync.nightly import reconcile
from edge.sync.service import Service
from salon.records import Appointment, LedgerEntry
from tests.edge.sync.conftest import URL, member, visit

PHONE = "13800000001"


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


@pytest.fixture
def a_year_later(monkeypatch, off):
    """Moves the clocks of all to when nobody who has not come since is known any more."""
    source = hq_clock.Source()

    def later():
        off.off_ms += (distribution.SUBSCRIBED_FOR_S + 86_400) * 1_000
        now = source.ms
        monkeypatch.setattr(hq_clock, "source", type("Later", (), {"ms": lambda _: now() + off.off_ms})())

    return later


def money(rid, store, member="m-0001"):
    return LedgerEntry(
        rid=rid, member=member, unit="fen", amount=10_000, reason="top_up", at="2026-11-22T05:00:00.000Z", store=store
    )  # fmt: skip


@pytest.fixture
def lapsed(pair, a_year_later):
    """She came to the second store once, more than a year ago; it kept what it had. Meanwhile the first wrote of her."""
    one, two = pair
    assert two.agent.look_up(PHONE) == ["m-0001"]
    two.store.ledger.add(money("l-0002", "s002"))
    two.sync(), one.sync()
    a_year_later()
    one.store.members.edit("m-0001", drink="tea")
    one.store.ledger.add(money("l-0001", "s001"))
    one.sync(), two.sync()
    assert two.store.members.load("m-0001").drink == ""
    return one, two


def test_nights_are_equal_where_a_store_keeps_money_of_who_has_not_come_for_a_year(lapsed):
    """SYN-09."""
    one, two = lapsed
    two.store.members.add(member("m-0002", home_store="s002"))
    two.store.ledger.add(money("l-0003", "s002", "m-0002"))
    assert nights(one, two) == ["equal", "equal"]
    assert two.store.ledger.find("l-0002")


def test_who_comes_again_after_a_year_is_known_whole_as_soon_as_the_store_writes_of_her(lapsed):
    """SYN-04."""
    one, two = lapsed
    two.store.members.edit("m-0001", music="piano")
    two.sync(), one.sync()
    held = two.store.members.load("m-0001")
    assert (held.drink, held.music) == ("tea", "piano")
    assert two.store.ledger.find("l-0001")
    assert one.store.members.load("m-0001").music == "piano"
    assert nights(one, two) == ["equal", "equal"]


def test_an_erasure_reaches_a_store_that_she_has_not_come_to_for_a_year(lapsed):
    """SEC-07."""
    one, two = lapsed
    one.store.erase("m-0001")
    for shop in (one, two, two, one):
        shop.sync()
    assert two.store.members.find("m-0001") is None
    assert {receipt.store for receipt in one.store.erasure_receipts.select()} == {"s001", "s002"}
    assert nights(one, two) == ["equal", "equal"]


def test_an_erasure_reaches_a_store_of_which_head_office_forgot_that_it_knows_her(pair, hq):
    """SEC-07: head office was put back to before she was looked up there."""
    one, two = pair
    put_back = hq.keep()
    two.agent.look_up(PHONE)
    two.store.members.edit("m-0001", drink="tea")
    two.sync()
    put_back()
    one.store.erase("m-0001")
    one.sync()
    for shop in (two, two, one):
        shop.sync()
    assert nights(one, two) == ["equal", "equal"]
    assert two.store.members.find("m-0001") is None
    assert {receipt.store for receipt in one.store.erasure_receipts.select()} == {"s001", "s002"}


def test_who_is_booked_for_a_day_two_years_from_now_is_known_until_then(pair, a_year_later):
    """APT-08: also where the booking is put off, and a store reads a snapshot only then."""
    one, two = pair
    two.line.cut = True
    one.store.appointments.add(
        Appointment(rid="a-0001", member="m-0001", store="s002", services=["facial"], bed="bed-1", booking="provisional",
                    starts_at="2026-12-01T10:00:00Z", ends_at="2026-12-01T11:00:00Z")
    )  # fmt: skip
    one.sync()
    one.store.appointments.edit("a-0001", starts_at="2029-12-01T10:00:00Z", ends_at="2029-12-01T11:00:00Z")
    one.sync()
    a_year_later()
    one.store.members.edit("m-0001", drink="tea")
    one.sync()
    two.line.cut = False
    two.sync()
    assert two.store.appointments.load("a-0001").starts_at.startswith("2029")
    assert two.store.members.load("m-0001").drink == "tea"


def test_who_was_looked_up_is_there_though_the_answer_was_lost(pair):
    _, two = pair
    two.line.lose_answers = 1
    with pytest.raises(Unreachable):
        two.agent.look_up(PHONE)
    two.sync()
    assert two.store.members.load("m-0001").surname == "王"
    assert two.store.visits.find("v-0001")


def test_who_was_looked_up_is_there_again_when_a_copy_of_the_card_is_put_back(pair, tmp_path):
    _, two = pair
    shutil.copytree(tmp_path / "s002", tmp_path / "copy")
    assert two.agent.look_up(PHONE) == ["m-0001"]
    two.sync()
    two.close()
    shutil.rmtree(tmp_path / "s002")
    shutil.copytree(tmp_path / "copy", tmp_path / "s002")
    two.store = Store.open(tmp_path / "s002")
    two.agent = Agent(two.store, URL, client=httpx.Client(transport=two.line))
    two.sync()
    assert two.store.members.load("m-0001").surname == "王"
    assert two.store.visits.find("v-0001")
