"""What head office did not take of a store for its content, and a person there decided against: it goes from the store, too, where
everybody sees that it went (SYN-08, SYN-09).
"""

from __future__ import annotations

import json
import shutil

import pytest
from sqlalchemy import select

from cloud_sync_server import ingest, ledger, quarantine
from cloud_sync_server.schema import leases
from cloud_sync_server.schema import quarantine as quarantine_rows
from edge.store import again, putaside, trail
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import Interaction
from tests.edge.sync.conftest import member, visit
from tests.edge.sync.test_money_attacked import AT, TOP_UP, books, calm, entry
from tests.edge.sync.test_putaside import refusing


@pytest.fixture
def pair(shops):
    """Topped up in s001, and in the house there: so that it holds a lease of all."""
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(home_store="s001"))
    one.store.visits.add(visit())
    one.store.ledger.add(entry("l-top", TOP_UP, "s001", "top_up"))
    one.sync(), one.sync(), two.sync()
    assert one.store.leases.held("m-0001", "fen") == TOP_UP
    return one, two


def discard(hq):
    """All that waits. Returns which records."""
    here = hq.here
    open_ = select(quarantine_rows).where(quarantine_rows.c.state == "open")
    rows = here.database.read(lambda con: con.execute(open_).all())
    for row in rows:
        here.database.write(lambda con, row=row: quarantine.discard(con, row.store, row.epoch, row.n, "boss"))
    return [row.rid for row in rows]


def spend_refused(shop, monkeypatch):
    """A debit under the lease, which HQ puts aside."""
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
        shop.store.leases.spend(entry("l-1", -30_000, "s001"))
        shop.sync()


def decisions(shop):
    return [(one.state, one.by) for one in shop.store.refusals() if one.code not in putaside.FOR_INFORMATION]


def outcomes(shop, nights=2):
    return [reconcile(shop.agent).outcome for _ in range(nights)]


def lease_at_hq(hq):
    return hq.here.database.read(lambda con: con.execute(select(leases.c.remains)).scalar_one())


@pytest.mark.parametrize("technician", ["decides nothing", "puts it away"])
def test_a_debit_that_head_office_refused_and_discarded_goes_from_the_stores_books_and_its_lease_is_whole(
    pair, hq, monkeypatch, technician
):
    one, two = pair
    spend_refused(one, monkeypatch)
    assert outcomes(one) == ["different", "different"]  # nobody has decided: nothing goes
    assert one.store.leases.balance("m-0001", "fen") == TOP_UP - 30_000
    if technician == "puts it away":
        [its] = [refusal for refusal in one.store.refusals() if refusal.code == "bad_value"]
        putaside.put_away(one.store, its.number, "e-gu")
        assert outcomes(one, 1) == ["different"]
    assert discard(hq) == ["l-1"]
    assert outcomes(one) == ["mended", "equal"]
    assert one.store.ledger.find("l-1") is None
    assert one.store.leases.held("m-0001", "fen") == lease_at_hq(hq) == TOP_UP
    assert books(hq, one, two) == (TOP_UP, {})
    assert decisions(one) == [("taken_out", "hq")]
    assert any("l-1" in refusal.raw and "-30000" in refusal.raw for refusal in one.store.refusals())
    lines = trail.read(one.store.connections.get(), kind=again.DISCARDED)
    assert [(line.actor, line.fields) for line in lines] == [("hq", ("kind", "rid"))]
    [wrote] = trail.values(one.store.connections.get(), "l-1", limit=9)
    assert wrote.fields["amount"] == (None, -30_000)  # what it said stands in the log for ever
    assert list(verify(one.store)) == []
    one.store.leases.spend(entry("l-2", -TOP_UP, "s001"))  # all of it is hers to spend again
    calm(one, two)
    assert books(hq, one, two) == (0, {})


@pytest.mark.parametrize(
    ("unit", "amount"), [("fen", ledger.MAX_AMOUNT + 1), ("points", 2**60)], ids=["books", "wire"]
)
def test_money_that_head_office_cannot_hold_goes_when_it_is_discarded(pair, hq, unit, amount):
    one, two = pair
    one.store.ledger.add(entry("l-typo", amount, "s001", "top_up").model_copy(update={"unit": unit}))
    one.sync()
    assert discard(hq) == ["l-typo"]
    calm(one, two)
    assert books(hq, one, two) == (TOP_UP, {})
    assert one.store.leases.balance("m-0001", "fen") == TOP_UP


def test_a_fact_that_names_no_store_goes_too(pair, hq, monkeypatch):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "interaction"))
    one.store.interactions.add(Interaction(rid="i-1", member="m-0001", type="share", at=AT))
    one.sync()
    monkeypatch.undo()
    assert discard(hq) == ["i-1"]
    calm(one, two)
    assert one.store.interactions.find("i-1") is None


def test_what_was_sent_again_and_taken_in_stays_though_the_first_was_discarded(pair, hq, monkeypatch):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
    one.store.ledger.add(entry("l-1", 5_000, "s001", "top_up"))
    one.sync()
    monkeypatch.undo()
    [its] = [refusal for refusal in one.store.refusals() if refusal.code == "bad_value"]
    putaside.again(one.store, its.number, "e-gu")
    assert discard(hq) == ["l-1"]  # before it came a second time
    calm(one, two)
    assert one.store.ledger.load("l-1") == two.store.ledger.load("l-1")
    assert books(hq, one, two) == (TOP_UP + 5_000, {})


