"""What is said once stays said: a store changes no fact of another's, nor what the books have posted; and what cannot be kept is put aside
(SYN-08, SYN-09, SEC-02).
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from cloud_sync_server.schema import accounts, quarantine, records
from cloud_sync_server.vault import row_name
from salon.reconcile import CHAIN_START, chain_text
from tests.cloud_sync_server.wire import MEMBER, VISIT

AT = "2026-11-22T05:26:59.123Z"
ENTRY = {"member": "m-0001", "unit": "fen", "amount": 1_000, "reason": "top_up", "at": AT, "store": "s001"}
SURVEY = {"member": "m-0001", "visit": "v-0001", "at": AT, "satisfaction": 95}
SCREENING = {"member": "m-0001", "taken_at": AT, "form": "1"}
EARLIER_MS = -50_000
"""Of what is written once the earlier stamp stays: so an attacker, or a clock, need only be slow."""


@pytest.fixture
def pair(hq):
    """An entry of s001 is posted; s002 is there."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", MEMBER)
    one.write("ledger_entry", "l-1", ENTRY)
    assert one.push().json["results"] == []
    return one, two


def at_hq(hq, rid):
    """(what the record says, what the books say)."""

    def read(con):
        row = con.execute(select(records).where(records.c.rid == rid)).one()
        ring = hq.here.vault.reading(con, {row.member})
        state = ring.open(row.member, row.body, row_name("records", *row[:3]))
        return state, con.execute(select(accounts.c.balance)).scalar_one()

    return hq.here.database.read(read)


def waiting(hq):
    open_ = select(quarantine.c.rid).where(quarantine.c.state == "open")
    return hq.here.database.read(lambda con: con.execute(open_).scalars().all())


def refused(answer):
    return [one["code"] for one in answer.json["results"]]


@pytest.mark.parametrize("said", [{"amount": 5}, {"unit": "points"}, {"store": "s002"}, {"explain": "mine"}])
def test_an_entry_of_another_store_is_altered_by_nobody(hq, pair, said):
    _, two = pair
    two.write("ledger_entry", "l-1", said, ahead_ms=EARLIER_MS)
    answer = two.push()
    assert refused(answer) == ["foreign_fact"]
    assert answer.json["acked"] == 1
    state, balance = at_hq(hq, "l-1")
    assert {name: state["v"][name] for name in ENTRY} == ENTRY
    assert balance == 1_000
    assert waiting(hq) == ["l-1"]  # for a person to see, not settled by itself


def test_a_stores_own_entry_is_not_posted_once_more_with_another_amount(hq, pair):
    """A card put back to before a sale sells it again, under the same name and by a slow clock: the first stands, a person sees the second."""
    one, _ = pair
    again = type(one)(hq, "s001", "0002", {"key": one.key, "lookup_key": one.lookup_key})
    again.write("ledger_entry", "l-1", ENTRY | {"amount": 700}, ahead_ms=EARLIER_MS)
    assert refused(again.push()) == ["bad_value"]
    again.write("ledger_entry", "l-1", ENTRY, ahead_ms=EARLIER_MS)
    assert refused(again.push(2)) == []  # the same, said again
    state, balance = at_hq(hq, "l-1")
    assert (state["v"]["amount"], balance) == (1_000, 1_000)


@pytest.mark.parametrize("whose", [0, 1])
def test_no_store_takes_a_posted_entry_away(hq, pair, whose):
    store = pair[whose]
    store.write("ledger_entry", "l-1", {}, erase=True)
    assert refused(store.push(len(store.log))) == ["bad_value"]
    state, balance = at_hq(hq, "l-1")
    assert ("x" in state, balance) == (False, 1_000)


def test_what_a_customer_said_of_another_stores_visit_is_not_said_otherwise(hq, pair):
    one, two = pair
    one.write("survey", "su-1", SURVEY)
    assert refused(one.push(3)) == []
    two.write("survey", "su-1", {"satisfaction": 1}, ahead_ms=EARLIER_MS)
    assert refused(two.push()) == ["foreign_fact"]
    assert at_hq(hq, "su-1")[0]["v"]["satisfaction"] == 95


def test_health_data_may_come_later_from_another_store_that_has_it(hq, pair):
    """SEC-07: once the member consents, whoever knows says it."""
    one, two = pair
    one.write("screening", "sc-1", SCREENING)
    assert refused(one.push(3)) == []
    two.write("screening", "sc-1", {"allergens": ["latex"]})
    assert "foreign_fact" not in refused(two.push())


@pytest.mark.parametrize(
    "value", ["1e999", "-1e999", '"\\ud800"', '[[{"\\udfff":1}]]', "[" * 400 + "]" * 400]
)
@pytest.mark.parametrize("name", ["later_field", "drink"])
def test_what_can_be_read_but_not_written_again_holds_up_nothing(hq, pair, value, name):
    """SYN-08: half a surrogate pair, an infinite number, a list without end, in a field that this version knows or does not."""
    one, _ = pair
    one.write("member", "m-0002", MEMBER | {name: 7777})
    one.write("member", "m-0003", MEMBER)
    texts = [
        json.dumps(op, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        .replace("7777", value)
        .encode()
        for op in one.log[2:]
    ]
    h = one.heads[2]
    assert h != CHAIN_START
    for text in texts:
        h = chain_text(h, text)
    around = {**one.message(3), "h": h.hex()}
    del around["ops"]
    body = json.dumps(around).encode()[:-1] + b',"ops":[' + b",".join(texts) + b"]}"
    answer = hq.http.post("/v1/push", data=body, headers=one.headers)
    assert (answer.status_code, answer.json["acked"]) == (200, 4)
    assert refused(answer) == ["bad_value"]
    assert waiting(hq) == ["m-0002"]
    assert at_hq(hq, "m-0003")[0]["v"]["surname"] == MEMBER["surname"]


def test_what_was_put_aside_and_only_names_a_member_goes_with_her(hq, pair):
    """SEC-07: it was never taken in, so no record of hers leads to it."""
    one, _ = pair
    one.write("visit", "v-9", VISIT | {"state": "CANARY"})
    one.write("visit", "v-8", VISIT | {"member": "m-0002", "state": "another's"})
    assert refused(one.push(3)) == ["bad_value", "bad_value"]
    one.write("member", "m-0001", {}, erase=True)
    assert refused(one.push(5)) == []
    rows = hq.here.database.read(
        lambda con: con.execute(select(quarantine.c.rid, quarantine.c.state, quarantine.c.body)).all()
    )
    assert {row.rid: (row.state, bytes(row.body) == b"") for row in rows} == {
        "v-9": ("erased", True),
        "v-8": ("open", False),
    }
