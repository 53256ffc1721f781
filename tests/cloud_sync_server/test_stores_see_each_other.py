"""SYN-01, SYN-02: what one store writes reaches the others: by inbox, by snapshot, by looking up a phone number."""

from __future__ import annotations

import hmac

import pytest
from sqlalchemy import event, select

from cloud_sync_server import clock, distribution, proof
from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.schema import inbox, records, subscriptions
from cloud_sync_server.statements import add
from salon.reconcile import Change, Origin, canonical, join, merge
from salon.records import Member, record_class
from tests.cloud_sync_server.wire import MEMBER, VISIT, HqClient


def test_the_other_store_gets_the_changes_in_order_and_the_writer_does_not(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.bootstrap(), two.bootstrap()
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    assert one.push().json["inbox_head"] == 0
    got = two.pull()
    assert [item["op"] for item in got] == one.log
    assert {item["origin"] for item in got} == {"s001.0001"}
    assert two.pull() == []
    assert one.pull() == []


def test_a_pull_goes_by_pages_of_count_and_of_bytes(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    for i in range(5):
        one.write("member", f"m-000{i}", {**MEMBER, "notes": "好" * 1000})
    one.push()
    assert [len(two.pull(limit=2)) for _ in range(3)] == [2, 2, 1]
    two.cursor = two.cursor.replace(".5", ".0")
    assert [len(two.pull(max_bytes=7_000)) for _ in range(3)] == [2, 2, 1]


@pytest.mark.parametrize(
    "cursor", ["", "0", "nonsense", "ffffffff.0", "{epoch}.99", "{epoch}.-1", "{epoch}.x", "{epoch}."]
)
def test_a_cursor_that_is_of_no_inbox_here_is_gone(hq, cursor):
    """A rolled-back or another HQ is noticed by it."""
    store = hq.enrol("s001")
    store.bootstrap()
    answer = store.get("/pull", cursor=cursor.format(epoch=store.cursor.partition(".")[0]))
    assert (answer.status_code, answer.json["code"]) == (410, "cursor_gone")


def test_a_new_store_reads_a_snapshot_and_pulls_on_from_it(hq):
    one = hq.enrol("s001")
    for i in range(7):
        one.write("member", f"m-000{i}", MEMBER)
        one.write("member", f"m-000{i}", {"tags": {"add": ["vip"]}})
    one.push()
    two = hq.enrol("s002")
    page = two.get("/snapshot", limit=3).json
    one.write("member", "m-0000", {"drink": "tea"})  # while the snapshot is being read
    one.push(15)
    states = {record["rid"]: record["state"] for record in page["records"]}
    two.cursor = page["cursor"]
    while page["next"]:
        page = two.get("/snapshot", limit=3, after=page["next"]).json
        assert page["cursor"] == two.cursor
        states |= {record["rid"]: record["state"] for record in page["records"]}
    for item in two.pull():
        change = Change.from_wire(Origin.of_node(item["origin"]), item["op"])
        states[change.rid] = merge(record_class(change.kind), states.get(change.rid), change).state
    assert sorted(states) == [f"m-000{i}" for i in range(7)]
    assert states["m-0000"]["v"]["drink"] == "tea"
    assert all(state["v"]["tags"] == ["vip"] for state in states.values())


def test_a_snapshot_joined_with_its_own_changes_gives_the_same_bytes(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("member", "m-0001", {**MEMBER, "allergens": {"add": ["latex"]}})
    one.write("member", "m-0001", {"drink": "tea"})
    one.push()
    [record] = two.bootstrap()
    state = None
    for item in two.pull():
        state = merge(Member, state, Change.from_wire(Origin.of_node(item["origin"]), item["op"])).state
    assert canonical(join(Member, state, record["state"])) == canonical(record["state"])


@pytest.mark.parametrize("after", ["x", "e30=", "WzEsMiwzLDRd", "!!!"])
def test_a_snapshot_page_that_is_no_place_is_refused(hq, after):
    assert hq.enrol("s001").get("/snapshot", after=after).status_code == 400


def test_two_stores_that_edit_one_member_meet_in_one_state(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", {**MEMBER, "allergens": {}})
    one.push()
    two.write("member", "m-0001", {"drink": "tea", "tags": {"add": ["vip"]}})
    one.write("member", "m-0001", {"music": "piano"})
    assert two.push().json["results"] == []
    one.push(2)
    [row] = hq.here.database.read(lambda con: con.execute(select(records)).all())
    ring = hq.here.database.read(lambda con: hq.here.vault.reading(con, ["m-0001"]))
    values = ring.open("m-0001", row.body, "records|m-0001|member|m-0001")["v"]
    assert (values["drink"], values["music"], values["tags"]) == ("tea", "piano", ["vip"])


def test_devices_of_a_store_are_nobody_elses(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("device", "d-0001", {"device": "probe-1", "profile": "probe", "name": "探头", "store": "s001"})
    one.push()
    assert two.pull() == []
    assert [record["kind"] for record in one.bootstrap()] == ["device"]
    assert two.bootstrap() == []


class TestSubscribed:
    """`distribution = subscribed`: a store gets whom it knows, and may look others up."""

    @pytest.fixture
    def hq(self, settings):
        app = create_app(settings.model_copy(update={"distribution": "subscribed"}))
        yield HqClient(app)
        app.extensions[EXTENSION].database.close()

    def phone_key(self, store, phone):
        return hmac.digest(bytes.fromhex(store.lookup_key), phone.encode(), "sha256").hex()

    def test_a_member_found_by_phone_is_subscribed_from_then_on(self, hq):
        one, two = hq.enrol("s001"), hq.enrol("s002")
        two.bootstrap()
        one.write("member", "m-0001", MEMBER)
        one.write("service", "facial", {"name": "面部", "name_en": "Facial", "category": "skin", "minutes": 60,
                                         "price_fen": 100})  # fmt: skip
        one.push()
        assert [item["op"]["kind"] for item in two.pull()] == ["service"]
        assert [record["kind"] for record in two.bootstrap()] == ["service"]
        found = two.get("/members/lookup", phone_key=self.phone_key(two, "13800000001")).json
        assert found["members"] == ["m-0001"]
        assert found["records"][0]["state"]["v"]["surname"] == "王"
        one.write("member", "m-0001", {"drink": "tea"})
        one.push(3)
        # What was said before stands in the inbox too: a copy of this store's card that is put back reads it there.
        assert [item["op"]["f"] for item in two.pull()] == [MEMBER, {"drink": "tea"}]

    def test_a_number_nobody_has_finds_nobody(self, hq):
        store = hq.enrol("s001")
        found = store.get("/members/lookup", phone_key=self.phone_key(store, "13999999999")).json
        assert found == {"members": [], "records": []}
        assert store.get("/members/lookup", phone_key="13800000001").status_code == 400

    def test_a_push_reads_no_list_of_all_stores_for_what_is_some_stores_business(self, hq):
        """At ten thousand stores, going through them all for each change took longer than all else."""
        stores = [hq.enrol(f"s{n:03}") for n in range(1, 6)]
        for store in stores:
            store.bootstrap()
        one, two = stores[:2]
        one.write("member", "m-0001", MEMBER)
        one.push()
        two.get("/members/lookup", phone_key=self.phone_key(two, "13800000001"))
        assert len(two.pull()) == 1
        said = []
        event.listen(
            hq.here.database.engine,
            "before_cursor_execute",
            lambda *seen: said.append(" ".join(seen[2].split())),
        )
        one.write("member", "m-0001", {"drink": "tea"})
        one.write("member", "m-0002", {**MEMBER, "phone": "13800000002"})
        one.push(2)
        assert any(text.startswith("UPDATE inbox_head") for text in said)
        assert [text for text in said if text.startswith("SELECT inbox_head.store")] == []
        assert [len(store.pull()) for store in stores] == [0, 1, 0, 0, 0]
        one.write("service", "facial", {"name": "面部", "name_en": "Facial", "category": "skin", "minutes": 60,
                                         "price_fen": 100})  # fmt: skip
        one.push(4)
        assert [len(store.pull()) for store in stores] == [0, 1, 1, 1, 1]

    def test_a_member_who_is_there_each_day_is_written_down_once_a_day(self, hq, monkeypatch):
        store = hq.enrol("s001")
        start = clock.source.ms()

        def since(days):
            """When HQ noted that she was in the store, after a write so many days from now."""
            monkeypatch.setattr(clock.source, "ms", lambda: start + int(days * 86_400_000))
            guest = {**MEMBER, "home_store": "s009"}
            store.write("member", "m-0001", guest if not days else {"drink": f"tea {days}"})
            assert store.push(len(store.log)).json["acked"] == len(store.log)
            return hq.here.database.read(lambda con: con.execute(select(subscriptions.c.since)).scalar_one())

        first = since(0)
        assert since(0.9) == first
        second = since(1.1)
        assert second > first
        assert since(1.5) == second
        assert since(400) > second

    def test_a_member_who_becomes_a_stores_own_is_known_there_whole_and_for_good(self, hq, monkeypatch):
        """SYN-04: whom nobody there has looked up yet, her visits included; and a year without a visit changes nothing."""
        one, two, three = (hq.enrol(name) for name in ("s001", "s002", "s003"))
        for store in (two, three):
            store.bootstrap()
        one.write("member", "m-0001", MEMBER)
        one.write("visit", "v-0001", VISIT)
        one.push()
        assert two.pull() == []
        one.write("member", "m-0001", {"home_store": "s002"})
        one.push(3)
        assert [(item["op"]["kind"], item["op"]["n"]) for item in two.pull()] == [
            ("member", 1),
            ("visit", 2),
            ("member", 3),
        ]
        start = clock.source.ms()
        monkeypatch.setattr(clock.source, "ms", lambda: start + 400 * 86_400_000)
        one.write("member", "m-0001", {"drink": "tea"})
        one.push(4)
        assert [item["op"]["f"] for item in two.pull()] == [{"drink": "tea"}]
        assert two.get("/members/lookup", phone_key=self.phone_key(two, "13800000001")).json["members"] == [
            "m-0001"
        ]
        one.write("member", "m-0001", {"home_store": "s003"})
        one.push(5)
        assert len(three.pull()) == 5
        assert len(two.pull()) == 1
        monkeypatch.setattr(clock.source, "ms", lambda: start + 800 * 86_400_000)
        one.write("member", "m-0001", {"drink": "latte"})
        one.push(6)
        assert (len(two.pull()), len(three.pull())) == (0, 1)

    def test_who_is_booked_into_a_store_that_does_not_know_her_is_known_there(self, hq):
        """APT-08: else nobody there would answer the booking."""
        one, two = hq.enrol("s001"), hq.enrol("s002")
        two.bootstrap()
        booking = {"member": "m-0001", "store": "s002", "starts_at": "2026-12-01T02:00:00Z", "ends_at": "2026-12-01T03:00:00Z",
                   "booking": "provisional", "services": {"add": ["facial"]}}  # fmt: skip
        one.write("member", "m-0001", MEMBER)
        one.write("appointment", "a-0001", booking)
        one.push()
        assert [item["op"]["kind"] for item in two.pull()] == ["member", "appointment"]
        one.write("appointment", "a-0002", {**booking, "store": "s009"})
        assert one.push(3).status_code == 200

    def test_the_proof_of_a_night_reads_what_is_the_stores_and_not_the_whole_chain(self, hq):
        def rows(member, count):
            row = {
                "member": member,
                "kind": "visit",
                "store": "s002",
                "body": b"",
                "erased": False,
                "digest": b"1",
            }
            return [{**row, "rid": f"{member}-{n}"} for n in range(count)]

        def work(con):
            postgresql = con.dialect.name == "postgresql"
            if postgresql:
                con.exec_driver_sql("TRUNCATE records, subscriptions")  # no pages of other tests' rows
            for n in range(400):
                add(con, records, rows(f"m-{n:04}", 40))
            add(con, records, rows("", 3))
            distribution.subscribe(con, "s001", ["m-0007", "m-0009"])
            distribution.subscribe(con, "s002", [f"m-{n:04}" for n in range(400)])
            of_all = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'records'"
            before = 0
            if postgresql:
                con.exec_driver_sql("ANALYZE records, subscriptions")  # as autovacuum does within a minute
                before = con.exec_driver_sql(of_all).scalar_one()
            held = [rid for _, rid, _ in proof._held(con, hq.here.settings, "s001")]
            return held, con.exec_driver_sql(of_all).scalar_one() - before if postgresql else 0

        held, read_whole = hq.here.database.write(work)
        mine = [rid for rid in held if rid[0] == "m"]
        assert sorted(mine) == sorted(f"{m}-{n}" for m in ("m-0007", "m-0009") for n in range(40))
        assert (len(held), read_whole) == (83, 0)


def test_inbox_numbers_have_no_gaps(hq):
    stores = [hq.enrol(f"s00{i}") for i in (1, 2, 3)]
    for round_ in range(3):
        for store in stores:
            store.write("member", f"m-{store.origin.store}-{round_}", MEMBER)
            store.push(round_ + 1)
    rows = hq.here.database.read(lambda con: con.execute(select(inbox.c.store, inbox.c.seq)).all())
    for store in stores:
        assert sorted(seq for name, seq in rows if name == store.origin.store) == list(range(1, 7))
