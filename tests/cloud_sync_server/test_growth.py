"""What an operation reads does not grow with the chain, nor with what is long past: counted, not timed."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import delete

from cloud_sync_server import distribution, lease_limits, outgoing, proof
from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.ledger import Books
from cloud_sync_server.schema import accounts, changes, leases, owners, pots, records, stores
from cloud_sync_server.statements import add
from salon.reconcile import Origin
from salon.reconcile.protocol import RecordState
from tests.cloud_sync_server.reads import emptied, reads
from tests.cloud_sync_server.wire import MEMBER, VISIT, HqClient

CHAIN = 200
"""Members of the chain; a store of it knows two."""
MINE = ["m-0007", "m-0195"]
EACH = 20
"""Records of each member."""


def record(member, rid, kind="visit", store="s002"):
    return {
        "member": member, "kind": kind, "rid": rid, "store": store, "at": "", "body": b"", "erased": False,
        "updated_at": "", "digest": b"1" * 16,
    }  # fmt: skip


def chain(con):
    """Of a large chain: records, whose they are, and their accounts; s001 knows two members."""
    emptied(con, "records", "owners", "accounts", "subscriptions")
    members = [f"m-{n:04}" for n in range(CHAIN)]
    rows = [record(member, f"{member}-{n:02}") for member in members for n in range(EACH)]
    rows += [
        record("", "facial", "service"),
        record("", "lamp-1", "device", "s001"),
        record("", "lamp-2", "device"),
    ]
    add(con, records, rows)
    add(con, owners, [{name: row[name] for name in ("rid", "kind", "member")} for row in rows])
    account = {"balance": 5, "leased": 0, "entries": 1}
    units = ("fen", "points")
    add(con, accounts, [{"member": member, "unit": unit, **account} for member in members for unit in units])
    distribution.subscribe(con, "s001", MINE)
    distribution.subscribe(con, "s002", members)


MINE_READ = {f"{member}-{n:02}" for member in MINE for n in range(EACH)} | {"facial", "lamp-1"}
"""What s001 may read of it."""


def named(_con, _vault, rows):
    """In place of `outgoing._states`: these rows have no content to open."""
    return [RecordState(kind=row.kind, rid=row.rid, state={}) for row in rows]


@pytest.fixture
def hq(settings):
    app = create_app(settings.model_copy(update={"distribution": "subscribed"}))
    yield HqClient(app)
    app.extensions[EXTENSION].database.close()


@pytest.fixture
def counted(hq):
    """Runs some work in that chain: (what it returns, what it read of these tables). Nothing of it stays."""

    def run(tables, work, *, fill=chain, analyzed=True):
        with hq.here.database.engine.connect() as con, con.begin() as all_of_it:
            fill(con)
            done = reads(con, tables, work, analyzed=analyzed)
            all_of_it.rollback()
        return done

    return run


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_nights_proof_reads_the_records_and_accounts_that_the_store_may_know(counted, hq, analyzed):
    """Also of a store that knows a fifth of all members, and before PostgreSQL knows anything of its tables."""
    here = hq.here.settings

    def fill(con):
        chain(con)
        distribution.subscribe(con, "s003", [f"m-{n:04}" for n in range(0, CHAIN, 5)])

    def prove(con):
        return [
            (proof._ledger(con, here, store), {rid for _, rid, _ in proof._held(con, here, store)})
            for store in ("s001", "s003")
        ]

    tables = ("accounts", "records", "subscriptions")
    ((sums, held), (many, much)), read = counted(tables, prove, fill=fill, analyzed=analyzed)
    assert sums == {"fen": (2, 10), "points": (2, 10)}
    assert held == MINE_READ
    assert many == {"fen": (CHAIN // 5, CHAIN), "points": (CHAIN // 5, CHAIN)}
    assert len(much) == CHAIN // 5 * EACH + 1
    assert read.gone_through == []
    assert read.rows <= len(held) + len(much) + 8 * CHAIN // 5  # and who knows whom, and accounts


@pytest.mark.parametrize("limit", [1, 7, 1_000])
def test_a_new_store_reads_its_snapshot_and_not_the_chains(counted, hq, limit, monkeypatch):
    monkeypatch.setattr(outgoing, "_states", named)
    hq.enrol("s001")

    got, read = counted(("records",), lambda con: snapshot(con, hq.here, "s001", limit))
    assert len(got) == len(set(got))
    assert {rid for _, rid in got} == MINE_READ
    assert read.gone_through == []
    # What a page reads beyond itself is some of its last members' records: of a page of one, those of four.
    assert read.rows <= (4 if limit > 1 else 12) * len(got)


def snapshot(con, here, store, limit):
    """(kind, rid) of all pages, in their order."""
    page = outgoing.snapshot(con, here.vault, here.settings, store, "", limit)
    got = list(page.records)
    while page.next:
        assert len(page.records) == limit
        page = outgoing.snapshot(con, here.vault, here.settings, store, page.next, limit)
        got += page.records
    return [(one.kind, one.rid) for one in got]


def test_a_snapshot_is_in_the_order_of_its_places_whatever_the_pages_and_the_members(
    counted, hq, monkeypatch
):
    """Members with no record of theirs, with one, with many; more of them than are asked for at once."""
    monkeypatch.setattr(outgoing, "_states", named)
    hq.enrol("s001")
    counts = {f"m-{n:04}": random.Random(n).choice((0, 0, 1, 1, 2, 30)) for n in range(90)}
    wanted = [(member, f"{member}-{n:02}") for member, count in counts.items() for n in range(count)]

    def fill(con):
        emptied(con, "records", "subscriptions")
        add(con, records, [record(member, rid) for member, rid in wanted])
        add(con, records, [record("m-0000x", "foreign"), record("zz", "foreign-too")])
        distribution.subscribe(con, "s001", list(counts))

    for limit in (3, 64):
        got, _ = counted(("records",), lambda con, n=limit: snapshot(con, hq.here, "s001", n), fill=fill)
        assert [rid for _, rid in got] == [rid for _, rid in wanted]


def test_a_store_that_gets_all_there_is_reads_all_there_is(counted, hq, monkeypatch):
    monkeypatch.setattr(outgoing, "_states", named)
    hq.enrol("s001")
    here = replace(hq.here, settings=hq.here.settings.model_copy(update={"distribution": "all"}))
    got, _ = counted(("records",), lambda con: snapshot(con, here, "s001", 1_000))
    assert len(got) == len(set(got)) == CHAIN * EACH + 2


def test_nothing_is_left_out_of_a_snapshot_while_others_write_and_she_comes_to_the_store(hq):
    """What is on no page is in the inbox after the cursor that all pages carry, or came to the store otherwise."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    for n in range(9):
        two.write("member", f"m-{n:04}", MEMBER)
        one.write("member", f"m-{n:04}", {"music": "piano"})
        two.push(n + 1), one.push(n + 1)
    three = hq.enrol("s003")
    hq.here.database.write(
        lambda con: distribution.subscribe(con, "s003", [f"m-{n:04}" for n in (1, 3, 5, 7)])
    )
    page = three.get("/snapshot", limit=2).json
    three.cursor, got = page["cursor"], page["records"]
    written = len(two.log)
    two.write("visit", "v-1", {**VISIT, "member": "m-0001"})  # behind the place
    two.write("visit", "v-7", {**VISIT, "member": "m-0007"})  # before it
    hq.here.database.write(lambda con: distribution.subscribe(con, "s003", ["m-0008"]))
    two.push(written + 1)
    while page["next"]:
        page = three.get("/snapshot", limit=2, after=page["next"]).json
        got += page["records"]
    pulled = [item["op"]["rid"] for item in three.pull()]
    assert [one["rid"] for one in got] == ["m-0001", "m-0003", "m-0005", "m-0007", "v-7", "m-0008"]
    assert pulled == ["v-1", "v-7"]


