"""Head office is put back from its backup: it finds out, asks for what it lost, and gives no number away twice (SYN-11)."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from tinydb import where

from cloud_sync_server import own
from cloud_sync_server.schema import accounts, audit, identity, member_keys, quarantine, records
from edge.store import again
from edge.store import clock as store_clock
from edge.store.changelog import load_state
from edge.sync import recovery
from edge.sync.nightly import reconcile
from salon.reconcile.protocol import RecordsRequest
from salon.records import Alert, Appointment, LedgerEntry
from tests.edge.sync.conftest import member, visit

AT = "2026-11-22T05:26:59.123Z"


@pytest.fixture
def trio(shops):
    """Three stores that know one member."""
    made = [shops(name) for name in ("s001", "s002", "s003")]
    for shop in made:
        shop.sync()
    made[0].store.members.add(member())
    for shop in made:
        shop.sync()
    return made


def at_hq(hq):
    return set(
        hq.here.database.read(
            lambda con: con.execute(select(records.c.rid).where(records.c.erased.is_(False))).scalars().all()
        )
    )


def calm(shops):
    """All exchange, and each has its night. Returns what the second night found."""
    for shop in shops * 2:
        assert shop.sync().error == ""
    for shop in shops * 2:
        reconcile(shop.agent)
    assert [shop.sync().pending for shop in shops] == [0, 0, 0]
    return [reconcile(shop.agent).outcome for shop in shops]


def state_at_hq(shop, ref):
    [known] = shop.agent.line.records(RecordsRequest(refs=[ref])).records
    return known.state


def alias(hq, rid, into):
    draft = own.Draft("member", rid, {"merged_into": into})
    hq.here.database.write(lambda con: own.write(con, hq.here.vault, hq.here.settings, [draft], "boss"))


def test_a_store_that_has_nothing_new_to_say_brings_it_back_too(trio, hq):
    put_back = hq.keep()
    trio[0].store.visits.add(visit())
    for shop in trio:
        shop.sync()
    put_back()
    assert at_hq(hq) == {"m-0001"}
    epoch = hq.here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one())
    assert trio[0].sync().error == ""
    assert at_hq(hq) == {"m-0001", "v-0001"}
    read = hq.here.database.read
    assert read(lambda con: con.execute(select(identity.c.epoch)).scalar_one()) != epoch
    told = read(
        lambda con: con.execute(select(audit.c.actor).where(audit.c.action == "went_back")).scalars().all()
    )
    assert told == ["s001"]  # once, however often it was asked
    assert calm(trio) == ["equal"] * 3


def test_what_was_erased_since_is_erased_again_and_holds_up_nothing(trio, hq):
    """SEC-07: the log has no content of hers any more to send, only its links."""
    put_back = hq.keep()
    one, two, _ = trio
    one.store.visits.add(visit())
    one.sync(), two.sync()
    two.store.erase("m-0001")
    two.sync(), one.sync()
    put_back()
    one.store.members.add(member("m-0002", phone="13800000002"))
    assert calm(trio) == ["equal"] * 3
    assert "m-0001" not in at_hq(hq)
    assert "v-0001" not in at_hq(hq)
    assert "m-0002" in at_hq(hq)
    read = hq.here.database.read
    assert (
        read(
            lambda con: con.execute(
                select(member_keys.c.wrapped).where(member_keys.c.member == "m-0001")
            ).scalar()
        )
        is None
    )
    assert set(read(lambda con: con.execute(select(quarantine.c.state)).scalars().all())) <= {"erased"}


def test_what_waits_for_the_first_change_of_a_record_erased_since_goes_though_that_never_comes(trio, hq):
    """SEC-07, seeds 70168 and 70175 (cornered): HQ lost the booking, and only the store that answered it knows whose it was."""
    one, two, _ = trio
    put_back = hq.keep()
    two.store.appointments.add(
        Appointment(
            rid="a-0001", member="m-0001", store="s001", services=["facial"], bed="bed-1", booking="provisional",
            starts_at="2026-12-01T10:00:00Z", ends_at="2026-12-01T11:00:00Z",
        )
    )  # fmt: skip
    two.sync(), one.sync()  # which answers it
    put_back()
    two.store.erase("m-0001")
    two.sync()
    waiting = select(quarantine.c.reason, quarantine.c.state, quarantine.c.body).where(
        quarantine.c.rid == "a-0001", quarantine.c.store == "s001"
    )
    one.sync()
    assert hq.here.database.read(lambda con: con.execute(waiting).one())[:2] == ("orphan", "open")
    assert calm(trio) == ["equal"] * 3
    assert tuple(hq.here.database.read(lambda con: con.execute(waiting).one())) == ("orphan", "erased", b"")


def test_of_what_went_with_an_erased_member_only_her_erasure_is_said_again(trio, hq):
    """SEC-07: her visit stands in the backup, too, and a store that only heard of the erasure is the first to come."""
    one, two, three = trio
    one.store.visits.add(visit())
    for shop in trio:
        shop.sync()
    put_back = hq.keep()
    three.store.erase("m-0001")
    three.sync(), two.sync()
    put_back()
    one.store.members.add(member("m-0002", phone="13800000002"))
    assert at_hq(hq) == {"m-0001", "v-0001"}
    three.line.cut = True
    one.store.visits.add(visit("v-0002", member="m-0002"))
    one.sync(), two.sync(), two.sync(), one.sync()
    assert at_hq(hq) == {"m-0002", "v-0002", "m-0001.s002.x"}  # and the receipt
    three.line.cut = False
    for shop in trio * 2:
        assert shop.sync().error == ""
    assert [reconcile(shop.agent).outcome for shop in (one, two)] == ["equal", "equal"]
    assert hq.here.database.read(lambda con: con.execute(select(quarantine.c.rid)).all()) == []
    assert calm(trio) == ["equal"] * 3


def test_a_tombstone_of_what_was_a_members_goes_where_head_office_has_none_since_she_was_erased(trio, hq):
    """A copy of her visit was erased by itself before she was; of an erased member's records HQ keeps nothing."""
    one, two, _ = trio
    one.store.visits.add(visit())
    for shop in trio:
        shop.sync()
    two.store.visits.remove(where("rid") == "v-0001")
    for shop in (two, *trio):
        shop.sync()
    two.store.erase("m-0001")
    for shop in (two, *trio):
        shop.sync()
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.visits.find("v-0001") for shop in trio] == [None] * 3
    assert "v-0001" not in at_hq(hq)


