"""Two stores and HQ: what is written once arrives once, whatever happens to the line."""

from __future__ import annotations

import shutil
import stat

import httpx
import pytest
from sqlalchemy import select, update

from cloud_sync_server.schema import changes, origins, records, stores
from edge.store import Store
from edge.sync import Agent, NotEnrolled, Refused, enrol
from salon.reconcile.protocol import PulledChange
from salon.records import Consent, Device, LedgerEntry, Screening
from salon.rules import screening
from tests.edge.sync.conftest import URL, Shop, member, visit


def test_a_second_store_sees_the_member_and_the_visit(shops):
    """SYN-01, SYN-02."""
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.store.members.add(member())
    one.store.visits.add(visit(services=["facial"]))
    one.store.members.edit("m-0001", drink="tea")
    report = one.sync()
    assert (report.pushed, report.refused, report.pending, report.error) == (3, 0, 0, "")
    assert two.sync().pulled == 3
    assert two.store.members.load("m-0001") == one.store.members.load("m-0001")
    assert two.store.visits.load("v-0001") == one.store.visits.load("v-0001")


def test_edits_on_both_sides_meet_in_one_record(shops):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(tags=["vip"]))
    one.sync(), two.sync()
    one.store.members.edit("m-0001", drink="tea", tags=["vip", "regular"])
    two.store.members.edit("m-0001", drink="water", tags=["vip", "bride"])
    for shop in (one, two, one):
        shop.sync()
    here, there = one.store.members.load("m-0001"), two.store.members.load("m-0001")
    assert here == there
    assert here.tags == ["bride", "regular", "vip"]
    assert here.drink in {"tea", "water"}


def test_a_lost_acknowledgement_is_mended_by_sending_again_and_nothing_is_doubled(shops, hq):
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.store.ledger.add(
        LedgerEntry(rid="l-0001", member="m-0001", unit="points", amount=100, reason="earn",
                    at="2026-11-22T05:26:59.123Z", store="s001")
    )  # fmt: skip
    one.line.lose_answers = 1
    assert one.sync().error == "unreachable"
    assert one.store.outbox.count() == 1
    assert hq.here.database.read(lambda con: con.execute(select(origins.c.acked)).scalar()) == 1
    report = one.sync()
    assert (report.error, report.pending) == ("", 0)
    two.sync()
    assert sum(entry.amount for entry in two.store.ledger.select()) == 100
    assert len(hq.here.database.read(lambda con: con.execute(select(changes)).all())) == 1


def test_a_store_without_a_line_works_on_and_catches_up(shops):
    """SYN-09."""
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.line.cut = True
    for i in range(250):
        one.store.members.add(member(f"m-{i:04}"))
    assert one.sync().error == "unreachable"
    assert one.store.settings.get("sync_status")["last_error"] == "unreachable"
    assert one.store.settings.get("sync_status")["pending"] == 250
    one.line.cut = False
    assert one.sync().pushed == 250
    assert one.store.settings.get("sync_status")["last_error"] == ""
    assert two.sync().pulled == 250


def test_batches_grow_on_a_good_line_and_shrink_on_a_bad_one(shops):
    one = shops("s001")
    with one.store.transaction():
        for i in range(400):
            one.store.members.add(member(f"m-{i:04}"))
    assert [one.agent.push_once(), one.agent.push_once()] == [100, 200]
    one.line.lose_answers = 1
    with pytest.raises(Exception, match="lost"):
        one.agent.push_once()
    assert one.agent.push_once() == 100
    assert one.agent.push_once() == 0


def test_a_poisoned_change_is_shown_and_the_queue_drains(shops, hq, monkeypatch):
    one = shops("s001")
    monkeypatch.setattr("cloud_sync_server.ingest.check", _refuse_first())
    one.store.members.add(member())
    one.store.members.add(member("m-0002"))
    report = one.sync()
    assert (report.pushed, report.refused, report.pending) == (2, 1, 0)
    [refusal] = one.store.refusals()
    assert (refusal.boundary, refusal.code) == ("sync", "bad_value")
    rids = hq.here.database.read(lambda con: con.execute(select(records.c.rid)).scalars().all())
    assert rids == ["m-0002"]


