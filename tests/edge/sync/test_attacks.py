"""Replays, wrong keys, old lives, foreign facts, altered chains: each refused with a reason, logged, and without any effect."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from sqlalchemy import func, select

from cloud_sync_server import refusals
from cloud_sync_server.schema import accounts, changes, inbox, leases, quarantine, records
from edge.store import Store
from edge.sync import Agent
from salon.reconcile import chain_wire
from salon.records import LedgerEntry
from tests.edge.sync.conftest import URL, member, visit

TABLES = (changes, records, inbox, accounts, leases, quarantine)


def effect(hq):
    """All that a push could leave behind."""

    def read(con):
        counts = [con.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]
        return counts, con.execute(select(accounts)).all(), con.execute(select(records.c.digest)).all()

    return hq.here.database.read(read)


@pytest.fixture
def recorded(shops, hq):
    """A store's day, all its requests on tape."""
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.store.members.add(member())
    one.store.ledger.add(
        LedgerEntry(rid="l-0001", member="m-0001", unit="fen", amount=50_000, reason="top_up",
                    at="2026-11-22T05:26:59.123Z", store="s001")
    )  # fmt: skip
    one.sync()
    one.store.visits.add(visit())
    one.sync()
    one.store.visits.edit("v-0001", state="closed")
    one.sync(), one.sync()
    return one, two, [request for request in one.line.requests if request.method == "POST"]


def send(hq, request, **changed):
    headers = {**request.headers, **changed.get("headers", {})}
    headers.pop("content-length", None)  # of what is sent now, not of what is on the tape
    return httpx.Client(transport=httpx.WSGITransport(hq.app)).send(
        httpx.Request(request.method, request.url, headers=headers, content=changed.get("content", request.content))
    )  # fmt: skip


def pushes(requests):
    return [request for request in requests if request.url.path == "/v1/push"]


def seen_by_head_office(hq, code):
    """Whether the page of what was refused would show it: (store, times)."""
    lines = hq.here.database.read(refusals.latest)
    return [(one.store, one.times) for one in lines if one.code == code]


def altered(request, change):
    packed = request.headers.get("Content-Encoding") == "gzip"
    message = json.loads(gzip.decompress(request.content) if packed else request.content)
    change(message)
    text = json.dumps(message).encode()
    return gzip.compress(text) if packed else text


def test_every_recorded_request_sent_again_three_times_has_no_effect(recorded, hq):
    _, _, requests = recorded
    before = effect(hq)
    assert len(requests) >= 4
    for request in requests * 3:
        assert send(hq, request).status_code == 200
    assert effect(hq) == before


def test_a_wrong_key_is_refused(recorded, hq, caplog):
    _, _, requests = recorded
    before = effect(hq)
    for request in requests:
        answer = send(hq, request, headers={"authorization": "Bearer s001.guessed"})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_allowed")
    assert effect(hq) == before
    assert "not_allowed" in caplog.text
    assert seen_by_head_office(hq, "not_allowed") == [("s001", len(requests))]


def test_a_flood_under_made_up_names_leaves_one_line(recorded, hq):
    _, _, requests = recorded
    for number in range(30):
        send(hq, requests[0], headers={"authorization": f"Bearer x{number:03}.guessed"})
    assert seen_by_head_office(hq, "not_allowed") == [("?", 30)]


def test_a_store_that_speaks_for_another_is_refused(recorded, hq, caplog):
    _, two, requests = recorded
    before = effect(hq)
    theirs = two.line.requests[0].headers["authorization"]
    for request in pushes(requests):
        answer = send(hq, request, headers={"authorization": theirs})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert effect(hq) == before
    assert "not_yours" in caplog.text
    assert seen_by_head_office(hq, "not_yours") == [("s002", len(pushes(requests)))]