def test_what_head_office_has_of_an_erased_member_as_anothers_is_erased_by_itself(trio, hq):
    """An alert was about nobody when it was written, and about her later: with her key it does not go."""
    one, two, _ = trio
    said = {"store": "s001", "rule": "r", "key": "k", "zh_text": "一", "en_text": "one", "at": AT}
    one.store.alerts.add(Alert(rid="t-0001", **said))
    one.sync()
    one.store.alerts.edit("t-0001", member="m-0001")
    for shop in trio:
        shop.sync()
    two.store.erase("m-0001")
    for shop in (two, *trio):
        shop.sync()
    assert "t-0001" in at_hq(hq)
    assert calm(trio) == ["equal"] * 3
    assert "t-0001" not in at_hq(hq)


def test_an_erasure_that_head_office_itself_decided_is_said_again_by_a_store(trio, hq):
    put_back = hq.keep()
    draft = own.Draft("member", "m-0001", {}, erase=True)
    hq.here.database.write(lambda con: own.write(con, hq.here.vault, hq.here.settings, [draft], "boss"))
    trio[0].sync()
    put_back()
    assert at_hq(hq) == {"m-0001"}
    assert calm(trio) == ["equal"] * 3
    assert at_hq(hq).isdisjoint({"m-0001"})
    assert all(shop.store.members.find("m-0001") is None for shop in trio)


