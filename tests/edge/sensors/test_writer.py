"""What becomes of accepted values: records where they are news, one line a minute for the air, and nothing for what has not changed."""

from __future__ import annotations

import pytest

from edge.sensors.intake import Accepted
from edge.sensors.kinds import MEASURES
from edge.sensors.writer import Writer
from edge.store import StoreError
from tests.edge.sensors.conftest import DEVICES, begin_visit, device


@pytest.fixture
def writer(store):
    return Writer(store)


@pytest.fixture
def say(writer):
    def say(name, measure, value, tick=0.0, *, quality="good", recorded=True):
        accepted = Accepted(device(name, DEVICES[name]), MEASURES[measure], value, quality, recorded=recorded)
        writer.accept(accepted, tick, at=1_800_000_000_000 + int(tick * 1000))
        writer.flush_if_due(tick)

    return say


def values(store, measure):
    return [r.value for r in store.readings.select(order_by="at") if r.measure == measure]


def test_a_counter_said_again_is_no_new_record_and_a_dose_is_mea_10(store, say):
    for tick, uses in enumerate((5, 5, 5, 6, 6, 7)):
        say("bottle-1", "bottle_uses", float(uses), float(tick))
    assert values(store, "bottle_uses") == [5, 6, 7]


def test_a_value_that_is_doubtful_now_is_news(store, say):
    say("bottle-1", "bottle_left", 40.0)
    say("bottle-1", "bottle_left", 40.0, 1.0, quality="doubtful")
    assert [r.quality for r in store.readings.select(order_by="at")] == ["good", "doubtful"]


def test_what_was_only_kept_by_the_broker_does_not_hide_what_is_said_live_mea_10(store, say):
    """The unit was away while a dose was taken: the kept counter is no reading, the next live one is."""
    say("bottle-1", "bottle_uses", 6.0, recorded=False)
    say("bottle-1", "bottle_uses", 6.0, 1.0)
    assert values(store, "bottle_uses") == [6]


def test_what_a_bed_was_set_to_is_written_each_time_mea_09(store, say):
    """For the next customer it was set as well, though it stood there already."""
    say("bed-1", "room_light", 30.0)
    say("bed-1", "room_light", 30.0, 1.0)
    assert values(store, "room_light") == [30, 30]


def test_a_quiet_hour_writes_a_line_a_minute_and_no_record(store, writer, say):
    for name in DEVICES:
        writer.presence(name, online=True)
    say("bottle-1", "bottle_uses", 5.0)
    say("bottle-1", "bottle_left", 40.0)
    say("air-1", "temperature", 23.0)
    writer.flush()
    con = store.connections.get()
    log = con.execute("SELECT count(*) FROM changes").get
    records = len(store.readings)
    for minute in range(1, 61):
        say("air-1", "temperature", 23.0 + minute % 3 / 10, minute * 60.0)
        if minute % 5 == 0:
            say("bottle-1", "bottle_uses", 5.0, minute * 60.0)
            say("bottle-1", "bottle_left", 40.0, minute * 60.0)
    writer.flush()
    assert len(store.readings) == records
    assert con.execute("SELECT count(*) FROM changes").get - log <= 60
    assert {v.at[:16] for v in store.latest.all() if v.measure == "bottle_uses"} == {"2027-01-15T09:00"}


def test_what_waited_for_the_store_is_of_whom_it_was_measured_not_of_the_next_customer_mea_03(
    store, writer, say, monkeypatch
):
    first = begin_visit(store, member="mem-1")

    def full(_batch):
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(writer, "_write", full)
        say("probe-1", "skin_moisture", 41.0)
    store.visits.edit(first.rid, state="closed")
    begin_visit(store, member="mem-2")
    say("probe-1", "skin_moisture", 52.0, 5.0)
    assert [(r.member, r.value) for r in store.readings.select(order_by="at")] == [
        ("mem-1", 41),
        ("mem-2", 52),
    ]
