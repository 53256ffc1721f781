"""How much at once, and how much of one store: order is kept, and nobody takes HQ for itself."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from cloud_sync_server import refusals
from cloud_sync_server.api.pressure import CREDIT_S, REFILL, Pressure
from cloud_sync_server.errors import Busy, OneAtATime, SlowDown
from cloud_sync_server.schema import audit, identity
from cloud_sync_server.setback import ACTION, MOST_A_DAY
from tests.cloud_sync_server.wire import MEMBER


class Hand:
    """A clock set by hand."""

    def __init__(self):
        self.s = 0.0

    def __call__(self):
        return self.s


def test_a_store_may_send_one_push_ahead_and_nothing_else():
    pressure = Pressure(8)
    with pressure.slot("s001", ahead=True):
        with pytest.raises(OneAtATime), pressure.slot("s001"):
            pass
        with pressure.slot("s001", ahead=True), pytest.raises(OneAtATime), pressure.slot("s001", ahead=True):
            pass
        with pressure.slot("s002"):
            pass
    with pressure.slot("s001"):
        pass


def test_a_crowd_that_is_turned_away_does_not_come_back_as_one():
    pressure, waits = Pressure(1), set()
    with pressure.slot("s001"):
        for _ in range(50):
            with pytest.raises(Busy) as refused, pressure.slot("s002"):
                pass
            waits.add(refused.value.retry_after_s)
    assert len(waits) > 3
    assert min(waits) >= 1


def test_what_came_first_is_worked_on_first_however_long_it_is_read():
    pressure, order, came = Pressure(8), [], threading.Event()
    first_may_go = threading.Event()

    def first():
        with pressure.slot("s001", ahead=True) as turn:
            came.set()
            first_may_go.wait(10)
            with turn:
                order.append("first")

    def second():
        with pressure.slot("s001", ahead=True) as turn, turn:
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert came.wait(10)
    threads[1].start()
    threads[1].join(0.05)
    first_may_go.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]


def test_one_that_gives_up_while_it_is_read_lets_the_next_go():
    pressure = Pressure(8)
    with pytest.raises(ValueError, match="no JSON"), pressure.slot("s001", ahead=True):
        raise ValueError("no JSON")
    with pressure.slot("s001", ahead=True) as turn, turn:
        pass


def test_who_takes_more_than_its_share_is_told_when_to_come_back_and_the_others_are_not_held_up():
    clock = Hand()
    pressure = Pressure(8, clock)
    pressure.used("s001", CREDIT_S + 5)
    with pytest.raises(SlowDown) as told, pressure.slot("s001"):
        pass
    assert told.value.retry_after_s == 51
    with pressure.slot("s002"):
        pass
    clock.s += told.value.retry_after_s
    with pressure.slot("s001"):
        pass
    clock.s += 10 * CREDIT_S / REFILL
    pressure.used("s001", CREDIT_S)  # no more than this was saved up meanwhile
    pressure.used("s001", 1)
    with pytest.raises(SlowDown), pressure.slot("s001"):
        pass


def test_a_store_that_reads_its_snapshot_without_end_is_slowed_down_where_head_office_sees_it(hq):
    """SEC-02: an authenticated store, and a hostile one."""
    store, other = hq.enrol("s001"), hq.enrol("s002")
    assert store.get("/snapshot").status_code == 200
    hq.here.pressure.used("s001", CREDIT_S + 1)
    answer = store.get("/snapshot")
    assert (answer.status_code, answer.json["code"]) == (429, "slow_down")
    assert int(answer.headers["Retry-After"]) >= 1
    assert other.get("/snapshot").status_code == 200
    [seen] = hq.here.database.read(refusals.latest)
    assert (seen.store, seen.code) == ("s001", "slow_down")


def test_a_store_cannot_have_the_whole_chain_read_snapshots_by_saying_that_hq_went_back(hq):
    """Each such word makes a new epoch of HQ, by which every store's cursor ends (SEC-02, SYN-11)."""
    store, other = hq.enrol("s001"), hq.enrol("s002")
    other.bootstrap()

    def epoch():
        return hq.here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one())

    answers = [
        store.get("/pull", cursor="x", epoch=f"a{life:05}", written=life, pending=0)
        for life in range(1, MOST_A_DAY + 4)
    ]
    assert [one.json["code"] for one in answers] == ["gap"] * MOST_A_DAY + ["slow_down"] * 3
    assert answers[-1].status_code == 429
    before = epoch()
    store.get("/pull", cursor="x", epoch="b00001", written=9, pending=0)
    assert epoch() == before
    other.write("member", "m-0001", MEMBER)
    assert other.push().json["acked"] == 1
    told = select(audit.c.actor).where(audit.c.action == ACTION)
    assert hq.here.database.read(lambda con: con.execute(told).scalars().all()) == ["s001"] * MOST_A_DAY


def test_a_batch_that_was_sent_ahead_and_came_too_early_says_nothing_of_a_lost_disk(hq):
    """SYN-11: only what was acknowledged, and is not here, was lost."""
    store = hq.enrol("s001")
    for number in range(3):
        store.write("member", f"m-000{number}", MEMBER)
    store.push(1, 1)

    def epoch():
        return hq.here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one())

    before = epoch()
    answer = store.push(3, 3, held=1)
    assert (answer.status_code, answer.json["code"], answer.json["acked"]) == (409, "gap", 1)
    assert epoch() == before
    assert store.push(2, 3).json["acked"] == 3
    store.write("member", "m-0009", MEMBER)
    store.write("member", "m-0010", MEMBER)
    store.push(5, 5, held=4)
    assert epoch() != before
