"""Does the simulation see what it looks for? Each test breaks the engine on purpose, and demands that some history says so."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy.exc import IntegrityError

from cloud_sync_server import distribution, ingest, slots
from cloud_sync_server.base import Base
from cloud_sync_server.ledger import Books
from edge.store import again, calendar, erasing, outbox
from edge.store import leases as store_leases
from edge.store.records import RecordTable
from edge.sync import agent, nightly
from tests.simulation.attacks import ACTS, money_not_understood
from tests.simulation.history import Violation, main, run
from tests.simulation.people import EARLIER, PUT_BACK, back_up_hq, restore_hq

QUICK = ACTS | {back_up_hq: 12, restore_hq: 8}
"""Head office is put back again and again."""
SEEDS = range(3, 23)
"""Enough histories that each fault has its occasion; the first that notices ends the test."""


@pytest.fixture
def noticed(templates, place, request):
    """What the first history that notices says."""

    def look(seeds=SEEDS, acts=ACTS):
        for seed in seeds:
            try:
                run(seed, templates, place / f"{request.node.name}-{seed}", acts=acts)
            except (Violation, IntegrityError) as error:
                return str(error)
        pytest.fail(f"none of the histories {seeds} noticed")

    return look


def test_an_entry_posted_twice(monkeypatch, capfd):
    """Told as `make simulate` tells it, which says how to have it told again."""
    post = Books.post

    def twice(self, *args):
        post(self, *args)
        post(self, *args)

    monkeypatch.setattr(Books, "post", twice)
    assert main(["1", "3", "attacked"]) == 1
    said = capfd.readouterr().out
    assert "seed 3: " in said
    assert "make simulate SEEDS=1 START=3 KIND=attacked" in said


def test_a_record_that_hq_acknowledges_and_does_not_write(noticed, monkeypatch):
    save = Base.save

    def forgetful(self, **options):
        for entry in self._entries.values():
            entry.dirty = entry.dirty and entry.kind != "visit"
        save(self, **options)

    monkeypatch.setattr(Base, "save", forgetful)
    assert noticed()


def test_one_change_in_fifty_that_no_other_store_gets(noticed, monkeypatch):
    append, counted = distribution._append, [0]

    def leaky(con, store, whose):
        counted[0] += 1
        return append(con, store, whose[1:] if counted[0] % 50 == 0 else whose)

    monkeypatch.setattr(distribution, "_append", leaky)
    assert "differ" in noticed() or "missing" in noticed()


def test_an_answer_that_acknowledges_one_more_than_hq_holds(noticed, monkeypatch):
    """With all that would find it out and send it again taken away: as it is, the engine mends this (test_hq_put_back.py)."""
    acknowledge = outbox.Outbox.acknowledge

    def eager(self, n, restamped=None):
        written = outbox.Node.read(self._connections.get()).hq_n
        acknowledge(self, min(n + 1, written), restamped)

    monkeypatch.setattr(outbox.Outbox, "acknowledge", eager)
    monkeypatch.setattr(ingest, "meet", lambda *_: None)
    monkeypatch.setattr(agent.Agent, "_meet", lambda *_: 0)
    monkeypatch.setattr(nightly.again, "documents", lambda *_: 0)
    assert noticed()


def test_a_change_sent_again_that_is_merged_as_a_new_one(noticed, monkeypatch):
    """Every delivery of a batch is taken for the first."""
    apply = agent.Agent._read

    def doubled(self, item):
        change = apply(self, item)
        if change is not None and change.kind == "ledger_entry" and not change.rid.endswith("-again"):
            table = self.store.ledger
            wanted = {**table.record_class.defaults(), **change.fields, "rid": f"{change.rid}-again"}
            if not table.has(wanted["rid"]):
                table.put(wanted)
        return change

    monkeypatch.setattr(agent.Agent, "_read", doubled)
    # Without attacks: what they add would show it as a lease that differs, too.
    assert "differ in ledger_entry" in noticed(acts=PUT_BACK)


def test_the_last_to_arrive_winning_instead_of_the_last_to_write(noticed, monkeypatch):
    merging = sys.modules["salon.reconcile.merge"]  # the package's name for the function hides it
    monkeypatch.setattr(merging, "later", lambda _rule, new, current: new != current)
    assert noticed()


def test_a_cursor_that_moves_although_nothing_was_taken_in(noticed, monkeypatch):
    put, counted = RecordTable.put, [0]

    def lazy(self, document):
        counted[0] += 1
        if counted[0] % 40:
            put(self, document)

    monkeypatch.setattr(RecordTable, "put", lazy)
    assert noticed()


def test_a_lease_that_is_spent_and_stays_whole(noticed, monkeypatch):
    spend = store_leases.Leases.spend

    def generous(self, entry):
        before = {one.lease: one.remains for one in self._of(entry.member, entry.unit)}
        posted = spend(self, entry)
        with self._connections.transaction() as con:
            for lease, remains in before.items():
                con.execute("UPDATE leases SET remains = ? WHERE lease = ?", (remains, lease))
        return posted

    monkeypatch.setattr(store_leases.Leases, "spend", generous)
    assert "leases" in noticed()


def test_a_debit_that_hq_does_not_check(noticed, monkeypatch):
    """The database's own check is the last word: HQ cannot commit it, and says so."""

    def unchecked(self, rid, entry, store):
        account = self._accounts.setdefault((entry["member"], entry["unit"]), type(self)._none())
        account.balance += entry["amount"]
        account.entries += 1

    from cloud_sync_server import ledger

    monkeypatch.setattr(Books, "_none", ledger._Account, raising=False)
    monkeypatch.setattr(Books, "post", unchecked)
    assert "accounts_never_overdrawn" in noticed()


def test_an_erased_member_who_comes_back(noticed, monkeypatch):
    monkeypatch.setattr(erasing, "gone", lambda *_: False)
    assert noticed((268,), EARLIER)


def test_a_booking_that_keeps_its_bed_after_it_is_gone(noticed, monkeypatch):
    monkeypatch.setattr(slots, "take", lambda *_: True)
    assert "slots" in noticed()


def test_two_bookings_in_one_bed(noticed, monkeypatch):
    monkeypatch.setattr(calendar, "taken", lambda *_: None)

    def take(con, store, rid, after, *, strict):
        for one in calendar.slots(after, store) if after else []:
            con.execute("INSERT OR REPLACE INTO slots (resource, slot, rid) VALUES (?, ?, ?)", (*one, rid))

    monkeypatch.setattr(calendar, "take", take)
    assert "bed" in noticed()


def test_an_hq_that_was_put_back_and_asks_nobody_what_it_lost(noticed, monkeypatch):
    """SYN-11: a store that has nothing new to write would never send again what it had written, were it not for the night too."""
    monkeypatch.setattr(ingest, "meet", lambda *_: None)
    monkeypatch.setattr(nightly.again, "documents", lambda *_: 0)
    assert noticed(acts=QUICK)


NOT_UNDERSTOOD = EARLIER | {money_not_understood: 12}


def test_what_head_office_refused_and_discarded_that_stays_in_its_stores_books(noticed, monkeypatch):
    monkeypatch.setattr(again, "discarded", lambda *_: 0)
    assert "ledger_entry" in noticed(acts=NOT_UNDERSTOOD)


def test_a_debit_that_head_office_judged_and_a_lease_that_knows_nothing_of_it(noticed, monkeypatch):
    monkeypatch.setattr(store_leases, "judged", lambda *_: None)
    assert "leases: stores have" in noticed(acts=NOT_UNDERSTOOD)
