"""Leases, settlement, erasure with receipts, bookings in another store's calendar, two files of one person: over the whole chain."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import apsw
import httpx
import pytest
from sqlalchemy import select
from tinydb import where

from cloud_sync_server import leases as hq_leases
from cloud_sync_server import own
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.export import collect, readable
from cloud_sync_server.schema import accounts, erasures, member_keys, records, settlements, slots
from edge.store import DoubleBooked, NoLease, Store
from edge.sync import Agent, Unreachable
from edge.sync.nightly import reconcile
from salon.records import Appointment, LedgerEntry
from tests.edge.sync.conftest import URL, member, visit

AT = "2026-11-22T05:26:59.123Z"


def entry(rid, amount, store, reason="top_up"):
    return LedgerEntry(rid=rid, member="m-0001", unit="fen", amount=amount, reason=reason, at=AT, store=store)


def book(hq):
    return hq.here.database.read(lambda con: con.execute(select(accounts)).one())


@pytest.fixture
def pair(shops):
    """Topped up in s001, her home; in the house at s002."""
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(home_store="s001"))
    one.store.ledger.add(entry("l-top", 100_000, "s001"))
    one.sync(), two.sync()
    two.store.visits.add(visit("v-0002", store="s002"))
    return one, two


def test_a_lease_comes_with_the_check_in_and_is_spent_without_a_line(pair, hq):
    """LOY-09, SYN-09."""
    _, two = pair
    two.sync()
    assert two.store.leases.held("m-0001", "fen") == 100_000
    two.line.cut = True
    two.store.leases.spend(entry("l-1", -30_000, "s002", "spend"))
    two.store.leases.spend(entry("l-1", -30_000, "s002", "spend"))
    with pytest.raises(NoLease) as refused:
        two.store.leases.spend(entry("l-2", -70_001, "s002", "spend"))
    assert refused.value.held == 70_000
    two.line.cut = False
    two.store.visits.edit("v-0002", state="closed")
    two.sync(), two.sync()
    row = book(hq)
    assert (row.balance, row.leased, row.entries) == (
        70_000,
        0,
        2,
    )  # elsewhere than at home a lease ends with the visit


def test_what_one_store_holds_another_gets_only_once_it_is_given_back(pair, hq):
    one, two = pair
    two.sync()
    one.store.visits.add(visit("v-0001"))
    one.sync()
    assert one.store.leases.held("m-0001", "fen") == 0
    two.sync()  # hears of the recall, and she is in the house: the lease stays
    assert two.store.leases.held("m-0001", "fen") == 100_000
    two.store.visits.edit("v-0002", state="closed")
    two.sync(), two.sync()
    one.store.leases.ask("m-0001", "fen", 5_000)
    one.sync()
    assert one.store.leases.held("m-0001", "fen") == 5_000


def test_who_owes_whom_after_a_top_up_in_one_store_is_spent_in_another(pair, hq):
    """LOY-11: the settlement between stores."""
    _, two = pair
    two.sync()
    two.store.leases.spend(entry("l-1", -30_000, "s002", "spend"))
    two.sync()
    [row] = hq.here.database.read(lambda con: con.execute(select(settlements)).all())
    assert (row.store, row.creditor, row.unit, row.amount) == ("s001", "s002", "fen", 30_000)


def test_a_lost_stores_leases_are_free_again_and_what_it_spent_all_the_same_is_its_own(pair, hq):
    _, two = pair
    two.sync()
    two.line.cut = True
    two.store.leases.spend(entry("l-1", -30_000, "s002", "spend"))
    assert hq.here.database.write(lambda con: hq_leases.declare_lost(con, "s002")) == 1
    own_debit = own.Draft("ledger_entry", "l-hq", {
        "member": "m-0001", "unit": "fen", "amount": -90_000, "reason": "correction", "at": AT, "store": "s001",
    })  # fmt: skip
    hq.here.database.write(lambda con: own.write(con, hq.here.vault, hq.here.settings, [own_debit], "boss"))
    two.line.cut = False
    two.sync()
    assert [refusal.code for refusal in two.store.refusals()] == ["overdrawn"]
    row = book(hq)
    assert (row.balance, row.leased) == (0, 0)
    owed = hq.here.database.read(
        lambda con: con.execute(select(settlements).where(settlements.c.creditor == "hq")).one()
    )
    assert (owed.store, owed.amount) == ("s002", 20_000)
    two.sync()
    assert sum(one.amount for one in two.store.ledger.select()) == 0
    assert reconcile(two.agent).outcome == "equal"


def test_an_erased_member_is_gone_at_every_store_her_key_is_destroyed_and_sums_stay(pair, hq):
    """SEC-07: receipts; a store without a line is listed until it answers, and what it sends of her is refused unread."""
    one, two = pair
    two.line.cut = True
    two.store.visits.add(visit("v-0003", store="s002", result="CANARY"))
    one.store.erase("m-0001")
    one.sync()
    assert hq.here.database.read(lambda con: con.execute(select(member_keys.c.wrapped)).scalar_one()) is None
    two.line.cut = False
    two.sync(), two.sync()
    for shop in (one, two):
        shop.sync()
        assert shop.store.members.find("m-0001") is None
        assert shop.store.visits.select() == []
        assert sum(e.amount for e in shop.store.ledger.select()) == 100_000
        assert {r.store for r in shop.store.erasure_receipts.select()} == {"s001", "s002"}
        bodies = shop.store.connections.get().execute("SELECT body FROM changes").fetchall()
        assert not any("13800000001" in body or "CANARY" in body for (body,) in bodies)
        assert reconcile(shop.agent).outcome == "equal"
    assert hq.here.database.read(lambda con: con.execute(select(erasures.c.member)).scalar_one()) == "m-0001"
    assert book(hq).balance == 100_000


def booking(rid, store="s001", status="provisional", start="10:00", end="11:00"):
    return Appointment(rid=rid, member="m-0001", store=store, services=["facial"], bed="bed-1", booking=status,
                       starts_at=f"2026-12-01T{start}:00Z", ends_at=f"2026-12-01T{end}:00Z")  # fmt: skip


def test_a_booking_made_elsewhere_is_provisional_until_the_store_says_yes_or_no(pair):
    """APT-08."""
    one, two = pair
    one.store.appointments.add(booking("a-own", status="confirmed"))
    with pytest.raises(DoubleBooked):
        one.store.appointments.add(booking("a-twice", status="confirmed", start="10:30", end="11:30"))
    two.store.appointments.add(booking("a-clash", start="10:59", end="11:30"))
    two.store.appointments.add(booking("a-fits", start="11:00", end="12:00"))
    for shop in (two, one, one, two):
        shop.sync()
    for shop in (one, two):
        said = {a.rid: a.booking for a in shop.store.appointments.select()}
        assert said == {"a-own": "confirmed", "a-clash": "conflict", "a-fits": "confirmed"}


def test_two_files_of_one_person_are_shown_together_and_taken_apart_again(pair, hq):
    one, two = pair
    two.store.members.add(member("m-0002", home_store="s002", drink="tea"))
    two.sync()
    before = one.sync() and one.store.members.load("m-0002")

    def alias(into):
        draft = own.Draft("member", "m-0002", {"merged_into": into})
        hq.here.database.write(lambda con: own.write(con, hq.here.vault, hq.here.settings, [draft], "boss"))
        one.sync(), two.sync()

    alias("m-0001")
    assert one.store.members.load("m-0002").merged_into == "m-0001"
    alias("")
    assert one.store.members.load("m-0002") == two.store.members.load("m-0002") == before


def test_an_export_is_complete_by_schema_for_a_program_and_for_a_person(pair, hq):
    one, two = pair
    two.sync()
    found = hq.here.database.read(lambda con: collect(con, hq.here.vault, "m-0001"))
    held = hq.here.database.read(
        lambda con: con.execute(select(records.c.rid).where(records.c.member == "m-0001")).scalars().all()
    )
    assert sorted(one["rid"] for kind in found.values() for one in kind) == sorted(held)
    assert json.loads(json.dumps(found)) == found
    [(title, [lines]), *_] = readable(found, "zh")
    assert title == "会员"
    assert ("手机号", "13800000001") in lines
    assert one.store.members.contains(where("rid") == "m-0001")


def test_what_a_restored_store_fetches_back_of_a_member_erased_in_it_stays_gone(pair, hq):
    """SEC-07: the copy did not know of the booking when she was erased in it; HQ sends it back as the store's own."""
    one, _ = pair
    one.store.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    folder = one.store.home.with_name("copy")
    shutil.copytree(one.store.home, folder)
    one.store.appointments.add(booking("a-later", status="confirmed"))
    one.sync()
    with Store.open(folder) as copy:
        copy.erase("m-0001")
        agent = Agent(copy, URL, client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
        assert agent.sync_now().recovered
        assert (copy.appointments.select(), copy.members.select()) == ([], [])
        bodies = copy.connections.get().execute("SELECT body FROM changes").fetchall()
        assert not any("bed-1" in body for (body,) in bodies)
        assert reconcile(agent).outcome == "equal"
        agent.close()


def test_an_erased_members_bookings_leave_their_bed_free_at_the_store_and_at_hq(pair, hq):
    """APT-08, SEC-07."""
    one, two = pair
    one.store.appointments.add(booking("a-hers", status="confirmed"))
    one.sync(), two.sync()
    two.store.erase("m-0001")
    two.sync(), one.sync()
    assert hq.here.database.read(lambda con: con.execute(select(slots)).all()) == []
    one.store.members.add(member("m-0002", home_store="s001"))
    next_one = booking("a-next", status="confirmed").model_copy(update={"member": "m-0002"})
    assert one.store.appointments.add(next_one).booking == "confirmed"


def test_a_refused_request_for_a_lease_that_comes_again_late_opens_none(pair, hq):
    """The simulation's seed 306: the money is free by then, and the store has long written down the no."""
    one, two = pair
    one.store.visits.add(visit("v-0003", store="s001"))
    one.sync(), two.sync()
    [wish] = two.store.leases.in_state("refused")
    one.store.visits.edit("v-0003", state="closed")
    one.sync(), one.sync()
    asked = [request for request in two.line.requests if request.url.path == "/v1/leases"]
    assert book(hq).leased == 0
    two.line.handle_request(asked[-1])
    assert book(hq).leased == 0
    assert two.store.leases.get(wish.lease).state == "refused"


def test_what_stands_on_two_files_of_one_person_is_spent_as_one_and_found_again_apart(pair, hq):
    """LOY-09, SYN-01: each entry names the account that it was taken from, so taking the files apart needs no rewriting."""
    one, two = pair
    one.store.members.add(member("m-0002", phone="13800000002", home_store="s001", card_code="OLDCARD"))
    one.store.ledger.add(entry("l-old", 30_000, "s001").model_copy(update={"member": "m-0002"}))
    one.sync()

    def alias(into):
        draft = own.Draft("member", "m-0002", {"merged_into": into})
        hq.here.database.write(lambda con: own.write(con, hq.here.vault, hq.here.settings, [draft], "boss"))
        two.sync(), one.sync(), two.sync()

    alias("m-0001")
    assert two.store.files("m-0002") == two.store.files("m-0001") == ["m-0001", "m-0002"]
    assert two.store.leases.held("m-0002", "fen") == two.store.leases.held("m-0001", "fen") == 130_000
    posted = two.store.leases.spend(entry("l-both", -120_000, "s002", "spend"))
    assert sorted((one.member, one.amount) for one in posted) == [("m-0001", -100_000), ("m-0002", -20_000)]
    two.store.visits.edit("v-0002", state="closed")
    two.sync(), two.sync()
    read = hq.here.database.read
    books = read(lambda con: {r.member: (r.balance, r.leased) for r in con.execute(select(accounts))})
    assert books == {"m-0001": (0, 0), "m-0002": (10_000, 0)}
    alias("")
    assert two.store.files("m-0002") == ["m-0002"]
    assert sum(e.amount for e in two.store.ledger.select(where("member") == "m-0002")) == 10_000


def test_files_merged_in_a_ring_or_into_nobody_lead_somewhere_and_end(pair):
    one, _ = pair
    one.store.members.edit("m-0001", merged_into="m-0002")
    assert one.store.files("m-0001") == ["m-0001"]  # the other file is not here
    one.store.members.add(member("m-0002", merged_into="m-0001"))
    assert sorted(one.store.files("m-0001")) == sorted(one.store.files("m-0002")) == ["m-0001", "m-0002"]


@pytest.mark.parametrize("resource", ["therapist", "bed", "room"])
def test_neither_person_nor_bed_nor_room_is_booked_twice_here_or_at_hq(pair, hq, resource):
    """APT-08: by a unique key in both databases; what comes from elsewhere is a conflict that a person sees, and is not dropped."""
    one, two = pair

    def wanted(rid, **more):
        return booking(rid, **more).model_copy(
            update={"bed": "", "therapist": "", "room": "", resource: "e-mei"}
        )

    one.store.appointments.add(wanted("a-own", status="confirmed"))
    with pytest.raises(DoubleBooked) as refused:
        one.store.appointments.add(wanted("a-twice", status="confirmed", start="10:59", end="11:30"))
    assert (refused.value.resource, refused.value.other) == (f"{resource}:e-mei", "a-own")
    two.store.appointments.add(wanted("a-clash", start="10:59", end="11:30"))
    for shop in (two, one, one, two):
        shop.sync()
    assert {a.rid: a.booking for a in two.store.appointments.select()} == {
        "a-own": "confirmed",
        "a-clash": "conflict",
    }
    held = hq.here.database.read(lambda con: {(r.resource, r.rid) for r in con.execute(select(slots))})
    assert held == {(f"{resource}:e-mei", "a-own")}
    own = one.store.connections.get()
    with pytest.raises(apsw.ConstraintError):
        own.execute("INSERT INTO slots SELECT resource, slot, 'a-forced' FROM slots LIMIT 1")


def test_a_lease_granted_to_a_store_that_erases_its_member_before_the_answer_comes_is_given_back(
    pair, hq, monkeypatch
):
    """The simulation's seeds 658 and 726: HQ had set money aside under an id that the store had thrown away."""
    _, two = pair
    lease = two.agent.line.lease

    def lost(request):
        lease(request)
        raise Unreachable("the answer was lost")

    monkeypatch.setattr(two.agent.line, "lease", lost)
    assert two.sync().error == "unreachable"
    assert book(hq).leased == 100_000
    two.store.erase("m-0001")
    monkeypatch.undo()
    two.sync(), two.sync()
    assert book(hq).leased == 0
    assert two.store.leases.in_state("asked", "open", "closed") == []


@pytest.mark.parametrize("ends_at", ["2036-12-01T02:00:00.000Z", "2026-11-30T02:00:00.000Z"])
def test_a_booking_made_elsewhere_that_cannot_be_takes_no_slot_and_is_shown_as_a_conflict(pair, hq, ends_at):
    """APT-08: ten years of minutes would stop the store that owns the calendar."""
    one, two = pair
    two.store.appointments.add(booking("a-odd").model_copy(update={"ends_at": ends_at}))
    two.sync(), one.sync(), one.sync(), two.sync()
    for shop in pair:
        assert shop.store.appointments.load("a-odd").booking == "conflict"
    assert list(one.store.connections.get().execute("SELECT 1 FROM slots")) == []
    assert hq.here.database.read(lambda con: con.execute(select(slots)).all()) == []


def test_a_store_that_has_reached_its_limit_knows_which(pair, hq):
    """The desk says so in words: waiting does not help."""
    _, two = pair
    hq.app.extensions[EXTENSION] = replace(
        hq.here, lease_limits=hq.here.lease_limits.model_copy(update={"open_fen": 40_000})
    )
    two.sync()
    assert (two.store.leases.held("m-0001", "fen"), two.store.leases.limit("m-0001", "fen")) == (
        40_000,
        "open_amount",
    )
    two.store.leases.ask("m-0001", "fen", 60_000)
    two.sync()
    with pytest.raises(NoLease) as refused:
        two.store.leases.spend(entry("l-2", -50_000, "s002", "spend"))
    assert (refused.value.held, refused.value.limit) == (40_000, "open_amount")
    hq.app.extensions[EXTENSION] = hq.here
    two.store.leases.ask("m-0001", "fen", 60_000)
    two.sync()
    assert (two.store.leases.held("m-0001", "fen"), two.store.leases.limit("m-0001", "fen")) == (100_000, "")
    two.store.leases.spend(entry("l-2", -50_000, "s002", "spend"))


def test_a_store_made_before_reasons_were_kept_keeps_its_leases(pair):
    _, two = pair
    two.sync()
    con = two.store.connections.get()
    con.execute("ALTER TABLE leases DROP COLUMN why")
    con.execute("PRAGMA user_version = 6")
    with Store.open(two.store.home) as upgraded:
        assert upgraded.leases.held("m-0001", "fen") == 100_000
        assert upgraded.leases.limit("m-0001", "fen") == ""
