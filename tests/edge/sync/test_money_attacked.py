"""Disks, cards and clocks that fail just when a right to spend is on its way: nothing is doubled, nothing is lost, and who owes it is named
(LOY-09, LOY-11, SYN-09, SYN-11).
"""

from __future__ import annotations

import json
import shutil

import httpx
import pytest
from sqlalchemy import func, select

from cloud_sync_server import own, quarantine
from cloud_sync_server.schema import accounts, leases, pots, settlements
from cloud_sync_server.schema import quarantine as quarantine_rows
from edge.store import NoLease, Store, again, putaside, trail
from edge.store import clock as store_clock
from edge.sync import Agent
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import LedgerEntry
from tests.edge.sync.conftest import URL, member, visit

AT = "2026-11-22T05:26:59.123Z"
TOP_UP = 100_000


def entry(rid, amount, store, reason="spend"):
    return LedgerEntry(rid=rid, member="m-0001", unit="fen", amount=amount, reason=reason, at=AT, store=store)


@pytest.fixture
def pair(shops):
    """Topped up in s001; known in s002."""
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(home_store="s001"))
    one.store.ledger.add(entry("l-top", TOP_UP, "s001", "top_up"))
    one.sync(), two.sync()
    return one, two


def restart(shop, folder):
    """The same store, with what stands in its folder now."""
    shop.store = Store.open(folder)
    shop.agent = Agent(shop.store, URL, client=httpx.Client(transport=shop.line))


def calm(*shops):
    for shop in shops * 3:
        assert shop.sync().error == ""
    for shop in shops * 2:
        reconcile(shop.agent)
    assert [reconcile(shop.agent).outcome for shop in shops] == ["equal"] * len(shops)


def books(hq, *shops):
    """(balance, what stores owe to HQ): after asking that entries, balance, pots and leases agree, at HQ and in every store."""

    def read(con):
        account = con.execute(select(accounts).where(accounts.c.unit == "fen")).one()
        held = con.execute(select(func.coalesce(func.sum(pots.c.amount), 0))).scalar_one()
        open_ = select(func.coalesce(func.sum(leases.c.remains), 0)).where(leases.c.state == "open")
        owed = select(settlements.c.store, settlements.c.amount).where(settlements.c.creditor == "hq")
        return account, held, con.execute(open_).scalar_one(), dict(con.execute(owed).all())

    account, held, leased, owed = hq.here.database.read(read)
    entries = {tuple(sorted((e.rid, e.amount) for e in shop.store.ledger.select())) for shop in shops}
    assert len(entries) == 1
    total = sum(amount for _, amount in entries.pop())
    assert account.balance == total == held
    assert account.leased == leased
    assert account.balance >= leased >= 0
    assert sum(shop.store.leases.held("m-0001", "fen") for shop in shops) == leased
    return account.balance, {store: amount for store, amount in owed.items() if amount}


@pytest.mark.parametrize("first_to_come", ["spender", "other"])
def test_a_lease_of_which_hqs_backup_knows_nothing_is_spent_while_another_gets_the_same_money(
    pair, hq, first_to_come
):
    """Both spend all of it without a line. It was spent twice, so somebody owes it: once, by name, and not the member."""
    one, two = pair
    put_back = hq.keep()
    one.store.visits.add(visit("v-0001"))
    one.sync()
    assert one.store.leases.held("m-0001", "fen") == TOP_UP
    put_back()
    one.line.cut = True
    two.store.visits.add(visit("v-0002", store="s002"))
    two.sync(), two.sync()
    assert two.store.leases.held("m-0001", "fen") == TOP_UP
    two.line.cut = True
    one.store.leases.spend(entry("l-1", -TOP_UP, "s001"))
    two.store.leases.spend(entry("l-2", -TOP_UP, "s002"))
    one.line.cut = two.line.cut = False
    for shop in (one, two) if first_to_come == "spender" else (two, one):
        shop.sync()
    calm(one, two)
    balance, owed = books(hq, one, two)
    assert (balance, owed) == (0, {"s001": TOP_UP})  # whose right HQ does not know of, whoever came first