def test_records_that_are_asked_for_again_are_found_by_whose_they_are(counted, hq, monkeypatch):
    monkeypatch.setattr(outgoing, "_states", named)
    mine, foreign = "m-0007-03", "m-0008-03"
    refs = [("visit", mine), ("visit", mine), ("visit", foreign), ("service", "facial"), ("visit", "facial")]
    refs += [("device", "lamp-1"), ("device", "lamp-2"), ("visit", "nobody's")]
    answer, read = counted(
        ("records", "owners", "subscriptions"),
        lambda con: outgoing.some(con, hq.here.vault, hq.here.settings, "s001", refs),
    )
    assert sorted(one.rid for one in answer.records) == ["facial", "lamp-1", mine]
    assert read.gone_through == []


def test_a_record_is_made_anew_from_its_members_changes_and_not_the_whole_log(counted, hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write("member", "m-0001", {"drink": "tea"})
    store.push()

    def fill(con):
        con.execute(delete(records))
        many = [
            {"member": f"m-{n}", "kind": "visit", "rid": f"v-{n}", "n": n, "h": b"", "body": b"", "at": ""}
            for n in range(4_000)
        ]
        add(con, changes, [{"store": "s002", "epoch": "0001", **one} for one in many])

    mended, read = counted(
        ("changes",), lambda con: proof.mend(con, hq.here.vault, [("member", "m-0001")]), fill=fill
    )
    assert mended == 1
    assert (read.gone_through, read.rows <= 4) == ([], True)


def test_what_is_set_aside_is_summed_of_open_rights_and_not_of_all_that_ever_were(counted):
    def fill(con):
        emptied(con, "leases", "stores")
        add(con, stores, [{"store": store, "key_hash": "", "name": ""} for store in ("s001", "s002", "s003")])
        states = [("s001", "returned", "fen")] * 1_000 + [("s002", "lost", "fen")] * 1_000
        states += [("s001", "open", "fen")] * 2 + [("s001", "open", "points"), ("s002", "open", "points")]
        add(con, leases, [
            {"member": f"m-{n}", "lease": f"w-{n}", "store": store, "unit": unit, "amount": 9, "remains": 7,
             "state": state, "at": "", "recalled_at": ""}
            for n, (store, state, unit) in enumerate(states)
        ])  # fmt: skip

    held, read = counted(("leases",), lease_limits.held, fill=fill)
    assert held == {
        "s001": lease_limits.Held(3, 14, 1),
        "s002": lease_limits.Held(1, 0, 1),
        "s003": lease_limits.Held(0, 0, 1),
    }
    assert read.gone_through == []
    assert read.rows <= 10


def test_a_push_to_a_new_database_looks_up_its_members_before_there_are_statistics(counted, hq):
    """PostgreSQL knows nothing of a table until its first ANALYZE, a minute after it was filled."""
    many = [f"m-{n:05}" for n in range(6_000)]
    pushed = many[:6_000:30]

    def fill(con):
        emptied(con, "subscriptions", "accounts", "pots")
        account = {"unit": "fen", "balance": 5, "leased": 0, "entries": 1}
        add(con, accounts, [{"member": one, **account} for one in many])
        pot = {"unit": "fen", "store": "s001", "amount": 5, "first_at": ""}
        add(con, pots, [{"member": one, **pot} for one in many])
        distribution.subscribe(con, "s001", many)
        distribution.subscribe(con, "s002", many[::2])

    def push(con):
        books = Books(con, [{"member": one, "unit": "fen", "amount": -5, "store": "s002"} for one in pushed])
        wanted = distribution._wanted(con, hq.here.settings, Origin("s003", "0001"), pushed)
        return books, wanted

    (books, wanted), read = counted(("subscriptions", "accounts", "pots"), push, fill=fill, analyzed=False)
    assert {member: one.balance for (member, _), one in books._accounts.items()} == dict.fromkeys(pushed, 5)
    assert {member: list(held) for (member, _), held in books._pots.items()} == {
        one: ["s001"] for one in pushed
    }
    assert wanted == {one: {"s001", "s002"} for one in pushed}
    assert read.gone_through == []
    assert read.rows <= 5 * len(pushed)  # with whom HQ has just noted to be in s003