def test_what_head_office_takes_in_after_it_was_discarded_comes_back(pair, hq, monkeypatch):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.sync()
    discard(hq)
    calm(one, two)
    monkeypatch.undo()
    [its] = [refusal for refusal in one.store.refusals() if refusal.code == "bad_value"]
    said = json.loads(its.raw)
    here = hq.here

    def mend(con):
        mine = quarantine_rows.c.n == said["op"]["n"]
        con.execute(quarantine_rows.update().where(mine).values(state="open"))
        key = ("s001", one.store.origin.epoch, said["op"]["n"])
        return quarantine.replay(con, here.vault, here.settings, *key, "boss")

    assert here.database.write(mend) == ""
    calm(one, two)
    assert one.store.ledger.load("l-1").amount == -30_000
    assert one.store.leases.held("m-0001", "fen") == lease_at_hq(hq) == TOP_UP - 30_000
    assert books(hq, one, two) == (TOP_UP - 30_000, {})


def test_a_card_put_back_to_before_its_fact_was_taken_out_hears_of_the_decision_and_nobody_decides_twice(
    pair, hq, monkeypatch, tmp_path
):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.close()
    shutil.copytree(tmp_path / "s001", tmp_path / "copy")
    one.start(tmp_path / "s001")
    one.sync()
    discard(hq)
    calm(one, two)
    one.close()
    shutil.rmtree(tmp_path / "s001")
    shutil.copytree(tmp_path / "copy", tmp_path / "s001")
    one.start(tmp_path / "s001")
    one.sync()
    assert outcomes(one) == ["mended", "equal"]
    assert discard(hq) == []
    calm(one, two)
    assert one.store.ledger.find("l-1") is None
    assert decisions(one) == [("taken_out", "hq")]
    assert books(hq, one, two) == (TOP_UP, {})
    assert list(verify(one.store)) == []


@pytest.mark.parametrize("meant", [-20_000, -40_000])
def test_a_debit_of_which_head_office_writes_another_amount_takes_that_of_its_lease(
    pair, hq, monkeypatch, meant
):
    one, two = pair
    spend_refused(one, monkeypatch)
    here, key = hq.here, ("s001", one.store.origin.epoch, one.store.outbox.acked)

    def mend(con):
        said = json.loads(quarantine.fields(con, here.vault, *key)) | {"amount": meant}
        return quarantine.mend(con, here.vault, here.settings, *key, "boss", json.dumps(said))

    assert here.database.write(mend) == ""
    calm(one, two)
    assert one.store.ledger.load("l-1").amount == meant
    assert one.store.leases.held("m-0001", "fen") == lease_at_hq(hq) == TOP_UP + meant
    assert books(hq, one, two) == (TOP_UP + meant, {})


@pytest.mark.parametrize("decides", ["head office", "the technician"])
def test_a_lease_is_not_given_back_while_nobody_has_decided_on_what_was_spent_under_it(
    pair, hq, monkeypatch, decides
):
    """LOY-09: else another store would spend the same money, and this one would owe for an honest debit."""
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.store.visits.edit("v-0001", state="closed")
    one.sync()
    monkeypatch.undo()
    [lease] = one.store.leases.in_state("open")
    one.store.leases.close(lease.lease)
    two.store.leases.ask_on_account("m-0001", "fen", TOP_UP)
    for shop in (one, two) * 2:
        assert shop.sync().error == ""
    assert one.store.leases.get(lease.lease).state == "closed"
    assert two.store.leases.held("m-0001", "fen") == 0
    if decides == "head office":
        here, key = hq.here, ("s001", one.store.origin.epoch, waiting_number(hq))
        here.database.write(lambda con: quarantine.replay(con, here.vault, here.settings, *key, "boss"))
    else:
        [its] = [refusal for refusal in one.store.refusals() if refusal.code == "bad_value"]
        putaside.again(one.store, its.number, "e-gu")
        one.agent.leasing.step()  # before it is sent
        assert one.store.leases.get(lease.lease).state == "closed"
    calm(one, two)
    assert one.store.leases.get(lease.lease).state == "returned"
    assert books(hq, one, two) == (TOP_UP - 30_000, {})


def waiting_number(hq):
    open_ = select(quarantine_rows.c.n).where(quarantine_rows.c.state == "open")
    return hq.here.database.read(lambda con: con.execute(open_).scalar_one())


def test_more_of_a_lease_than_is_known_here_is_believed_after_a_proof_and_never_while_a_debit_waits(
    pair, hq, monkeypatch
):
    """HQ, put back to before it gave a lease, gives it anew on an old request that comes late, and perhaps larger (seed 6156)."""
    one, _ = pair
    one.store.connections.get().execute("UPDATE leases SET remains = remains - 3000")
    known = one.store.leases.held("m-0001", "fen")
    one.agent.leasing.check()
    assert one.store.leases.held("m-0001", "fen") == known == TOP_UP - 3_000
    assert outcomes(one, 1) == ["equal"]
    assert one.store.leases.held("m-0001", "fen") == lease_at_hq(hq) == TOP_UP
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "ledger_entry"))
    one.store.leases.spend(entry("l-1", -30_000, "s001"))
    one.sync()
    one.agent.leasing.check(proved=True)
    assert one.store.leases.held("m-0001", "fen") == TOP_UP - 30_000  # the same money is not spent twice
