"""Values of no person: batches with a digest in the log, rolled up with age, gone when old, found again by time."""

from __future__ import annotations

import pytest

from edge.store import Store
from edge.store.telemetry import DAY, HOUR, KIND, MINUTE, Sample

START = 1_790_035_200_000  # ms: a midnight in 2026, UTC


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path, "s001") as store:
        yield store


def fill(store, minutes, start=START):
    for minute in range(minutes):
        at = start + minute * MINUTE
        store.telemetry.append([
            Sample("air-1", "temperature", at, 20.0 + minute % 3),
            Sample("air-1", "temperature", at + 30_000, 24.0, doubtful=minute == 5),
            Sample("air-2", "co2", at, 600.0),
        ])  # fmt: skip


def test_a_batch_is_one_row_and_one_line_of_the_log(store):
    before = store.connections.get().execute("SELECT max(seq) FROM changes").get or 0
    rid = store.telemetry.append([Sample("air-1", "co2", START, 600), Sample("air-1", "co2", START + 1, 601)])
    lines = store.connections.get().execute("SELECT kind, rid, lane FROM changes WHERE seq > ?", (before,))
    assert lines.fetchall() == [(KIND, rid, "store")]
    assert [p.mean for p in store.telemetry.series("air-1", "co2", START, START + DAY)] == [600, 601]
    assert store.outbox.count() == 0  # it is this store's business alone


def test_an_empty_batch_writes_nothing(store):
    assert store.telemetry.append([]) == ""
    assert store.telemetry.usage()[0].rows == 0


def test_a_value_that_was_altered_in_the_file_is_found(store):
    fill(store, 2)
    assert store.telemetry.altered() == []
    con = store.connections.get()
    con.execute("UPDATE telemetry SET body = (SELECT body FROM telemetry WHERE id = 2) WHERE id = 1")
    assert len(store.telemetry.altered()) == 1


def test_minutes_and_hours_say_how_many_the_mean_and_the_extremes(store):
    fill(store, 24 * 60)
    while store.telemetry.roll_up(START + 2 * DAY):
        pass
    minute = store.telemetry.series("air-1", "temperature", START, START + HOUR, step="minute")
    assert len(minute) == 60
    assert (minute[0].count, minute[0].mean, minute[0].low, minute[0].high) == (2, 22.0, 20.0, 24.0)
    assert [p.doubtful for p in minute[4:7]] == [0, 1, 0]
    hour = store.telemetry.series("air-1", "temperature", START, START + DAY, step="hour")
    assert len(hour) == 24
    assert (hour[0].count, hour[0].mean, hour[0].low, hour[0].high) == (120, 22.5, 20.0, 24.0)


def test_an_hour_is_not_rolled_up_before_late_values_had_their_time(store):
    fill(store, 60)
    assert store.telemetry.roll_up(START + HOUR + 30 * MINUTE) == 0
    assert store.telemetry.roll_up(START + 2 * HOUR) == 1
    assert store.telemetry.roll_up(START + 2 * HOUR) == 0


def test_values_go_when_they_are_old_and_never_before_they_were_rolled_up(store):
    fill(store, 120)
    later = START + 10 * DAY
    store.telemetry.roll_up(later)
    steps = {usage.step: usage.rows for usage in store.telemetry.usage()}
    assert (steps["raw"], steps["minute"], steps["hour"]) == (0, 2, 1)
    assert len(store.telemetry.series("air-1", "temperature", START, START + DAY, step="minute")) == 120
    store.telemetry.roll_up(START + 60 * DAY)
    assert {u.step: u.rows for u in store.telemetry.usage()} == {"raw": 0, "minute": 0, "hour": 1}
    assert store.connections.get().execute("SELECT count(*) FROM changes WHERE kind = ?", (KIND,)).get == 120


def test_weeks_without_a_device_are_skipped(store):
    fill(store, 60)
    fill(store, 60, START + 21 * DAY)
    assert store.telemetry.roll_up(START + 23 * DAY) == 4  # two hours of minutes, two days of hours
    points = store.telemetry.series("air-2", "co2", START, START + 30 * DAY, step="hour")
    assert [p.at for p in points] == [START, START + 21 * DAY]
