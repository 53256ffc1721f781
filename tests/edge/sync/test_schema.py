"""Stores are updated one after another: one that is two versions behind goes on as before; an older one keeps its money flowing (sync.md 2.6)."""

from __future__ import annotations

import json

import httpx
import pytest
from sqlalchemy import select

from cloud_sync_server import ingest
from cloud_sync_server.schema import accounts
from edge.sync.nightly import reconcile
from salon.reconcile import chain_wire
from salon.records import SCHEMA_VERSION, LedgerEntry
from tests.edge.sync.conftest import URL, member, visit

VERSION_1 = {
    "member": {"surname", "given_name", "phone", "tags", "drink", "home_store", "joined_at", "allergens"},
    "visit": {"member", "store", "state", "services", "arrived_at", "drink"},
}
"""Fields of the first version, as far as these tests write them."""


def down_converted(op):
    """A change as version 1 wrote it: made from today's by leaving out what came later, as no log of that time is at hand."""
    return op | {
        "sv": 1,
        "f": {name: value for name, value in op["f"].items() if name in VERSION_1[op["kind"]]},
    }


def push(hq, shop, convert):
    """Send what waits in a store as another version would."""
    batch = shop.store.outbox.unsent()
    message = shop.agent._message(batch).model_dump(mode="json")
    ops = [convert(json.loads(change.text)) for change in batch]
    h = bytes.fromhex(message["prev_h"])
    for op in ops:
        h = chain_wire(h, op)
    key = (shop.store.home / "keys" / "hq.key").read_text()
    answer = httpx.Client(transport=httpx.WSGITransport(hq.app)).post(
        f"{URL}/v1/push",
        json=message | {"ops": ops, "h": h.hex()},
        headers={"Authorization": f"Bearer {shop.store.store_id}.{key}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def pair(shops):
    one, two = shops("s001"), shops("s002")
    two.sync()
    return one, two


def test_a_change_of_the_first_version_is_taken_in_and_reaches_a_store_of_this_one(pair, hq):
    one, two = pair
    one.store.members.add(member(tags=["vip"], drink="tea"))
    one.store.visits.add(visit())
    answer = push(hq, one, down_converted)
    assert (answer["acked"], answer["results"]) == (2, [])
    two.sync()
    assert two.store.members.load("m-0001").tags == ["vip"]
    assert two.store.visits.load("v-0001").arrived_at == visit().arrived_at
    assert reconcile(two.agent).outcome == "equal"


def test_head_office_two_versions_ahead_takes_all_and_what_it_knows_more_is_carried(pair, hq, monkeypatch):
    """What a later version wrote goes through a store that does not know it, and comes out whole."""
    monkeypatch.setattr(ingest, "SCHEMA_VERSION", SCHEMA_VERSION + 2)
    one, two = pair
    one.store.members.add(member())
    assert one.sync().refused == 0
    two.sync()
    two.store.members.edit("m-0001", drink="tea")
    later = push(hq, two, lambda op: op | {"sv": SCHEMA_VERSION + 2, "f": op["f"] | {"zodiac": "ox"}})
    assert later["results"] == []
    one.sync()
    assert one.store.members.load("m-0001").drink == "tea"
    kept = one.store.connections.get().execute("SELECT body FROM states WHERE rid = 'm-0001'").get
    assert '"zodiac":"ox"' in kept
    one.store.members.edit("m-0001", drink="water")
    assert one.sync().refused == 0
    assert reconcile(one.agent).outcome == "equal"


def test_a_store_older_than_that_waits_with_its_documents_and_not_with_its_money(pair, hq, monkeypatch):
    monkeypatch.setattr(ingest, "SCHEMA_VERSION", SCHEMA_VERSION + 3)
    one, _ = pair
    one.store.members.add(member())
    one.store.ledger.add(
        LedgerEntry(rid="l-0001", member="m-0001", unit="fen", amount=5_000, reason="top_up",
                    at="2026-11-22T05:26:59.123Z", store="s001")
    )  # fmt: skip
    report = one.sync()
    assert (report.error, report.pending, report.refused) == ("", 0, 1)
    assert hq.here.database.read(lambda con: con.execute(select(accounts.c.balance)).scalar_one()) == 5_000
    [refusal] = [one for one in one.store.refusals() if one.code == "old_schema"]
    assert json.loads(refusal.raw)["op"]["f"]["surname"] == "王"  # to be sent again after the update
