"""A push: taken in once, in order, from its own store alone; the poisoned put aside, the forged refused."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from cloud_sync_server.schema import origins, quarantine, records
from tests.cloud_sync_server.wire import MEMBER, VISIT


def rows(hq, table):
    return hq.here.database.read(lambda con: con.execute(select(table)).all())


def test_a_push_is_acknowledged_and_a_second_delivery_changes_nothing(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write("visit", "v-0001", VISIT)
    first = store.push()
    assert (first.status_code, first.json["acked"], first.json["results"]) == (200, 2, [])
    before = [tuple(row) for row in rows(hq, records)]
    again = store.push()
    assert (again.status_code, again.json["acked"]) == (200, 2)
    assert [tuple(row) for row in rows(hq, records)] == before


def test_a_batch_that_overlaps_what_hq_holds_goes_on_from_there(hq):
    store = hq.enrol("s001")
    for drink in ("tea", "water", "coffee"):
        store.write("member", "m-0001", {**MEMBER, "drink": drink})
    assert store.push(1, 2).json["acked"] == 2
    assert store.push(2, 3).json["acked"] == 3


def test_a_gap_is_refused_with_what_hq_holds(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write("member", "m-0001", {"drink": "tea"})
    answer = store.push(2, 2)
    assert (answer.status_code, answer.json["code"], answer.json["acked"]) == (409, "gap", 0)
    assert store.push().json["acked"] == 2


def test_a_cloned_store_is_detected_and_its_origin_frozen(hq):
    """SEC-10: one number with two contents."""
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.push()
    store.log.clear()
    del store.heads[1:]
    store.write("member", "m-0001", {**MEMBER, "surname": "李"})
    store.write("member", "m-0001", {"drink": "tea"})
    for first in (1, 2):
        answer = store.push(first)
        assert (answer.status_code, answer.json["code"]) == (409, "forked")
    assert rows(hq, origins)[0].frozen
    assert rows(hq, origins)[0].acked == 1


def test_a_batch_altered_on_the_way_is_refused_and_nothing_of_it_is_kept(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    message = store.message()
    message["ops"] = [{**message["ops"][0], "f": {**MEMBER, "surname": "赵"}}]
    answer = store.send(message)
    assert (answer.status_code, answer.json["code"]) == (400, "broken_chain")
    assert rows(hq, records) == []
    assert store.push().json["acked"] == 1


def test_a_store_speaks_for_itself_alone(hq):
    store, other = hq.enrol("s001"), hq.enrol("s002")
    store.write("member", "m-0001", MEMBER)
    store.key, store.origin = other.key, store.origin
    assert store.push().status_code == 401  # s002's key under s001's name
    answer = other.send(store.message())
    assert (answer.status_code, answer.json["code"]) == (403, "not_yours")
    assert rows(hq, records) == []


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer s001", "Bearer s001.", "Bearer s001.wrong", "Basic s001.x", "Bearer s009.x"],
)
def test_a_wrong_key_gets_nothing(hq, header):
    store = hq.enrol("s001")
    answer = hq.http.post("/v1/push", json=store.message(), headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "not_allowed")


POISON = {
    "no object": 7,
    "null": None,
    "no number": {"kind": "member"},
    "wrong number": {"n": 9, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1},
    "unknown kind": {"n": 1, "kind": "dragon", "rid": "m-0001", "t": "00000000000a0001", "sv": 1},
    "bad rid": {"n": 1, "kind": "member", "rid": "../x", "t": "00000000000a0001", "sv": 1},
    "bad stamp": {"n": 1, "kind": "member", "rid": "m-0001", "t": "tomorrow", "sv": 1},
    "other store's stamp": {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001-s002.aa", "sv": 1},
    "bad value": {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1, "f": {"phone": "x"}},
    "bad set": {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1, "f": {"tags": ["a"]}},
    "bad consent": {"n": 1, "kind": "consent", "rid": "c-0001", "t": "00000000000a0001", "sv": 1,
                    "f": {"member": "m-0001", "granted": True}},
    "orphan": {"n": 1, "kind": "visit", "rid": "v-0009", "t": "00000000000a0001", "sv": 1, "f": {"drink": "tea"}},
    "half a letter": {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1,
                      "f": {"notes": "\ud800"}},
    "an amount in letters": {"n": 1, "kind": "ledger_entry", "rid": "l-0001", "t": "00000000000a0001", "sv": 1,
                             "f": {"member": "m-0009", "unit": "fen", "amount": "100", "reason": "top_up",
                                   "at": "2026-11-22T05:26:59.123Z"}},
    "an amount without end": {"n": 1, "kind": "ledger_entry", "rid": "l-0001", "t": "00000000000a0001", "sv": 1,
                              "f": {"member": "m-0009", "unit": "fen", "amount": 10**30, "reason": "top_up",
                                    "at": "2026-11-22T05:26:59.123Z"}},
    "an amount beyond the books": {"n": 1, "kind": "ledger_entry", "rid": "l-0001", "t": "00000000000a0001", "sv": 1,
                                   "f": {"member": "m-0009", "unit": "fen", "amount": 2**53 - 1, "reason": "top_up",
                                         "at": "2026-11-22T05:26:59.123Z"}},
    "a nul": {"n": 1, "kind": "dra\0gon", "rid": "m\0", "t": "00000000000a0001", "sv": 1},
    "too large": {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1, "x": "x" * 70_000},
    "deep": {"n": 1, "kind": "member", "rid": "m-0001", "f": json.loads("[" * 300 + "]" * 300)},
}  # fmt: skip


@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_change_first_in_the_queue_is_put_aside_and_the_queue_drains(hq, name):
    store = hq.enrol("s001")
    store.write_raw(POISON[name])
    store.write("member", "m-0001", MEMBER)
    answer = store.push()
    assert (answer.status_code, answer.json["acked"]) == (200, 2)
    assert [result["n"] for result in answer.json["results"]] == [1]
    assert len(rows(hq, quarantine)) == 1
    assert [row.rid for row in rows(hq, records)] == ["m-0001"]
    assert store.push().json["acked"] == 2
    assert len(rows(hq, quarantine)) == 1


def stamp_of(wire):
    return int(wire["t"][:12], 16)


def test_a_store_whose_clock_is_an_hour_fast_gets_true_stamps_in_order(hq):
    """SYN-10: the skew shows in the request; stamps are set right by it, in the order of writing."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    hour = 3_600_000
    for i in range(3):
        one.write("member", f"m-000{i}", MEMBER, ahead_ms=hour)
    message = one.message()
    answer = one.send({**message, "client_now": message["client_now"] + hour, "boot_n": 1}).json
    assert sorted(answer["restamped"]) == ["1", "2", "3"]
    got = [item["op"] for item in two.pull()]
    assert [f"{op['t']}-{one.origin.node}" for op in got] == [answer["restamped"][str(n)] for n in (1, 2, 3)]
    assert all(
        abs(stamp_of(op) + hour - stamp_of(sent)) < 5_000 for op, sent in zip(got, one.log, strict=True)
    )
    again = one.send({**message, "client_now": message["client_now"] + hour, "boot_n": 1}).json
    assert again["restamped"] == answer["restamped"]  # the first answer was lost


