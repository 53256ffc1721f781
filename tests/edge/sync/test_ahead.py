"""The next batch is on its way while HQ works on the one before: faster, and nothing lost, doubled or out of order (SYN-02, SYN-09)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import func, select

from cloud_sync_server.schema import audit, changes, identity
from edge.sync import flight
from edge.sync.nightly import reconcile
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
    import gzip

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


@pytest.mark.parametrize(
    ("wait", "slept"),
    [({"Retry-After": "7"}, 7), ({"Retry-After": "600"}, 20), ({"Retry-After": "0"}, 1), ({}, 1)],
)
def test_told_to_slow_down_within_a_snapshot_it_goes_on_from_there(full, shops, hq, monkeypatch, wait, slept):
    full.sync()
    pauses = []
    monkeypatch.setattr("edge.sync.agent.time.sleep", pauses.append)
    monkeypatch.setattr("edge.sync.agent.PULL_LIMIT", 200)
    new = shops("s002")
    send, asked = new.line.handle_request, []

    def slow(request):
        if request.url.path == "/v1/snapshot":
            asked.append(request.url.params.get("after"))
            if len(asked) == 2:
                return httpx.Response(429, json={"code": "slow_down"}, headers=wait)
        return send(request)

    new.line.handle_request = slow
    assert new.sync().error == ""
    assert asked[0] == ""
    assert asked.count("") == 1
    assert asked[1] == asked[2]
    assert pauses == [slept]
    assert len(new.store.members) == MANY
