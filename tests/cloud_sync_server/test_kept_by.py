"""Which documents a store may write: those that name another store as theirs are put aside for a person (decision 9)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from cloud_sync_server import own, quarantine
from cloud_sync_server.schema import quarantine as put_aside
from cloud_sync_server.schema import records
from cloud_sync_server.vault import row_name
from salon.records import kinds
from tests.cloud_sync_server.test_finality import refused
from tests.cloud_sync_server.wire import MEMBER

AT = "2026-11-22T05:26:59.123Z"
EMPLOYEE = {"login": "li", "name": "李", "roles": {"add": ["desk"]}, "store": "s001"}
FIRST = {
    "employee": ("e-0001", EMPLOYEE, {"roles": {"add": ["owner"]}}),
    "device": (
        "d-0001", {"device": "probe-1", "profile": "probe", "name": "探头", "store": "s001"}, {"state": "retired"},
    ),
    "store": ("s001", {"name": "一店", "beds": {"add": ["b1"]}}, {"beds": {"add": ["b2"]}}),
    "suggestion": ("su-0001", {"store": "s001", "by": "e-0001", "at": AT, "problem": "灯太暗", "scene": "二号床", "impact": "看不清", "proposal": "换灯"}, {"state": "declined"}),
    "export_request": (
        "x-0001", {"store": "s001", "by": "e-0001", "at": AT, "purpose": "复核", "columns": ["phone"]}, {"state": "approved"},
    ),
    "policy_text": ("pt-0001", {"scope": "s001", "at": AT, "toml": "", "version": "1"}, None),
}  # fmt: skip
"""Kind -> (rid, first change, an edit): as s001 writes it of itself."""
OPEN = {
    "alert": "two stores make the same one of a member they share",
    "appointment": "booked and moved by any store; the bed's own store answers",
    "care_plan": "of a member, who is served anywhere",
    "complaint": "of a member, who is heard anywhere",
    "follow_up": "of a member, whom any store may call",
    "message": "of a member; her wish to have none counts everywhere",
    "visit": "of a member: refunds, ratings and joined files come from anywhere",
}
"""Kinds of document with a `store` that every store may write, and why."""


def held(hq, rid):
    """What HQ's record says."""

    def read(con):
        row = con.execute(select(records).where(records.c.rid == rid)).one()
        ring = hq.here.vault.reading(con, {row.member})
        return ring.open(row.member, row.body, row_name("records", *row[:3]))["v"]

    return hq.here.database.read(read)


def aside(hq):
    rows = hq.here.database.read(lambda con: con.execute(select(put_aside).order_by(put_aside.c.n)).all())
    return [(row.store, row.kind, row.reason, row.state) for row in rows]


@pytest.fixture
def pair(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    return one, two


def test_every_kind_of_document_that_names_a_store_has_been_decided_on():
    naming = {name for name, cls in kinds().items() if "store" in cls.fields() and not cls.fact}
    kept = {name for name, cls in kinds().items() if cls.kept_by}
    assert kept == FIRST.keys()
    assert naming - kept == OPEN.keys()
    assert all(cls.kept_by == "rid" or cls.kept_by in cls.fields() for cls in kinds().values() if cls.kept_by)


@pytest.mark.parametrize("kind", FIRST)
def test_a_store_writes_its_own_and_another_one_changes_nothing_of_it(pair, hq, kind):
    one, two = pair
    rid, first, edit = FIRST[kind]
    one.write(kind, rid, first)
    if edit:
        one.write(kind, rid, {name: value for name, value in first.items() if name in {"name", "problem"}})
    assert refused(one.push()) == []
    before = held(hq, rid)
    two.write(kind, rid, edit or {"toml": "[bed]"}, ahead_ms=5_000)
    two.write(kind, rid, first, ahead_ms=6_000)
    two.write(kind, rid, {}, ahead_ms=7_000, erase=True)
    assert refused(two.push()) == ["foreign_fact"] * 3
    assert held(hq, rid) == before
    assert aside(hq) == [("s002", kind, "foreign_fact", "open")] * 3


@pytest.mark.parametrize("kind", FIRST)
def test_nor_is_one_made_in_another_stores_name(pair, hq, kind):
    one, two = pair
    rid, first, _ = FIRST[kind]
    two.write(kind, rid, first)
    assert refused(two.push()) == ["foreign_fact"]
    assert one.bootstrap() == []


def test_the_policy_of_the_chain_is_head_offices(pair, hq):
    """Each store takes it up as its own bounds."""
    one, two = pair
    two.write("policy_text", "pt-0001", {"scope": "chain", "at": AT, "toml": "", "version": "1"})
    assert refused(two.push()) == ["foreign_fact"]
    assert one.bootstrap() == []


def test_a_role_given_by_another_store_reaches_nobody(pair, hq):
    one, two = pair
    one.write("employee", "e-0001", EMPLOYEE)
    one.push(), one.bootstrap()
    two.write("employee", "e-0001", {"roles": {"add": ["owner"]}})
    two.push()
    assert one.pull() == []
    assert held(hq, "e-0001")["roles"] == ["desk"]


def test_who_goes_to_another_store_is_that_stores_from_then_on(pair, hq):
    one, two = pair
    one.write("employee", "e-0001", EMPLOYEE)
    one.write("employee", "e-0001", {"store": "s002"})
    one.write("employee", "e-0001", {"active": False})
    assert refused(one.push()) == ["foreign_fact"]
    two.write("employee", "e-0001", {"roles": {"add": ["consultant"]}})
    assert refused(two.push()) == []
    assert held(hq, "e-0001")["roles"] == ["consultant", "desk"]
    assert held(hq, "e-0001").get("active", True)


def test_head_office_writes_all_of_them(pair, hq):
    one, _ = pair
    one.write("employee", "e-0001", EMPLOYEE)
    one.push(), one.bootstrap()
    here, draft = hq.here, own.Draft("employee", "e-0001", {"store": "s002"})
    here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "hq:boss"))
    assert [item["op"]["f"] for item in one.pull()] == [{"store": "s002"}]


def test_a_witness_is_not_asked_about_once_the_store_has_said_it_itself(pair, hq):
    """HQ was put back, and the other store's night came first."""
    one, two = pair
    two.write("employee", "e-0001", EMPLOYEE)
    two.write("employee", "e-0001", {**EMPLOYEE, "roles": {"add": ["owner"]}}, ahead_ms=5_000)
    two.push()
    one.write("employee", "e-0001", EMPLOYEE)
    assert refused(one.push()) == []
    assert aside(hq) == [
        ("s002", "employee", "foreign_fact", "replayed"), ("s002", "employee", "foreign_fact", "open"),
    ]  # fmt: skip


def test_a_person_takes_in_what_only_another_store_still_has(pair, hq):
    one, two = pair
    two.write("employee", "e-0001", EMPLOYEE)
    two.push()
    here, text = hq.here, json.dumps(EMPLOYEE)
    problem = here.database.write(
        lambda con: quarantine.mend(con, here.vault, here.settings, "s002", two.origin.epoch, 1, "boss", text)
    )
    assert problem == ""
    one.bootstrap()
    one.write("employee", "e-0001", {"name_en": "Li"})
    assert refused(one.push()) == []


def test_a_member_is_every_stores(pair, hq):
    """Whoever serves her writes her file; what two wrote at once is listed at head office."""
    one, two = pair
    one.write("member", "m-0001", MEMBER)
    one.push()
    two.write("member", "m-0001", {"drink": "jasmine_tea", "home_store": "s002"})
    assert refused(two.push()) == []