def test_a_clock_that_was_years_ahead_and_is_right_now_is_known_by_the_age_of_its_changes(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("member", "m-0001", MEMBER, ahead_ms=10 * 365 * 86_400_000)
    message = one.message()
    answer = one.send({**message, "boot_n": 1, "ages": {"1": 5_000}}).json
    [op] = [item["op"] for item in two.pull()]
    assert list(answer["restamped"]) == ["1"]
    assert abs(stamp_of(op) - (message["client_now"] - 5_000)) < 5_000


def test_a_stamp_of_before_the_restart_that_cannot_be_is_put_between_its_neighbours(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("member", "m-0001", MEMBER)
    one.push()
    late = one.write("member", "m-0002", MEMBER, ahead_ms=10 * 365 * 86_400_000)
    answer = one.push(2).json
    first, second = [item["op"] for item in two.pull()]
    assert list(answer["restamped"]) == ["2"]
    assert stamp_of(first) <= stamp_of(second) < late.stamp.ms


def test_a_field_of_a_later_schema_is_carried_to_the_other_stores(hq):
    store, other = hq.enrol("s001"), hq.enrol("s002")
    other.bootstrap()
    store.write("member", "m-0001", {**MEMBER, "aura": {"colour": "blue"}}, schema=2)
    assert store.push().json["results"] == []
    assert other.pull()[0]["op"]["f"]["aura"] == {"colour": "blue"}


def test_fields_that_may_not_leave_a_store_are_not_taken_in(hq):
    store = hq.enrol("s001")
    employee = {
        "login": "li",
        "name": "李",
        "roles": {"add": ["desk"]},
        "store": "s001",
        "pin_hash": "secret",
    }
    store.write("employee", "e-0001", employee)
    answer = store.push()
    assert answer.json["results"] == [{"n": 1, "code": "dropped", "detail": "pin_hash"}]
    assert b"secret" not in rows(hq, records)[0].body
