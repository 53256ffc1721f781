"""Records in the store: validated, logged, put up for HQ, and merged: all in one transaction."""

from __future__ import annotations

import threading

import pytest
from tinydb import where

from edge.store import FactIsFinal, NoStore, NoSuchRecord, NotUnique, Store, changelog
from edge.store.schema import Node
from salon.reconcile import CHAIN_START, Change, Origin, Stamp, canonical, chain
from salon.records import BadRecord, Consent, LedgerEntry, Member, Screening


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "a", "s001") as made:
        yield made


@pytest.fixture
def other(tmp_path):
    with Store.create(tmp_path / "b", "s002") as made:
        yield made


def wang(**fields) -> Member:
    return Member(rid="m-wang", surname="王", phone="13800138000", **fields)


@pytest.mark.parametrize("drink", ["a\0b", "half \ud83d"])
def test_a_record_whose_text_no_database_holds_is_refused_with_its_field(store, drink):
    """Refused by its class or by the store: never kept, and no change logged."""
    with pytest.raises(ValueError, match="drink"):
        store.members.insert({"rid": "m-wang", "surname": "王", "drink": drink})
    assert (len(store.members), store.outbox.count()) == (0, 0)


def test_a_state_is_kept_short_and_read_as_it_was():
    """SYN-02: what a merge goes by is not changed by how it is kept, nor by how an earlier version kept it."""
    a, b = "0196a0000000000a-s001.0001", "0196b0000000000a-s002.0001"
    dots = {"vip": {"+": [a], "-": []}}
    states = [
        {"v": {"surname": "王", "drink": "茶", "tags": ["vip"]}, "t": {"surname": a, "drink": b}, "s": {"tags": dots}},
        {"v": {"surname": "王", "drink": "茶"}, "t": {"surname": a, "drink": a}, "s": {}},
        {"v": {"surname": "王"}, "t": {"surname": a}, "s": {}},
        {"v": {}, "t": {}, "s": {}, "x": a},
        {"v": {"tags": ["vip"], "drink": "茶"}, "t": {"drink": a, "tags": b}, "s": {"tags": dots}},
    ]  # fmt: skip
    for state in states:
        assert changelog.unpack(changelog.pack(state)) == state
        assert changelog.unpack(canonical(state).decode()) == state
    assert len(changelog.pack(states[1])) < len(canonical(states[1]))


def entry(rid="l-1", amount=100) -> LedgerEntry:
    return LedgerEntry(
        rid=rid,
        member="m-wang",
        unit="points",
        amount=amount,
        reason="earn",
        at="2026-11-22T05:00:00Z",
        store="s001",
    )


def consent(granted: bool) -> Consent:
    return Consent(
        rid="c-1", member="m-wang", purpose="share_health", granted=granted, decided_at="2026-11-22T05:00:00Z",
        text_version="1", channel="kiosk",
    )  # fmt: skip


def sent(store: Store) -> list[tuple[str, dict]]:
    return [(change.rid, change.fields) for change in store.outbox.batch()]


def test_a_record_comes_back_as_it_was_written(store):
    store.members.add(wang(drink="乌龙茶", tags=["b", "a"]))
    found = store.members.load("m-wang")
    assert (found.surname, found.drink, found.tags) == ("王", "乌龙茶", ["a", "b"])
    assert store.members.get(where("phone") == "13800138000")["rid"] == "m-wang"


def test_a_document_that_does_not_fit_is_refused_with_its_fields_named_and_nothing_is_written(store):
    with pytest.raises(BadRecord) as caught:
        store.members.insert({"rid": "m-x", "surname": "", "colour": "red"})
    assert set(caught.value.problems) == {"surname", "colour"}
    assert (len(store.members), store.outbox.count()) == (0, 0)


def test_each_write_is_a_change_with_its_actor_and_only_what_changed(store):
    with store.acting("e-li"):
        store.members.add(wang(drink="茶"))
        store.members.edit("m-wang", drink="咖啡")
    first, second = store.outbox.batch()
    assert first.fields == {
        "surname": "王", "phone": "13800138000", "phone_tail": "8000", "drink": "茶",
    }  # fmt: skip
    assert second.fields == {"drink": "咖啡"}
    assert second.base == {"drink": str(first.stamp)}
    assert (first.n, second.n, second.actor) == (1, 2, "e-li")
    assert first.stamp < second.stamp


def test_a_write_that_changes_nothing_is_no_change(store):
    store.members.add(wang())
    store.members.edit("m-wang", surname="王")
    assert store.outbox.count() == 1


def test_the_chain_holds_from_the_first_change_to_the_head(store):
    store.members.add(wang())
    store.ledger.add(entry())
    h = CHAIN_START
    for change in store.outbox.batch():
        h = chain(h, change)
        assert store.outbox.head(change.n) == h