def test_a_lease_of_which_hqs_backup_knows_nothing_ends_unspent_when_its_store_asks(pair, hq):
    one, two = pair
    put_back = hq.keep()
    one.store.visits.add(visit("v-0001"))
    one.sync()
    put_back()
    one.sync(), one.sync()
    two.store.visits.add(visit("v-0002", store="s002"))
    two.sync(), two.sync()
    held = [shop.store.leases.held("m-0001", "fen") for shop in (one, two)]
    assert sum(held) == TOP_UP  # one right over the same money, wherever it is
    for shop in (one, two):
        if not shop.store.leases.held("m-0001", "fen"):
            with pytest.raises(NoLease):
                shop.store.leases.spend(entry("l-9", -1, shop.store.store_id))
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP, {})


@pytest.mark.parametrize("off_ms", [-30 * 365 * 86_400_000, 10 * 365 * 86_400_000, -3_600_000])
def test_a_lease_called_back_from_a_store_that_is_set_back_while_its_clock_is_off(
    pair, hq, tmp_path, monkeypatch, off_ms
):
    """The card's copy has the lease whole; what was spent of it since is at HQ, and the rest was given back."""
    one, two = pair

    class Off(store_clock.Source):
        def wall_ms(self):
            return super().wall_ms() + off_ms

    one.store.visits.add(visit("v-0001"))
    one.sync()
    one.store.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    one.close()
    shutil.copytree(tmp_path / "s001", tmp_path / "copy")
    restart(one, tmp_path / "s001")
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.store.visits.edit("v-0001", state="closed")
    two.store.visits.add(visit("v-0002", store="s002"))
    two.sync(), one.sync(), one.sync(), two.sync()  # asked for, called back, given back
    one.close()
    shutil.rmtree(tmp_path / "s001")
    shutil.copytree(tmp_path / "copy", tmp_path / "s001")
    restart(one, tmp_path / "s001")
    monkeypatch.setattr(store_clock, "source", Off())
    one.line.cut = True
    assert one.store.leases.held("m-0001", "fen") == TOP_UP  # it cannot know better
    one.store.leases.spend(entry("l-2", -TOP_UP, "s001"))
    two.store.leases.ask("m-0001", "fen", 70_000)
    two.sync(), two.sync()
    two.store.leases.spend(entry("l-3", -two.store.leases.held("m-0001", "fen"), "s002"))
    one.line.cut = False
    one.sync(), two.sync()
    monkeypatch.undo()
    calm(one, two)
    balance, owed = books(hq, one, two)
    spent = -sum(e.amount for e in one.store.ledger.select() if e.reason == "spend")
    assert (
        owed.get("s001", 0) == spent - TOP_UP + balance
    )  # what was spent beyond what she had, by who did it
    assert set(owed) <= {"s001"}


@pytest.mark.parametrize("edited_last", ["leading", "other"])
def test_two_files_edited_while_they_are_one_are_each_as_they_were_written_once_they_are_apart(
    pair, hq, edited_last
):
    """Edits to either file, and money on both, in both stores; nothing moves from one file to the other."""
    one, two = pair
    one.store.members.add(member("m-0002", surname="李", phone="13800000002", tags=["old"]))
    one.sync(), two.sync()
    one.store.members.edit("m-0002", merged_into="m-0001")
    one.sync(), two.sync()
    first, last = ("m-0002", "m-0001") if edited_last == "leading" else ("m-0001", "m-0002")
    two.store.members.edit(first, drink="tea", tags=["first"])
    one.store.members.edit(last, drink="water", tags=["last"])
    two.store.ledger.add(
        LedgerEntry(
            rid="l-22", member="m-0002", unit="fen", amount=5_000, reason="top_up", at=AT, store="s002"
        )
    )
    two.store.visits.add(visit("v-0022", member="m-0002", store="s002"))
    for shop in (one, two) * 2:
        shop.sync()
    two.store.members.edit("m-0002", merged_into="")
    calm(one, two)
    for shop in (one, two):
        kept = {rid: shop.store.members.load(rid) for rid in ("m-0001", "m-0002")}
        assert (kept[first].drink, kept[first].tags) == ("tea", ["first"])
        assert (kept[last].drink, kept[last].tags) == ("water", ["last"])
        assert (kept["m-0001"].surname, kept["m-0002"].surname) == ("王", "李")
        assert shop.store.files("m-0001") == ["m-0001"]
        assert shop.store.files("m-0002") == ["m-0002"]
        assert shop.store.leases.balance("m-0001", "fen") == TOP_UP
        assert shop.store.leases.balance("m-0002", "fen") == 5_000
        assert shop.store.visits.load("v-0022").member == "m-0002"