@pytest.mark.parametrize("heard_in", ["its inbox", "a snapshot"])
def test_what_head_office_itself_decided_comes_back_from_a_store_that_heard_of_it(trio, hq, heard_in):
    """Seed 70006 (cornered): the snapshot leaves no line in the store's log."""
    one = trio[0]
    one.store.members.add(member("m-0002", phone="13800000002"))
    one.sync()
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0002")
    if heard_in == "a snapshot":
        with trio[1].store.transaction() as con:
            con.execute("UPDATE node SET cursor = ''")
    trio[1].sync()
    put_back()
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == ["m-0002"] * 3


@pytest.mark.parametrize("off_ms", [0, 3_600_000, -3_600_000])
@pytest.mark.parametrize("who_heard_the_first", [0, 1])
def test_of_two_lost_words_on_one_field_the_later_stands_whosever_night_comes_first(
    trio, hq, off, who_heard_the_first, off_ms
):
    """SYN-11, seeds 52092 (attacked), 70113 and 70142 (cornered): each is said again under the time at which it was written first, also by a
    store whose clock is off.
    """
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0002")
    trio[who_heard_the_first].sync()
    alias(hq, "m-0001", "m-0003")
    trio[1 - who_heard_the_first].sync()
    put_back()
    off.off_ms = off_ms
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == ["m-0003"] * 3


def test_a_decision_taken_once_more_and_lost_counts_by_its_last_time(trio, hq):
    """SYN-11, seed 70209 (cornered): HQ has the same word, of before; a third word was said in between, and is heard of last."""
    one, two, _ = trio
    alias(hq, "m-0001", "m-0002")
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0003")
    two.sync()
    alias(hq, "m-0001", "m-0002")
    one.sync()
    put_back()
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == ["m-0002"] * 3


def test_what_a_store_heard_in_a_snapshot_and_head_office_lost_is_not_taken_away_by_day_either(trio, hq, off):
    """SYN-11, seed 52045 (attacked): a write of its own got another time, and its record was made anew from HQ's and the log."""
    two = trio[1]
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0002")
    with two.store.transaction() as con:
        con.execute("UPDATE node SET cursor = ''")
    two.sync()
    put_back()
    off.off_ms = 30 * 365 * 86_400_000
    two.store.members.edit("m-0001", drink="tea", tags=["quiet"])
    assert two.sync().error == ""
    off.off_ms = 0
    assert two.store.members.load("m-0001").merged_into == "m-0002"
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == ["m-0002"] * 3


@pytest.mark.parametrize("renumbered", ["before it was sent", "after it was lost again"])
def test_what_is_said_again_and_then_numbered_anew_keeps_its_time(trio, hq, off, renumbered):
    """SYN-11: by a store whose clock is off, which says so of what it wrote itself."""
    two, ref = trio[1], ("member", "m-0001")
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0002")
    first = state_at_hq(two, ref)["t"]["merged_into"][:16]
    two.sync()
    put_back()
    two.sync()
    off.off_ms = 3_600_000
    two.store.members.edit("m-0001", drink="tea")
    again.documents(two.store, {ref: state_at_hq(two, ref)}, [ref])
    if renumbered == "after it was lost again":
        assert two.sync().error == ""
        put_back()
    recovery.recover(two.store, two.agent.line, "a copy")
    two.store.members.edit("m-0001", drink="water")
    assert two.sync().error == ""
    known = state_at_hq(two, ref)
    assert (known["v"]["merged_into"], known["t"]["merged_into"][:16]) == ("m-0002", first)
    off.off_ms = 0
    assert calm(trio) == ["equal"] * 3


