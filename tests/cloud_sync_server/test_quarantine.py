"""What was put aside can be tried again when the cause is gone, or put away for good."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from cloud_sync_server import quarantine
from cloud_sync_server.schema import quarantine as table
from tests.cloud_sync_server.wire import MEMBER, VISIT


def replay(hq, n, store="s001"):
    here = hq.here
    return here.database.write(
        lambda con: quarantine.replay(con, here.vault, here.settings, store, "0001", n, "boss")
    )


def test_an_orphan_is_taken_in_once_its_first_change_is_there(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("visit", "v-0001", {"drink": "tea"})
    assert one.push().json["results"][0]["code"] == "orphan"
    one.write("visit", "v-0001", VISIT)
    assert one.push(2).json["results"] == []  # nobody has to ask for it
    assert [item["op"]["n"] for item in two.pull()] == [2, 1]
    row = hq.here.database.read(lambda con: con.execute(select(table)).one())
    assert (row.state, row.decided_by) == ("replayed", "hq")
    assert replay(hq, 1) == "not_open"


def test_the_time_given_to_an_orphan_is_told_again_to_a_store_that_did_not_hear_it(hq):
    """SYN-02 (seed 8618): the answer was lost, the batch comes again, and the orphan may have been taken in meanwhile."""
    one = hq.enrol("s001")
    one.write("visit", "v-0001", {"drink": "tea"}, ahead_ms=3_600_000)
    given = one.push().json["restamped"]
    assert list(given) == ["1"]
    assert one.push().json["restamped"] == given
    one.write("visit", "v-0001", VISIT)
    assert one.push(2).json["results"] == []
    assert one.push(1, 1).json["restamped"] == given


def test_an_orphan_goes_once_it_is_known_to_be_of_somebody_erased(hq):
    """SEC-07 (seed 131): put back from its backup, head office hears an answer to a booking first, then of her erasure, then of the booking."""
    one, two, three = hq.enrol("s001"), hq.enrol("s002"), hq.enrol("s003")
    three.write("member", "m-0001", MEMBER)
    three.push()
    one.write("visit", "v-0001", {"drink": "tea"})
    assert one.push().json["results"][0]["code"] == "orphan"
    three.write("member", "m-0001", {}, erase=True)
    three.push(2)
    two.write("visit", "v-0001", VISIT)
    assert two.push().json["results"][0]["code"] == "erased"
    rows = hq.here.database.read(lambda con: con.execute(select(table).order_by(table.c.store)).all())
    assert [(row.store, row.state, row.body, row.detail) for row in rows] == [
        ("s001", "erased", b"", ""),
        ("s002", "erased", b"", "the member was erased"),
    ]
    assert replay(hq, 1) == "not_open"


def test_what_does_not_fit_of_a_member_erased_before_is_not_kept(hq):
    """SEC-07 (seed 322, refused): her store had not heard of it yet."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    one.push()
    two.bootstrap()
    two.write("member", "m-0001", {}, erase=True)
    two.push()
    one.write("visit", "v-0002", VISIT | {"drink": 7, "result": "CANARY"})
    one.write("visit", "v-0001", {"drink": 7})
    one.write("member", "m-0001", {"drink": 7})
    one.write("member", "m-0002", {"drink": 7})
    assert [said["code"] for said in one.push(3).json["results"]] == ["erased"] * 3 + ["bad_value"]
    rows = hq.here.database.read(lambda con: con.execute(select(table).order_by(table.c.n)).all())
    assert [(row.state, row.body) for row in rows[:3]] == [("erased", b"")] * 3
    assert rows[3].state == "open"


