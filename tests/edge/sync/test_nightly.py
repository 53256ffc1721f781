"""The night proves that both sides hold the same, mends what does not agree, and says so at HQ."""

from __future__ import annotations

import json

from sqlalchemy import select, update

from cloud_sync_server.schema import heads, records, reports
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import LedgerEntry
from tests.edge.sync.conftest import member, visit


def entry(rid="l-0001", amount=100, unit="points"):
    return LedgerEntry(rid=rid, member="m-0001", unit=unit, amount=amount, reason="earn",
                       at="2026-11-22T05:26:59.123Z", store="s001")  # fmt: skip


def filled(shop):
    shop.store.members.add(member(allergens=["latex"], tags=["vip"]))
    shop.store.visits.add(visit(services=["facial"]))
    shop.store.ledger.add(entry())
    shop.sync()


def test_two_sides_that_hold_the_same_are_proved_equal_and_reported(shops, hq):
    one, two = shops("s001"), shops("s002")
    filled(one)
    for shop in (one, two):
        night = reconcile(shop.agent)
        assert (night.outcome, night.records, night.differences) == ("equal", 3, 0)
        assert night.last_equal
    rows = hq.here.database.read(lambda con: con.execute(select(reports)).all())
    assert {(row.store, row.outcome) for row in rows} == {("s001", "equal"), ("s002", "equal")}
    assert json.loads(rows[0].body)["ledger"] == {"points": [1, 100]}


def test_what_a_store_lost_without_a_trace_is_found_and_mended(shops):
    one, two = shops("s001"), shops("s002")
    filled(one), two.sync()
    with two.store.connections.transaction() as con:
        con.execute("DELETE FROM ledger")
        con.execute("UPDATE states SET body = replace(body, 'vip', 'xxx') WHERE kind = 'member'")
        con.execute("DELETE FROM states WHERE kind = 'visit'")
        con.execute("DELETE FROM visits")
    night = reconcile(two.agent)
    assert (night.outcome, night.differences) == ("mended", 3)
    assert two.store.members.load("m-0001").tags == ["vip"]
    assert two.store.visits.load("v-0001")
    assert sum(e.amount for e in two.store.ledger.select()) == 100


def test_what_hq_lost_without_a_trace_is_made_anew_from_its_own_log(shops, hq):
    one = shops("s001")
    filled(one)
    hq.here.database.write(lambda con: con.execute(records.delete().where(records.c.kind == "visit")))
    night = reconcile(one.agent)
    assert (night.outcome, night.differences) == ("mended", 1)
    kinds = hq.here.database.read(lambda con: con.execute(select(records.c.kind)).scalars().all())
    assert sorted(kinds) == ["ledger_entry", "member", "visit"]


def test_the_log_is_whole_and_signed_and_any_altered_line_shows(shops, hq):
    """SEC-02, SEC-10."""
    one = shops("s001")
    filled(one)
    reconcile(one.agent)
    assert list(verify(one.store)) == []
    assert hq.here.database.read(lambda con: con.execute(select(heads.c.n)).scalar_one()) == 3
    con = one.store.connections.get()
    for harm in (
        "UPDATE changes SET body = replace(body, '138', '139') WHERE n = 1 AND lane = 'hq'",
        "UPDATE changes SET body = '' WHERE n = 1 AND lane = 'hq'",
        "DELETE FROM changes WHERE n = 2 AND lane = 'hq'",
        "DELETE FROM changes WHERE n = 3 AND lane = 'hq'",
        "DELETE FROM changes WHERE lane = 'store'",
        "UPDATE changes SET n = CASE n WHEN 1 THEN 20 WHEN 2 THEN 1 ELSE n END WHERE lane = 'hq'",
    ):
        con.execute("BEGIN")
        con.execute(harm)
        assert list(verify(one.store)), harm
        con.execute("ROLLBACK")
    assert list(verify(one.store)) == []


def test_a_report_says_when_they_differ_for_good(shops, hq):
    one = shops("s001")
    filled(one)
    hq.here.database.write(
        lambda con: con.execute(update(records).where(records.c.kind == "visit").values(digest=b"x" * 16))
    )
    assert reconcile(one.agent).outcome == "mended"  # HQ's own sum was damaged, not the record