@pytest.fixture
def witness(pair, hq, tmp_path):
    """HQ's disk and the card of the store that was paid are both put back to before it; another store's copy is the last. Gives what waits
    at HQ for a person: its entry is no other store's to give.
    """
    one, two = pair
    put_back = hq.keep()
    one.close()
    shutil.copytree(tmp_path / "s001", tmp_path / "copy")
    restart(one, tmp_path / "s001")
    one.store.visits.add(visit("v-0001"))
    one.sync()
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.sync(), two.sync()
    assert two.store.ledger.find("l-1") is not None
    one.close()
    shutil.rmtree(tmp_path / "s001")
    shutil.copytree(tmp_path / "copy", tmp_path / "s001")
    put_back()
    restart(one, tmp_path / "s001")
    for shop in (one, two) * 2:
        assert shop.sync().error == ""
    assert [reconcile(two.agent).outcome for _ in range(2)] == ["different", "different"]
    [row] = waiting(hq)  # said once, whatever the number of nights
    assert (row.store, row.kind, row.rid, row.reason) == ("s002", "ledger_entry", "l-1", "foreign_fact")
    return row.store, row.epoch, row.n


def waiting(hq):
    open_ = select(quarantine_rows).where(quarantine_rows.c.state == "open")
    return hq.here.database.read(lambda con: con.execute(open_).all())


def take_in(hq, key):
    here = hq.here

    def mend(con):
        text = quarantine.fields(con, here.vault, *key)
        return quarantine.mend(con, here.vault, here.settings, *key, "boss", text)

    assert here.database.write(mend) == ""


def discard(hq, key):
    hq.here.database.write(lambda con: quarantine.discard(con, *key, "boss"))


def decisions(shop):
    return [(one.state, one.by) for one in shop.store.refusals() if one.code == "foreign_fact"]


def test_what_only_a_third_store_still_has_of_anothers_money_is_taken_in_by_a_person_and_by_nobody_else(
    pair, hq, witness
):
    one, two = pair
    assert hq.here.database.read(lambda con: con.execute(select(accounts.c.balance)).scalar_one()) == TOP_UP
    take_in(hq, witness)
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP - 30_000, {})
    assert decisions(two) == [("mended", "hq")]
    assert one.store.ledger.load("l-1") == two.store.ledger.load("l-1")


@pytest.mark.parametrize("technician", ["decides nothing", "puts it away"])
def test_what_a_person_at_head_office_discards_of_it_goes_from_the_third_store_too_and_is_shown_there(
    pair, hq, witness, technician
):
    """SYN-08, SYN-09: both sides are equal, the log is whole, and what went stands where it can be read, with who decided."""
    one, two = pair
    if technician == "puts it away":
        [its] = [refusal for refusal in two.store.refusals() if refusal.code == "foreign_fact"]
        putaside.put_away(two.store, its.number, "e-gu")
    discard(hq, witness)
    assert [reconcile(two.agent).outcome for _ in range(2)] == ["mended", "equal"]
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP, {})
    assert two.store.ledger.find("l-1") is None
    assert waiting(hq) == []
    assert decisions(two) == [("taken_out", "hq")]
    assert any("l-1" in refusal.raw and "-30000" in refusal.raw for refusal in two.store.refusals())
    assert list(verify(two.store)) == []
    lines = trail.read(two.store.connections.get(), kind=again.DISCARDED)
    assert [(line.actor, line.fields) for line in lines] == [("hq", ("kind", "rid"))]