def test_a_record_that_head_office_lost_comes_back_whole_each_field_under_its_time(trio, hq):
    """Its first change needs what another store wrote over since: HQ would wait for it, and a person with it."""
    one, two, three = trio
    put_back = hq.keep()
    one.store.members.add(member("m-0002", phone="13800000002"))
    one.sync(), two.sync(), three.sync()
    two.store.members.edit("m-0002", surname="李")
    two.sync(), three.sync()
    before = load_state(three.store.connections.get(), "m-0002")
    put_back()
    one.line.cut = two.line.cut = True
    three.sync()
    for _ in range(2):
        reconcile(three.agent)
    three.sync()
    one.line.cut = two.line.cut = False
    assert "m-0002" in at_hq(hq)
    assert hq.here.database.read(lambda con: con.execute(select(quarantine.c.reason)).all()) == []
    after = load_state(three.store.connections.get(), "m-0002")
    assert {name: stamp[:16] for name, stamp in after["t"].items()} == {
        name: stamp[:16] for name, stamp in before["t"].items()
    }
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0002").surname for shop in trio] == ["李"] * 3


def test_its_own_numbers_are_not_given_away_twice(trio, hq):
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0008")
    for shop in trio:
        shop.sync()
    put_back()
    alias(hq, "m-0001", "m-0009")
    calm(trio)
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == ["m-0009"] * 3


def test_its_own_numbers_are_not_given_away_twice_though_only_what_stores_have_read_shows_it(trio, hq):
    """No store had written anything since the backup; each comes before head office decides anew."""
    put_back = hq.keep()
    alias(hq, "m-0001", "m-0008")
    for shop in trio:
        shop.sync()
    put_back()
    for shop in trio:
        shop.sync()
    alias(hq, "m-0001", "m-0009")
    for shop in trio:
        shop.sync()
    assert [shop.store.members.load("m-0001").merged_into for shop in trio] == [
        "m-0009"
    ] * 3  # not only after a night
    told = hq.here.database.read(
        lambda con: con.execute(select(audit.c.actor).where(audit.c.action == "went_back")).scalars().all()
    )
    assert told == ["s001"]


def test_a_store_whose_place_in_its_inbox_is_taken_by_another_change_misses_nothing(trio, hq):
    """Head office's own change stood there; since it was put back, another store's does, and more."""
    put_back = hq.keep()
    one, two, _ = trio
    alias(hq, "m-0001", "m-0008")
    two.sync()
    put_back()
    one.store.visits.add(visit())
    one.store.visits.add(visit("v-0002"))
    one.sync()
    two.sync()
    assert {two.store.visits.find(rid).rid for rid in ("v-0001", "v-0002")} == {"v-0001", "v-0002"}


def test_what_an_earlier_life_of_a_store_wrote_is_sent_by_the_later_one(trio, hq):
    put_back = hq.keep()
    one = trio[0]
    one.store.visits.add(visit())
    one.store.members.edit("m-0001", drink="tea")
    one.sync()
    recovery.recover(one.store, one.agent.line, "a copy")
    one.store.members.edit("m-0001", drink="water")
    one.sync()
    put_back()
    assert calm(trio) == ["equal"] * 3
    assert at_hq(hq) == {"m-0001", "v-0001"}
    assert [shop.store.members.load("m-0001").drink for shop in trio] == ["water"] * 3


def top_up(store, rid="l-0001"):
    said = {"member": "m-0001", "unit": "fen", "amount": 6_000, "reason": "top_up", "at": AT}
    store.ledger.add(LedgerEntry(rid=rid, store=store.store_id, **said))


def test_what_an_earlier_life_wrote_is_missed_by_a_life_to_which_nothing_was_acknowledged_yet(trio, hq):
    """SYN-11, LOY-09 (seed 534): the card was put back, then head office; the new life, which began in between, knows of no number that
    head office lacks.
    """
    put_back = hq.keep()
    one = trio[0]
    top_up(one.store)
    one.store.members.edit("m-0001", drink="tea")
    one.sync()
    recovery.recover(one.store, one.agent.line, "a copy")
    put_back()
    one.store.members.edit("m-0001", music="lute")
    assert one.sync().error == ""
    assert at_hq(hq) == {"m-0001", "l-0001"}  # at once, not in the night
    for shop in trio * 2:
        shop.sync()
    known = [shop.store.members.load("m-0001") for shop in trio]
    assert [(one.drink, one.music) for one in known] == [("tea", "lute")] * 3
    written = one.store.outbox.acked
    assert one.sync().pushed == 0
    assert calm(trio) == ["equal"] * 3
    assert one.store.outbox.acked == written  # once


