"""What a customer takes back in one store, for whichever of her files, holds in every other (SEC-07)."""

from __future__ import annotations

import pytest

from cloud_sync_server import own
from edge.care import Outbox
from edge.kiosk.services import consents
from edge.store import allowed
from salon import policies
from salon.rules.said import Explain, Said
from tests.edge.sync.conftest import member

NOON = "2026-11-22T04:00:00.000Z"  # 12:00 in Shanghai
WORDS = {"name": "王女士", "store": "静安店", "tip": "多喝水。", "phone": "021"}


@pytest.fixture
def pair(shops, hq):
    """Two stores; two files of one person, merged by head office, each with her yes to marketing."""
    one, two = shops("s001"), shops("s002")
    with one.store.acting("desk"):
        for rid, phone in (("m-0001", "13800000001"), ("m-0002", "13900000002")):
            one.store.members.add(member(rid, phone=phone, channel="sms"))
            consents.decide(one.store, "kiosk", rid, "marketing", granted=True, channel="kiosk")
    one.sync()

    def write(con):
        draft = own.Draft("member", "m-0002", {"merged_into": "m-0001"})
        own.write(con, hq.here.vault, hq.here.settings, [draft], "hq:office")

    hq.here.database.write(write)
    for shop in (one, two):
        shop.sync()
    return one, two


@pytest.mark.parametrize("said_for", ["m-0001", "m-0002"])
def test_a_no_at_one_store_stops_what_waits_at_another_for_the_other_file_sec_07(pair, said_for):
    one, two = pair
    sent = []
    outbox = Outbox(
        two.store, {"sms": type("Way", (), {"send": staticmethod(sent.append)})()}, "Asia/Shanghai"
    )
    for rid in ("m-0001", "m-0002"):
        why = Explain("test (FUP-05)", Said("因", "why"), {}, "p-1")
        person = two.store.members.load(rid)
        assert outbox.write(person, "tip", rid, WORDS, "2026-12-01T04:00:00.000Z", why, NOON) is not None

    consents.withdraw(one.store, "desk", said_for, "marketing")
    one.sync()
    two.sync()

    assert outbox.post(policies.default(), NOON).refused == 2
    assert sent == []


def test_taken_apart_again_both_files_say_no_sec_07(pair, hq):
    one, two = pair
    consents.withdraw(one.store, "desk", "m-0001", "marketing")

    def write(con):
        own.write(
            con,
            hq.here.vault,
            hq.here.settings,
            [own.Draft("member", "m-0002", {"merged_into": ""})],
            "hq:office",
        )

    one.sync()
    hq.here.database.write(write)
    two.sync()
    assert two.store.files("m-0002") == ["m-0002"]
    for rid in ("m-0001", "m-0002"):
        assert allowed.withdrew(two.store, rid, "marketing")


def test_a_no_said_before_the_merge_counts_against_an_older_yes_of_the_other_file_sec_07(pair, hq):
    one, _ = pair
    record = one.store.consents.find("m-0001-marketing")
    with one.store.acting("desk"):
        one.store.consents.edit(record.rid, granted=False, decided_at="2027-01-01T00:00:00.000Z")
    assert not allowed.allows(one.store, "m-0002", "marketing")
    with one.store.acting("desk"):
        one.store.consents.edit("m-0002-marketing", granted=True, decided_at="2027-01-02T00:00:00.000Z")
    assert allowed.allows(one.store, "m-0001", "marketing"), "she agreed again, later"
