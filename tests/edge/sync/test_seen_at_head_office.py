"""What stores did stands on head office's pages: each store's night, and who has not answered an erasure yet."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner

from cloud_sync_server import users
from cloud_sync_server.clock import later
from cloud_sync_server.schema import conflicts
from edge.sync.nightly import reconcile
from parlour.cli import app as command
from salon.records import LedgerEntry
from tests.edge.sync.conftest import member

AT = "2026-11-22T05:26:59.123Z"


@pytest.fixture
def pair(shops):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member())
    for amount, unit in ((120_000, "fen"), (350, "points")):
        one.store.ledger.add(
            LedgerEntry(rid=f"l-{unit}", member="m-0001", unit=unit, amount=amount, reason="top_up", at=AT, store="s001")
        )  # fmt: skip
    one.sync(), two.sync()
    return one, two


@pytest.fixture
def page(hq):
    hq.here.database.write(lambda con: users.create(con, "boss", "a long enough password", "owner", "test"))
    http = hq.app.test_client()
    http.post("/sign-in", data={"login": "boss", "password": "a long enough password", "next": "/"})

    def read(path):
        answer = http.get(path, query_string={"lang": "en"})
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))

    return read


def test_each_stores_night_with_its_counts_its_sums_and_when_it_was_last_equal(pair, page):
    assert "s001" not in page("/nights")
    assert reconcile(pair[0].agent).outcome == "equal"
    said = page("/nights")
    assert re.search(
        r"s001 Equal 0 0 just now just now 3 / 3 Stored value ¥1,200\.00 1 entries Points 350 1 entries ",
        said,
    ), said
    assert "s002" not in said


def test_the_night_lets_go_of_what_gave_way_more_than_thirty_days_ago(pair, hq):
    row = {"member": "m-0001", "kind": "member", "rid": "m-0001", "field": "phone", "winner": "", "body": b""}
    kept = [{**row, "stamp": str(days), "at": later(-days * 86_400)} for days in (29, 31)]
    hq.here.database.write(lambda con: con.execute(insert(conflicts), kept))
    reconcile(pair[0].agent)
    assert hq.here.database.read(lambda con: con.execute(select(conflicts.c.stamp)).scalars().all()) == ["29"]


def test_a_store_without_a_line_is_listed_until_it_has_erased_too(pair, page):
    """SEC-07."""
    one, two = pair
    two.line.cut = True
    one.store.erase("m-0001")
    one.sync(), one.sync()
    said = page("/erasures")
    assert "m-0001" in said
    waiting = said.partition("m-0001")[2]
    assert "s002" in waiting
    assert "s001" not in waiting
    two.line.cut = False
    for shop in (two, two, one):
        shop.sync()
    assert "s002" not in page("/erasures").partition("m-0001")[2]


@pytest.fixture
def subscribed(hq):
    hq.close()
    hq.distribution = "subscribed"
    hq.open()


def test_a_store_that_never_knew_her_has_nothing_to_answer(subscribed, pair, page):
    """SEC-07: in a chain in which a store gets only whom it knows."""
    one = pair[0]
    one.store.erase("m-0001")
    one.sync()
    said = page("/erasures").partition("m-0001")[2]
    assert "All stores have answered" in said, said
    assert "s002" not in said


def test_the_command_says_whether_the_log_is_whole(pair, monkeypatch):
    """SEC-02, SEC-10: `parlour audit verify`, and its exit status."""
    one, _ = pair
    reconcile(one.agent)
    monkeypatch.setenv("PARLOUR_HOME", str(one.store.home))
    whole = CliRunner().invoke(command, ["audit", "verify"])
    assert whole.exit_code == 0, whole.output
    one.store.connections.get().execute(
        "UPDATE changes SET body = replace(body, '138', '139') WHERE n = 1 AND lane = 'hq'"
    )
    harmed = CliRunner().invoke(command, ["audit", "verify"])
    assert harmed.exit_code == 1
    assert "hq 1" in harmed.output
