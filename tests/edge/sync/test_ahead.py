"""The next batch is on its way while HQ works on the one before: faster, and nothing lost, doubled or out of order (SYN-02, SYN-09)."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import func, select

from cloud_sync_server.schema import audit, changes, identity
from edge.sync import flight
from edge.sync.nightly import reconcile
from edge.sync.pace import Backoff
from edge.sync.service import Service
from tests.edge.sync.conftest import member

MANY = 450


@pytest.fixture
def full(shops):
    """A store with a day's work to send."""
    shop = shops("s001")
    shop.sync()
    with shop.store.transaction():
        for number in range(MANY):
            shop.store.members.add(member(f"m-{number:04}", drink=f"tea {number}"))
    return shop


def held(hq):
    """(changes, the most of one number, epochs that HQ began because it went back)."""

    def read(con):
        rows = con.execute(select(changes.c.n, func.count()).group_by(changes.c.store, changes.c.n)).all()
        back = con.execute(select(func.count()).where(audit.c.action == "went_back")).scalar_one()
        return len(rows), max(times for _, times in rows), back

    return hq.here.database.read(read)


def whole(shop, hq):
    assert shop.sync().error == ""
    assert shop.store.outbox.count() == 0
    assert held(hq) == (MANY, 1, 0)
    assert reconcile(shop.agent).outcome == "equal"


@pytest.mark.parametrize("lost", range(3))
@pytest.mark.parametrize("after_it_reached_hq", [False, True])
def test_whichever_of_the_batches_is_lost_all_arrive_once(full, hq, lost, after_it_reached_hq):
    send, sent = full.line.handle_request, []

    def lose_one(request):
        if request.url.path == "/v1/push":
            sent.append(request)
            if len(sent) == lost + 1:
                if after_it_reached_hq:
                    full.line._line.handle_request(request)
                raise httpx.ReadTimeout("lost")
        return send(request)

    full.line.handle_request = lose_one
    full.sync()
    whole(full, hq)


def test_a_batch_that_overtakes_the_one_before_it_is_refused_and_sent_again(full, hq):
    send, kept = full.line.handle_request, []

    def swap(request):
        """The first batch is long on its way; the one sent ahead is there before it."""
        if request.url.path == "/v1/push" and not kept:
            kept.append(request)
            raise httpx.ReadTimeout("still on its way")
        return send(request)

    epoch = hq.here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one())
    full.line.handle_request = swap
    full.sync()
    send(kept[0])
    whole(full, hq)
    assert hq.here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one()) == epoch


def test_an_hq_of_before_that_knows_no_batch_sent_ahead_gets_one_after_the_other(full, hq):
    send = full.line.handle_request

    def strict(request):
        if request.url.path == "/v1/push" and b'"held"' in httpx_body(request):
            return httpx.Response(400, json={"code": "malformed", "detail": "held: extra"})
        return send(request)

    full.line.handle_request = strict
    report = full.sync()
    assert (report.error, report.pushed) == ("", MANY)
    whole(full, hq)


def httpx_body(request):
    body = request.read()
    return gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body


def test_by_threads_two_are_on_their_way_and_no_more(full, hq):
    full.agent._flights = flight.threads()
    assert isinstance(full.agent._flights, ThreadPoolExecutor)
    send, now, most, guard = full.line.handle_request, [0], [0], threading.Lock()

    def count(request):
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return send(request)
        finally:
            with guard:
                now[0] -= 1

    full.line.handle_request = count
    report = full.sync()
    assert (report.error, report.pushed) == ("", MANY)
    assert most[0] <= flight.AT_ONCE
    whole(full, hq)


@pytest.fixture
def ordered(full, monkeypatch):
    """Five batches by threads, which HQ gets in their order; `met(message)` is asked for an answer in place of HQ's. Returns what was sent: a list of
    (first number, whether ahead).
    """
    monkeypatch.setattr("edge.sync.pace.STEP", 0)
    full.agent._flights = flight.threads()
    send, changed, done, sent = full.line.handle_request, threading.Condition(), [0], []

    def start(met):
        def handle(request):
            if request.url.path != "/v1/push":
                return send(request)
            message = json.loads(httpx_body(request))
            with changed:
                sent.append((message["n"], "held" in message))
                changed.notify_all()
                answer = met(message)
                if answer is None:
                    assert changed.wait_for(lambda: done[0] >= message["n"] - 1, 10), sent
                    answer = send(request)
                    done[0] += len(message["ops"])
                    changed.notify_all()
            return answer

        full.line.handle_request = handle
        return sent

    full.wait_for_one_after = lambda n: changed.wait_for(lambda: max(sent)[0] > n, 10)
    return start


