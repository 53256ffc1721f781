"""What was put aside can be tried again when the cause is gone, or put away for good."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from cloud_sync_server import ingest, quarantine
from cloud_sync_server.schema import quarantine as table
from cloud_sync_server.schema import records
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
    assert one.push(2).json["results"] == []
    assert replay(hq, 1) == ""
    assert [item["op"]["n"] for item in two.pull()] == [2, 1]
    assert replay(hq, 1) == "not_open"


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


def test_what_a_fast_clock_stamped_is_taken_in_by_itself_when_its_time_has_come(hq, monkeypatch):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER, ahead_ms=3_600_000)
    store.push()
    store.write("member", "m-0002", MEMBER)  # the hybrid clock keeps running from the early stamp
    assert store.push(2).json["results"][0]["code"] == "clock_ahead"
    later = ingest.now_ms() + 3_600_000
    monkeypatch.setattr(quarantine, "now_ms", lambda: later)
    monkeypatch.setattr(ingest, "now_ms", lambda: later)
    store.write("member", "m-0003", MEMBER)
    assert store.push(3).json["results"] == []
    rids = hq.here.database.read(lambda con: con.execute(select(records.c.rid)).scalars().all())
    assert sorted(rids) == ["m-0001", "m-0002", "m-0003"]


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