def test_what_was_discarded_comes_back_where_head_office_takes_it_in_after_all(pair, hq, witness):
    """By then its store holds all of the balance under a lease again: so the debit is that store's own debt."""
    one, two = pair
    discard(hq, witness)
    calm(one, two)
    said = two.store.refusals()[0]
    fields = json.loads(said.raw)["op"]["f"]
    here = hq.here
    draft = own.Draft("ledger_entry", "l-1", fields)
    here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "boss"))
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP, {"s001": 30_000})
    assert two.store.ledger.load("l-1").amount == -30_000


def test_what_head_office_took_in_from_a_third_store_and_lost_once_more_is_said_once_more(pair, hq, witness):
    one, two = pair
    before = hq.keep()
    take_in(hq, witness)
    calm(one, two)
    before()
    one.line.cut = True
    for _ in range(2):
        assert two.sync().error == ""
        reconcile(two.agent)
    assert {(row.store, row.rid) for row in waiting(hq)} == {("s002", "l-1")}
    for row in waiting(hq):
        take_in(hq, (row.store, row.epoch, row.n))
    one.line.cut = False
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP - 30_000, {})


def test_of_its_own_money_a_stores_word_is_enough_though_head_office_wrote_it_and_lost_it(pair, hq, witness):
    """LOY-09, SYN-11: nobody is asked a second time, or no longer, once the store whose money it is has said it."""
    one, two = pair
    before = hq.keep()
    take_in(hq, witness)
    calm(one, two)
    before()
    for shop in (two, one) * 2:
        assert shop.sync().error == ""
        reconcile(shop.agent)
    assert waiting(hq) == []
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP - 30_000, {})


def test_a_debit_that_head_office_writes_in_a_stores_stead_and_that_finds_too_little_is_owed_by_that_store(
    pair, hq
):
    """As the store's own would be: the books, the entries and the pots agree."""
    one, two = pair
    draft = own.Draft("ledger_entry", "l-late", {
        "member": "m-0001", "unit": "fen", "amount": -TOP_UP - 5_000, "reason": "spend", "at": AT, "store": "s002",
    })  # fmt: skip
    here = hq.here
    here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "boss"))
    calm(one, two)
    assert books(hq, one, two) == (0, {"s002": 5_000})


@pytest.mark.parametrize("comes_by", ["pull", "snapshot"])
def test_what_head_office_takes_in_under_a_lease_leaves_its_store_no_more_of_it_than_head_office_has(
    pair, hq, comes_by
):
    """LOY-09 (seed 959): the card's lost life had spent of the lease, the next one got it anew and whole; a witness kept the debit."""
    one, two = pair
    one.store.visits.add(visit("v-0001"))
    one.sync()
    [lease] = one.store.leases.in_state("open")
    draft = own.Draft("ledger_entry", "l-late", {
        "member": "m-0001", "unit": "fen", "amount": -30_000, "reason": "spend", "at": AT, "store": "s001",
        "lease": lease.lease,
    })  # fmt: skip
    here = hq.here
    here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "boss"))
    if comes_by == "snapshot":
        with one.store.transaction() as con:
            con.execute("UPDATE node SET cursor = ''")
    assert one.sync().error == ""  # in this exchange, not in the night
    assert one.store.leases.held("m-0001", "fen") == TOP_UP - 30_000
    with pytest.raises(NoLease):
        one.store.leases.spend(entry("l-1", -TOP_UP, "s001"))
    two.sync()
    assert books(hq, one, two) == (TOP_UP - 30_000, {})
    one.store.leases.spend(entry("l-2", 30_000 - TOP_UP, "s001"))
    calm(one, two)
    assert books(hq, one, two) == (0, {})