def _refuse_first():
    from salon.reconcile import BadChange

    def check(_cls, change):
        if change.n == 1:
            raise BadChange("bad_value", "surname: not today")

    return check


def test_a_new_store_gets_all_there_is_and_goes_on_from_there(shops):
    one = shops("s001")
    for i in range(30):
        one.store.members.add(member(f"m-{i:04}"))
    one.store.visits.add(visit())
    one.store.members.edit("m-0000", allergens=[], tags=["vip"])
    one.sync()
    two = shops("s002")
    assert two.sync().pulled == 31
    assert two.store.members.load("m-0000").tags == ["vip"]
    two.store.members.edit("m-0000", tags=["vip", "bride"])
    one.store.members.edit("m-0000", drink="tea")
    for shop in (two, one, two):
        shop.sync()
    assert one.store.members.load("m-0000") == two.store.members.load("m-0000")
    assert one.store.members.load("m-0000").tags == ["bride", "vip"]


def test_the_cursor_moves_in_the_transaction_that_takes_the_changes_in(shops, monkeypatch):
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.store.members.add(member())
    one.sync()
    before = two.store.cursor
    monkeypatch.setattr("edge.store.remote.changelog.insert", _power_cut)
    with pytest.raises(RuntimeError):
        two.agent.pull_once()
    assert two.store.cursor == before
    assert two.store.members.find("m-0001") is None
    monkeypatch.undo()
    two.sync()
    assert two.store.cursor != before
    assert two.store.members.load("m-0001").surname == "王"


def _power_cut(*_args):
    raise RuntimeError("power cut")


def test_an_hq_restored_from_a_backup_gets_again_what_it_lost(shops, hq):
    one = shops("s001")
    for i in range(5):
        one.store.members.add(member(f"m-{i:04}"))
    one.sync()

    def lose(con):
        h = con.execute(select(changes.c.h).where(changes.c.n == 2)).scalar_one()
        con.execute(changes.delete().where(changes.c.n > 2))
        con.execute(records.delete().where(records.c.rid > "m-0001"))
        con.execute(update(origins).values(acked=2, h=h))

    hq.here.database.write(lose)
    one.store.members.add(member("m-0005"))
    report = one.sync()
    assert (report.error, report.pending) == ("", 0)
    rids = hq.here.database.read(lambda con: con.execute(select(records.c.rid)).scalars().all())
    assert sorted(rids) == [f"m-{i:04}" for i in range(6)]
    assert [refusal.code for refusal in one.store.refusals()] == ["hq_went_back"]


def test_a_store_copied_back_to_an_earlier_day_finds_itself_out_and_loses_nothing(shops, hq):
    """SYN-11: HQ has a change that the copy does not, and the copy wrote another one under the same number."""
    one = shops("s001")
    one.store.members.add(member())
    one.sync()
    one.store.members.edit("m-0001", drink="tea")
    one.store.visits.add(visit())
    one.sync()
    with one.store.connections.transaction() as con:  # as an image from before the second edit has it
        con.execute("DELETE FROM changes WHERE n > 1 AND lane = 'hq'")
        con.execute("DELETE FROM visits")
        con.execute("DELETE FROM states WHERE rid = 'v-0001'")
        con.execute(
            "UPDATE node SET hq_n = 1, acked = 1, hq_h = (SELECT h FROM changes WHERE n = 1 AND lane = 'hq')"
        )
    one.store.members.edit("m-0001", music="quiet")
    before = one.store.origin.epoch
    report = one.sync()
    assert (report.error, report.recovered, report.pending) == ("", True, 0)
    assert one.store.origin.epoch != before
    assert one.store.members.load("m-0001").drink == "tea"
    assert one.store.members.load("m-0001").music == "quiet"
    assert one.store.visits.load("v-0001")
    held = hq.here.database.read(lambda con: con.execute(select(origins).order_by(origins.c.first_at)).all())
    assert [(row.acked, bool(row.frozen)) for row in held] == [(3, True), (1, False)]
    assert [refusal.code for refusal in one.store.refusals()] == ["restored"]
    two = shops("s002")
    two.sync()
    assert two.store.members.load("m-0001") == one.store.members.load("m-0001")