def test_a_stores_own_money_is_missed_at_night_though_its_new_life_has_nothing_to_say(trio, hq):
    """SYN-11, LOY-09."""
    put_back = hq.keep()
    one = trio[0]
    top_up(one.store)
    for shop in trio:
        shop.sync()
    recovery.recover(one.store, one.agent.line, "a copy")
    put_back()
    for shop in trio:
        shop.sync()
    assert at_hq(hq) == {"m-0001"}
    assert calm(trio) == ["equal"] * 3
    assert at_hq(hq) == {"m-0001", "l-0001"}
    assert hq.here.database.read(lambda con: con.execute(select(accounts.c.balance)).scalar_one()) == 6_000


def test_a_stamp_that_was_set_right_once_is_not_judged_anew(trio, hq, monkeypatch):
    """Others have it as it was; an hour's error of the clock must not order a day's writes in two ways."""
    put_back = hq.keep()
    one, two, _ = trio

    class Fast(store_clock.Source):
        def wall_ms(self):
            return super().wall_ms() + 3_600_000

    monkeypatch.setattr(store_clock, "source", Fast())
    one.store.members.edit("m-0001", drink="tea")
    one.sync(), two.sync()
    monkeypatch.undo()
    put_back()
    for shop in trio * 2:
        shop.sync()
    assert [reconcile(shop.agent).outcome for shop in trio] == ["equal"] * 3


def test_an_edit_before_its_records_first_change_and_ahead_of_time_is_set_right_for_all(trio, hq, off):
    """SYN-02, SYN-11 (seed 8618): what HQ put aside has its time from HQ, too, and the store hears it though the first answer is lost."""
    put_back = hq.keep()
    one, two, _ = trio
    two.store.members.add(member("m-0002", phone="13800000002"))
    two.sync(), one.sync()
    put_back()
    one.sync()
    off.off_ms = 3_600_000
    one.store.members.edit("m-0002", drink="tea", tags=["quiet"])
    off.off_ms = 0
    one.line.lose_answers = 1
    assert one.sync().error == "unreachable"
    assert one.sync().error == ""
    two.sync(), one.sync()
    ref = ("member", "m-0002")
    assert load_state(one.store.connections.get(), "m-0002")["t"] == state_at_hq(one, ref)["t"]
    assert calm(trio) == ["equal"] * 3


def test_a_lost_lifes_write_ahead_of_time_said_again_stands_where_head_office_puts_it(trio, hq, off):
    """SYN-02, SYN-11 (seed 8618): a store that never learnt of the time HQ gave hears of it as soon as it says the same once more."""
    one = trio[0]
    off.off_ms = 3_600_000
    one.store.members.edit("m-0001", drink="tea", tags=["quiet"])
    off.off_ms = 0
    one.sync()
    recovery.recover(one.store, one.agent.line, "a copy")
    with one.store.transaction() as con:
        con.execute("UPDATE changes SET restamped = '' WHERE rid = 'm-0001'")
    one.store.rebuild("member", "m-0001", state_at_hq(one, ("member", "m-0001")))
    assert calm(trio) == ["equal"] * 3
    assert [shop.store.members.load("m-0001").tags for shop in trio] == [["quiet"]] * 3


def test_an_acknowledgement_of_more_than_hq_holds_is_found_out_and_sent_again(trio, hq):
    one = trio[0]
    one.store.visits.add(visit())
    with one.store.transaction() as con:
        con.execute("UPDATE node SET acked = hq_n")
    assert one.store.outbox.count() == 0
    assert one.sync().error == ""
    assert at_hq(hq) == {"m-0001", "v-0001"}