def test_what_its_store_has_said_anew_is_not_asked_for_again(hq):
    """SYN-08: a technician mended it there; half of it is not enough."""
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write("member", "m-0001", {"phone": "x", "drink": "tea"})
    assert [result["code"] for result in store.push().json["results"]] == ["bad_value"]
    store.write("member", "m-0001", {"phone": "13800000009"})
    store.push(3)
    assert hq.here.database.read(quarantine.count) == 1
    store.write("member", "m-0001", {"phone": "13800000008", "drink": "tea"})
    store.push(4)
    row = hq.here.database.read(lambda con: con.execute(select(table)).one())
    assert (row.state, row.decided_by) == ("mended", "s001")


def test_another_store_settles_nothing_for_it(hq):
    store, other = hq.enrol("s001"), hq.enrol("s002")
    store.write("member", "m-0001", {**MEMBER, "phone": "x"})
    store.push()
    other.write("member", "m-0001", MEMBER)
    other.push()
    assert hq.here.database.read(quarantine.count) == 1


def test_what_is_still_wrong_stays_put_aside(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {"phone": "x"})
    store.push()
    assert replay(hq, 1) == "bad_value"
    assert hq.here.database.read(quarantine.count) == 1


def test_what_is_put_away_is_kept_with_who_decided(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {"phone": "x"})
    store.push()
    hq.here.database.write(lambda con: quarantine.discard(con, "s001", "0001", 1, "boss"))
    row = hq.here.database.read(lambda con: con.execute(select(table)).one())
    assert (row.state, row.decided_by) == ("discarded", "boss")
    assert hq.here.database.read(quarantine.count) == 0


def test_what_a_person_mends_is_written_by_hq_and_reaches_its_sender_too(hq):
    """SYN-08."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.bootstrap(), two.bootstrap()
    one.write("member", "m-0001", {**MEMBER, "phone": "x"})
    one.write("member", "m-0001", {"drink": "tea"})
    assert [result["code"] for result in one.push().json["results"]] == ["bad_value", "orphan"]
    here = hq.here

    def mend(text):
        return here.database.write(
            lambda con: quarantine.mend(con, here.vault, here.settings, "s001", "0001", 1, "boss", text)
        )

    assert mend("{") == "malformed"
    assert mend(json.dumps({**MEMBER, "phone": "y"})) == "bad_value"
    assert mend(json.dumps(MEMBER)) == ""
    assert mend(json.dumps(MEMBER)) == "not_open"
    assert here.database.read(quarantine.count) == 0  # the edit that waited for it came along
    assert [item["op"].get("f") for item in two.pull()] == [MEMBER, {"drink": "tea"}]
    assert [item["origin"].partition(".")[0] for item in one.pull()] == ["hq"]


def test_it_cannot_be_read_without_hqs_key(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {"phone": "canary"})
    store.push()
    assert b"canary" not in hq.here.database.read(lambda con: con.execute(select(table.c.body)).scalar_one())


@pytest.mark.parametrize("n", [0, 2])
def test_a_number_that_was_never_put_aside_is_not_open(hq, n):
    hq.enrol("s001")
    assert replay(hq, n) == "not_open"


def test_a_decision_is_made_once(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {"phone": "x"})
    store.push()
    hq.here.database.write(lambda con: con.execute(update(table).values(state="discarded")))
    assert replay(hq, 1) == "not_open"


def test_of_a_set_each_element_has_to_be_said_anew(hq):
    """SYN-08 (seed 416, refused): another element of the same set is another thing."""
    one = hq.enrol("s001")
    one.write("member", "m-0001", MEMBER)
    one.write("member", "m-0001", {"drink": 7, "tags": {"add": ["a", "b"]}})
    one.push()
    one.write("member", "m-0001", {"drink": "tea", "tags": {"add": ["a"]}})
    one.push(3)
    row = select(table.c.state, table.c.decided_by)
    assert hq.here.database.read(lambda con: tuple(con.execute(row).one())) == ("open", "")
    one.write("member", "m-0001", {"drink": "tea", "tags": {"add": ["a", "b"]}})
    one.push(4)
    assert hq.here.database.read(lambda con: tuple(con.execute(row).one())) == ("mended", "s001")