def test_a_copy_that_only_reads_finds_itself_out_too(shops):
    one = shops("s001")
    one.store.members.add(member())
    one.sync()
    with one.store.connections.transaction() as con:
        con.execute("DELETE FROM changes")
        con.execute("DELETE FROM members")
        con.execute("DELETE FROM states")
        con.execute("UPDATE node SET hq_n = 0, acked = 0, hq_h = zeroblob(16)")
    assert one.sync().recovered
    assert one.store.members.load("m-0001").surname == "王"


def test_two_living_copies_of_one_store_lose_nothing(shops, hq):
    """A cloned card: both number on from the same point. Each is found out in turn, and both histories are kept."""
    one = shops("s001")
    one.store.members.add(member())
    one.sync()
    one.store.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    folder = one.store.home.with_name("clone")
    shutil.copytree(one.store.home, folder)
    with Store.open(folder) as clone:
        other = Agent(clone, URL, client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
        one.store.members.add(member("m-0002"))
        clone.members.add(member("m-0003"))
        one.sync()
        assert other.sync_now().recovered
        assert one.sync().recovered
        other.sync_now()
        rids = hq.here.database.read(lambda con: con.execute(select(records.c.rid)).scalars().all())
        assert sorted(rids) == ["m-0001", "m-0002", "m-0003"]
        assert {m.rid for m in one.store.members.select()} == set(rids)
        assert {m.rid for m in clone.members.select()} == set(rids)
        other.close()


def test_a_wrong_key_is_refused_shown_and_loses_nothing(shops):
    one = shops("s001")
    (one.store.home / "keys" / "hq.key").write_text("stolen")
    one.agent = Agent(one.store, URL, client=one.client)
    one.store.members.add(member())
    report = one.sync()
    assert (report.error, report.pending) == ("not_allowed", 1)
    assert one.store.settings.get("sync_status")["last_error"] == "not_allowed"


def test_a_code_works_once_and_its_key_is_for_the_appliance_alone(hq, shops, tmp_path):
    one = shops("s001")
    key = one.store.home / "keys" / "hq.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    code = hq.code("s003")
    with Store.create(tmp_path / "s003", "s003") as store, Store.create(tmp_path / "s004", "s004") as other:
        line = httpx.WSGITransport(hq.app)
        with pytest.raises(Refused, match="not_allowed"):
            enrol(other, URL, code, client=httpx.Client(transport=line))
        with pytest.raises(NotEnrolled):
            Agent(other, URL)
        enrol(store, URL, code.lower().replace("-", " "), client=httpx.Client(transport=line))
        assert store.settings.get("hq_url") == URL
        with pytest.raises(Refused):
            enrol(store, URL, code, client=httpx.Client(transport=line))


def test_a_store_enrolled_again_gets_a_new_key_and_the_old_one_ends(shops, hq):
    one = shops("s001")
    old = Agent(one.store, URL, client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
    enrol(one.store, URL, hq.code("s001"), client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
    assert old.sync_now().error == "not_allowed"
    assert (
        Agent(one.store, URL, client=httpx.Client(transport=httpx.WSGITransport(hq.app))).sync_now().error
        == ""
    )


def test_something_malformed_from_hq_is_shown_and_stops_nothing(shops, monkeypatch):
    one, two = shops("s001"), shops("s002")
    two.sync()
    one.store.members.add(member())
    one.sync()
    real = two.agent.line.pull

    def spoilt(*args, **kwargs):
        answer = real(*args, **kwargs)
        bad = [
            PulledChange(origin="s001.0001", op={"n": "x"}),
            PulledChange(origin="NO ORIGIN", op={"n": 1, "kind": "member", "rid": "m-0009", "t": "0" * 16, "sv": 1}),
            PulledChange(origin="s009.0001", op={"n": 1, "kind": "dragon", "rid": "x-0001", "t": "0" * 16, "sv": 1}),
        ]  # fmt: skip
        return answer.model_copy(update={"ops": [*bad, *answer.ops]}) if answer.ops else answer

    monkeypatch.setattr(two.agent.line, "pull", spoilt)
    report = two.sync()
    assert (report.pulled, report.refused, report.error) == (1, 3, "")
    assert sorted(refusal.code for refusal in two.store.refusals()) == [
        "malformed",
        "malformed",
        "unknown_kind",
    ]
    assert two.store.members.load("m-0001")


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>a hotel's login page"), httpx.Response(302)]
)
def test_an_answer_that_is_not_hqs_is_as_good_as_no_line(shops, answer):
    one = shops("s001")
    agent = Agent(one.store, URL, client=httpx.Client(transport=httpx.MockTransport(lambda _: answer)))
    one.store.members.add(member())
    assert agent.sync_now().error in {"unreachable", "http_302"}
    assert one.store.outbox.count() == 1


def test_health_data_and_devices_stay_in_the_store(shops):
    """SEC-07: without consent allergens do not leave; with it they do; withdrawn, HQ drops them."""
    one = shops("s001")
    one.store.members.add(member(allergens=["latex"]))
    one.store.devices.add(Device(rid="d-0001", device="probe-1", profile="probe", name="探头", store="s001"))
    consent = Consent(rid="c-0001", member="m-0001", purpose="share_health", granted=True, text_version="1",
                      decided_at="2026-11-22T05:26:59.123Z", channel="kiosk")  # fmt: skip
    one.sync()
    two = shops("s002")
    two.sync()
    assert two.store.members.load("m-0001").allergens == []
    assert two.store.devices.select() == []
    one.store.consents.add(consent)
    assert one.sync().refused == 0
    two.sync()
    assert two.store.members.load("m-0001").allergens == ["latex"]
    one.store.consents.edit("c-0001", granted=False)
    assert one.sync().refused == 0
    three = shops("s003")
    three.sync()
    assert three.store.members.load("m-0001").allergens == []


def test_a_questionnaire_counts_where_its_answers_are_shared_and_nowhere_else(shops):
    """SAF-01, SAF-05, SEC-07: without her consent it is known that she was asked, and not what she said."""
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(allergens=["latex"]))
    one.store.screenings.add(
        Screening(rid="q-0001", member="m-0001", taken_at="2026-11-22T05:26:59.123Z", form="skin-1", allergens=["latex"],
                  sensitivity="mild")
    )  # fmt: skip
    one.sync()
    two.sync()
    assert two.store.screenings.load("q-0001").allergens == []
    assert screening.latest(two.store.screenings.select()) is None
    one.store.consents.add(
        Consent(rid="c-0001", member="m-0001", purpose="share_health", granted=True, text_version="1",
                decided_at="2026-11-22T05:26:59.123Z", channel="kiosk")
    )  # fmt: skip
    one.sync()
    two.sync()
    assert screening.latest(two.store.screenings.select()).allergens == ["latex"]


def test_a_member_of_another_store_is_fetched_by_phone(shops):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member())
    one.sync()
    assert two.agent.look_up("138 0000 0001") == ["m-0001"]
    assert two.store.members.load("m-0001").surname == "王"
    assert two.agent.look_up("13999999999") == []
    asked = [str(request.url) for request in two.line.requests]
    assert not any("13800000001" in url or "138%20" in url for url in asked)


def test_an_erased_member_is_gone_everywhere(shops):
    """SEC-07."""
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member())
    one.sync(), two.sync()
    from tinydb.queries import where

    one.store.members.remove(where("rid") == "m-0001")
    two.store.members.edit("m-0001", drink="tea")
    for shop in (one, two, one, two):
        shop.sync()
    assert one.store.members.find("m-0001") is None
    assert two.store.members.find("m-0001") is None
    three = shops("s003")
    three.sync()
    assert three.store.members.find("m-0001") is None


def test_hq_knows_of_each_store_when_it_was_there_and_what_waits(shops, hq):
    one = shops("s001")
    one.store.members.add(member())
    one.sync()
    row = hq.here.database.read(lambda con: con.execute(select(stores)).one())
    assert row.pushed_at
    assert row.pulled_at
    assert row.pending == 0


def test_an_idle_exchange_writes_nothing_and_costs_little(shops):
    one = shops("s001")
    one.sync()
    one.sync()
    version = one.store.connections.data_version()
    one.line.requests.clear()
    before = one.store.settings.get("sync_status")
    one.sync()
    assert one.store.settings.get("sync_status") == before
    assert one.store.connections.data_version() == version
    assert len(one.line.requests) == 1


__all__ = ["Shop"]