def test_nothing_leaves_the_outbox_before_it_is_acknowledged(store):
    store.members.add(wang())
    assert [c.n for c in store.outbox.batch()] == [c.n for c in store.outbox.batch()] == [1]
    store.outbox.acknowledge(1)
    assert (store.outbox.count(), store.outbox.batch(), store.outbox.oldest_at()) == (0, [], None)
    store.outbox.acknowledge(0)
    assert store.outbox.acked == 1


def test_a_fact_can_be_neither_edited_nor_removed(store):
    store.ledger.add(entry())
    with pytest.raises(FactIsFinal):
        store.ledger.edit("l-1", amount=5)
    with pytest.raises(FactIsFinal):
        store.ledger.remove(where("rid") == "l-1")
    with pytest.raises(FactIsFinal):
        store.ledger.truncate()
    assert store.ledger.load("l-1").amount == 100


def test_a_rid_is_taken_once(store):
    store.ledger.add(entry())
    with pytest.raises(NotUnique):
        store.ledger.add(entry(amount=7))
    assert store.outbox.count() == 1


def test_editing_what_is_not_there_says_so(store):
    with pytest.raises(NoSuchRecord):
        store.members.edit("m-nobody", drink="茶")


def test_several_writes_are_all_or_none(store):
    def fails_at_its_last_write():
        with store.transaction():
            store.members.add(wang())
            store.ledger.add(entry())
            store.ledger.add(entry())

    with pytest.raises(NotUnique):
        fails_at_its_last_write()
    assert (len(store.members), len(store.ledger), store.outbox.count()) == (0, 0, 0)
    store.members.add(wang())
    assert store.outbox.batch()[0].n == 1


def test_health_data_stays_in_the_store_until_the_member_shares_it(store):
    """PIPL, SEC-07: what leaves is numbers, unless the customer consented to more."""
    store.members.add(wang(allergens=["alcohol"], drink="茶"))
    store.screenings.add(
        Screening(rid="q-1", member="m-wang", taken_at="2026-11-22T05:00:00Z", form="1", sensitivity="mild")
    )
    assert "alcohol" not in str(sent(store))
    assert "sensitivity" not in str(sent(store))
    store.consents.add(consent(granted=True))
    later = sent(store)[2:]
    assert ("m-wang", {"allergens": {"add": ["alcohol"]}}) in later
    assert ("q-1", {"sensitivity": "mild"}) in later
    store.members.edit("m-wang", allergens=["alcohol", "latex"])
    assert sent(store)[-1] == ("m-wang", {"allergens": {"add": ["latex"]}})
    store.consents.edit("c-1", granted=False)
    store.members.edit("m-wang", allergens=["alcohol", "latex", "nickel"])
    assert "nickel" not in str(sent(store))


def test_local_fields_never_get_to_the_outbox(store):
    from salon.records import Employee

    store.employees.add(
        Employee(rid="e-li", login="li", name="李", roles=["desk"], store="s001", pin_hash="argon2...")
    )
    assert "argon2" not in str(sent(store))
    assert store.employees.load("e-li").pin_hash == "argon2..."


def test_two_stores_exchange_their_changes_and_are_equal(store, other):
    store.members.add(wang(tags=["vip"]))
    changes = store.outbox.batch()
    assert other.apply(changes, cursor="5").applied == 1
    assert other.members.load("m-wang") == store.members.load("m-wang")
    assert (other.cursor, other.outbox.count()) == ("5", 0)
    other.members.edit("m-wang", drink="水", tags=["vip", "quiet"])
    store.members.edit("m-wang", tags=[])
    back, forth = other.outbox.batch(), store.outbox.batch()[1:]
    store.apply(back, cursor="1")
    other.apply(forth, cursor="6")
    assert store.members.load("m-wang") == other.members.load("m-wang")
    assert store.members.load("m-wang").tags == ["quiet"]


def test_a_change_delivered_twice_counts_once(store, other):
    store.members.add(wang())
    store.ledger.add(entry())
    changes = store.outbox.batch()
    other.apply(changes, cursor="2")
    again = other.apply(changes, cursor="2")
    assert (again.applied, again.duplicates) == (0, 2)
    assert len(other.ledger) == 1


def test_what_hq_sends_wrong_is_kept_and_does_not_stop_the_rest(store):
    origin = Origin("s009", "e1")
    stamp = Stamp(1, 0, origin.node)
    store.apply(
        [
            Change(origin, 1, "spaceship", "x-1", {"a": 1}, stamp),
            Change(origin, 2, "member", "m-bad", {"surname": ["no text"]}, stamp),
            Change(origin, 3, "member", "m-ok", {"surname": "周", "aura": "blue"}, stamp),
        ],
        cursor="3",
    )
    assert {(r.code, r.source) for r in store.refusals()} == {
        ("unknown_kind", "s009"),
        ("bad_value", "s009"),
    }
    assert store.members.load("m-ok").surname == "周"