@pytest.mark.parametrize("harm", [
    lambda m: m["ops"][0]["f"].update(surname="李"),
    lambda m: m["ops"].reverse(),
    lambda m: m["ops"].pop(),
    lambda m: m.update(h="0" * 32),
])  # fmt: skip
def test_a_batch_that_was_altered_on_the_way_is_refused(recorded, hq, harm, caplog):
    _, _, requests = recorded
    before = effect(hq)
    answer = send(hq, pushes(requests)[0], content=altered(pushes(requests)[0], harm))
    assert (answer.status_code, answer.json()["code"]) == (400, "broken_chain")
    assert effect(hq) == before
    assert "broken_chain" in caplog.text
    assert seen_by_head_office(hq, "broken_chain") == [("s001", 1)]


def test_history_written_anew_with_a_right_chain_freezes_the_origin(recorded, hq, tmp_path, caplog):
    """Who has the key and writes another past: the numbers are taken, HQ holds other links."""
    one, _, requests = recorded
    before = effect(hq)

    def forge(message):
        h = bytes.fromhex(message["prev_h"])
        message["ops"][0]["f"]["surname"] = "李"
        for op in message["ops"]:
            h = chain_wire(h, op)
        message["h"] = h.hex()

    answer = send(hq, pushes(requests)[0], content=altered(pushes(requests)[0], forge))
    assert (answer.status_code, answer.json()["code"]) == (409, "forked")
    assert effect(hq) == before
    assert "forked" in caplog.text
    assert seen_by_head_office(hq, "forked") == [("s001", 1)]
    assert one.sync().recovered  # the true store begins a new life, and loses nothing
    assert one.store.members.load("m-0001").surname == "王"


def test_an_old_life_of_a_store_is_refused_once_a_new_one_began(recorded, hq, caplog):
    one, _, requests = recorded
    one.store.begin_anew([], "test")
    one.store.members.edit("m-0001", drink="tea")
    assert one.sync().error == ""
    before = effect(hq)
    for request in pushes(requests):
        answer = send(hq, request)
        assert (answer.status_code, answer.json()["code"]) == (409, "forked")
    assert effect(hq) == before
    assert "forked" in caplog.text
    assert seen_by_head_office(hq, "forked")[0] == ("s001", len(pushes(requests)))


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda wire: wire | {"t": f"{wire['t']}-s001.0000"}, "foreign_stamp"),
        (lambda wire: wire | {"f": wire["f"] | {"store": "s001"}}, "foreign_fact"),
    ],
)
def test_another_stores_facts_under_its_own_key_are_put_aside(recorded, hq, forge, code):
    """A store may speak of any member, but only as itself: it can put no debt into another store's books."""
    _, two, _ = recorded
    two.sync()
    two.store.ledger.add(
        LedgerEntry(rid="l-0002", member="m-0001", unit="fen", amount=-9_000, reason="refund",
                    at="2026-11-22T05:26:59.123Z", store="s002")
    )  # fmt: skip
    batch = two.store.outbox.unsent()[-1:]
    wire = forge(json.loads(batch[0].text))

    message = two.agent._message(batch).model_dump(mode="json")
    message["ops"] = [wire]
    message["h"] = chain_wire(bytes.fromhex(message["prev_h"]), wire).hex()
    answer = httpx.Client(transport=httpx.WSGITransport(hq.app)).post(
        f"{URL}/v1/push",
        json=message,
        headers={"Authorization": two.line.requests[0].headers["authorization"]},
    )
    assert answer.json()["results"][0]["code"] == code
    read = hq.here.database.read
    assert read(lambda con: con.execute(select(quarantine.c.reason)).scalars().all()) == [code]
    assert read(lambda con: con.execute(select(accounts.c.balance)).scalar_one()) == 50_000


def test_a_copied_key_file_does_not_open_another_store(recorded, hq, tmp_path):
    one, _, _ = recorded
    with Store.create(tmp_path / "thief", "s002") as thief:
        (thief.home / "keys" / "hq.key").write_bytes((one.store.home / "keys" / "hq.key").read_bytes())
        agent = Agent(thief, URL, client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
        assert agent.sync_now().error == "not_allowed"
        agent.close()