def test_each_batch_is_sent_before_the_one_before_it_is_answered(full, hq, ordered):
    """All the way, and not only the second."""

    def hold(message):
        assert not message.get("pending") or full.wait_for_one_after(message["n"])

    sent = ordered(hold)
    report = full.sync()
    assert (report.error, report.pushed) == ("", MANY)
    assert sorted(sent) == [(1, False), (101, True), (201, True), (301, True), (401, True)]
    whole(full, hq)


@pytest.mark.parametrize(("code", "goes_on_ahead"), [("busy", True), ("gap", False)])
def test_what_was_sent_ahead_of_a_batch_that_failed_is_forgotten_and_sent_again(
    full, hq, ordered, code, goes_on_ahead
):
    """The third batch is refused while the fourth is on its way; if it says that HQ takes none ahead, the rest goes in turn."""

    def refuse_the_third(message):
        if [n for n, _ in sent].count(message["n"]) > 1:
            return None
        if message["n"] == 201:
            assert full.wait_for_one_after(201)
            return httpx.Response(503, json={"code": code})
        return httpx.Response(409, json={"code": "gap", "acked": 200}) if message["n"] == 301 else None

    sent = ordered(refuse_the_third)
    report = full.sync()
    assert (report.error, report.pushed) == ("", MANY)
    first = [(1, False), (101, True), (201, True), (301, True)]
    assert sorted(sent) == sorted([*first, (201, False), (301, goes_on_ahead), (401, goes_on_ahead)])
    whole(full, hq)


@pytest.fixture
def slow(full, shops, monkeypatch):
    """A new store; HQ asks for time at some of the pages of its snapshot (which pages, what else it says)."""
    full.sync()
    monkeypatch.setattr("edge.sync.agent.PULL_LIMIT", 200)
    new = shops("s002")
    send, new.asked = new.line.handle_request, []

    def make(at, **more):
        def slow(request):
            if request.url.path == "/v1/snapshot":
                new.asked.append(request.url.params.get("after"))
                if len(new.asked) in at:
                    return httpx.Response(429, json={"code": "slow_down"}, **more)
            return send(request)

        new.line.handle_request = slow
        return new

    return make


def test_told_to_slow_down_within_a_snapshot_it_stops_there_and_goes_on_from_there(slow):
    """A step holds nobody up: who waits is the loop, which can be told to stop."""
    new = slow({2, 4})
    first, second, third = new.sync(), new.sync(), new.sync()
    assert [one.error for one in (first, second, third)] == ["slow_down", "slow_down", ""]
    assert [one.reading for one in (first, second, third)] == [True, True, False]
    assert (new.asked[0], new.asked.count("")) == ("", 1)
    assert new.asked[1] == new.asked[2]
    assert new.asked[3] == new.asked[4]
    assert len(new.store.members) == MANY
    assert first.pulled + second.pulled + third.pulled == MANY


def test_a_snapshot_that_broke_off_otherwise_begins_anew(slow):
    new = slow({2})
    new.sync()
    new.line.cut = True
    assert new.sync().error == "unreachable"
    new.line.cut = False
    assert new.sync().error == ""
    assert new.asked.count("") == 2
    assert len(new.store.members) == MANY


def test_a_place_in_a_snapshot_that_hq_does_not_know_is_not_asked_for_again(slow):
    new = slow({2})
    new.sync()
    new.agent._reading = "nowhere"
    assert new.sync().error == "malformed"
    assert new.sync().error == ""
    assert len(new.store.members) == MANY


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "7"}, [7]), ({"Retry-After": "150"}, [60, 60, 30]), ({"Retry-After": "0"}, [1]), ({}, [1]),
    ],
)  # fmt: skip
def test_the_loop_waits_as_long_as_hq_asks_and_the_watchdog_sees_it_turn(slow, monkeypatch, headers, waits):
    new, stop = slow({2}, headers=headers), threading.Event()
    service, seen = Service(new.agent, stop), []
    service._backoff = Backoff(lambda _low, _high: 0.5)
    moments = itertools.count()
    monkeypatch.setattr("edge.sync.service.time.monotonic", lambda: float(next(moments)))

    def wait(seconds):
        seen.append((seconds, service._turned_at))
        if len(seen) == len(waits):
            stop.set()
        return stop.is_set()

    stop.wait = wait
    service.run()
    assert [seconds for seconds, _ in seen] == waits
    assert len({turned for _, turned in seen}) == len(waits)


@pytest.mark.parametrize(("at", "expected"), [({2, 3, 4}, [1.0, 2.0, 4.0]), ({2, 4}, [1.0, 1.0])])
def test_pages_that_came_keep_the_waits_short(slow, at, expected):
    new, stop, ceilings = slow(at), threading.Event(), []
    service = Service(new.agent, stop)
    service._backoff = Backoff(lambda _low, high: ceilings.append(high) or 0.0)
    stop.wait = lambda _seconds: len(ceilings) == len(expected) and stop.set()
    service.run()
    assert ceilings == expected