def test_an_unknown_field_of_a_later_version_is_carried(store):
    origin = Origin("s009", "e1")
    store.apply(
        [Change(origin, 1, "member", "m-1", {"surname": "周", "aura": "blue"}, Stamp(1, 0, origin.node))],
        cursor="1",
    )
    for (body,) in store.connections.get().execute("SELECT body FROM states WHERE rid = 'm-1'"):
        assert '"aura":"blue"' in body


def test_removing_a_document_erases_it_everywhere_and_it_does_not_come_back(store, other):
    store.members.add(wang())
    changes = store.outbox.batch()
    other.apply(changes, cursor="1")
    other.members.edit("m-wang", drink="茶")
    store.members.remove(where("rid") == "m-wang")
    other.apply(store.outbox.batch()[1:], cursor="2")
    store.apply(other.outbox.batch(), cursor="1")
    assert (store.members.find("m-wang"), other.members.find("m-wang")) == (None, None)


def test_a_value_that_gives_way_unknowingly_is_kept_for_review(store, other):
    store.members.add(wang(drink="茶"))
    other.apply(store.outbox.batch(), cursor="1")
    other.members.edit("m-wang", drink="水")
    store.members.edit("m-wang", drink="咖啡")
    applied = store.apply(other.outbox.batch(), cursor="1")
    assert applied.losers == 1


def test_the_feed_tells_of_writes_by_any_thread_and_process(store):
    feed = store.feed()
    assert feed.poll() == []
    thread = threading.Thread(target=lambda: store.members.add(wang()))
    thread.start()
    thread.join()
    notices = feed.wait(2)
    assert [(n.kind, n.rid, n.foreign) for n in notices] == [("member", "m-wang", False)]
    assert feed.poll() == []


def test_a_store_keeps_its_identity_and_another_open_sees_it(store, tmp_path):
    epoch = store.origin.epoch
    with Store.open(tmp_path / "a") as again, Store.create(tmp_path / "a", "other") as third:
        assert again.origin == third.origin == Origin("s001", epoch)


def test_no_store_says_what_to_do(tmp_path):
    with pytest.raises(NoStore, match="parlour"):
        Store.open(tmp_path)


def test_a_wall_clock_behind_the_last_write_is_suspect_and_stamps_still_grow(store, monkeypatch):
    store.members.add(wang())
    before = store.outbox.batch()[0].stamp
    for module in ("edge.store.changelog", "edge.store.store"):
        monkeypatch.setattr(f"{module}.wall_ms", lambda: 1000)
    store.members.edit("m-wang", drink="茶")
    assert store.outbox.batch()[1].stamp > before
    assert store.clock_suspect()


def test_jobs_are_claimed_once_survive_their_worker_and_end_once(store):
    first, second = store.jobs.put("scan", {"visit": "v-1"}), store.jobs.put("scan", {"visit": "v-2"})
    assert store.jobs.claim("scan").id == first
    assert store.jobs.claim("scan").id == second
    assert store.jobs.claim("scan") is None
    assert store.jobs.requeue("scan") == 2
    store.jobs.finish(first, {"scan": "x"})
    store.jobs.cancel(first)
    assert (store.jobs.get(first).state, store.jobs.get(first).result) == ("done", {"scan": "x"})


def test_refusals_are_kept_newest_first_readable_and_bounded(store, monkeypatch):
    monkeypatch.setattr("edge.store.side.MAX_REFUSALS", 3)
    for i in range(5):
        store.refuse("mqtt", "probe-1", "bad_payload", f"no {i}", b"\xff\xfe")
    kept = store.refusals()
    assert [r.detail for r in kept] == ["no 4", "no 3", "no 2"]
    assert kept[0].raw == "base64://4="


def test_a_stale_value_says_so(store):
    store.latest.put("air-1", "co2", 800, "ppm", "2020-01-01T00:00:00Z", interval_s=30)
    store.latest.put("air-1", "temperature", 24, "°C", "2999-01-01T00:00:00Z", interval_s=30)
    assert {v.measure: v.stale for v in store.latest.all()} == {"co2": True, "temperature": False}


def test_the_log_keeps_each_lane_contiguous(store):
    store.members.add(wang(allergens=["alcohol"]))
    store.members.edit("m-wang", allergens=[])
    node = Node.read(store.connections.get())
    assert (node.hq_n, node.store_n) == (1, 2)
