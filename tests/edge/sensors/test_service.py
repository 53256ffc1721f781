"""The unit over a real Mosquitto with the real rights: readings reach their visit, faults are refused and kept."""

from __future__ import annotations

import json
import queue
from datetime import timedelta

import pytest
from tinydb import where

from edge import notify
from edge.bus import Message, Will
from edge.provision import retire
from edge.sensors.service import ECHO_WITHIN, Sensors
from edge.store import new_rid, now
from salon.records import SopTick
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import begin_visit, device


@pytest.fixture
def say(unit, started):
    """Publish as a device."""
    buses = {}

    def publish(device, rest, payload, **more):
        if device not in buses:
            will = Will(f"salon/s001/{device}/status", b"offline", qos=0)
            buses[device] = started(unit.broker.bus(device, will=will))
        assert buses[device].publish(f"salon/s001/{device}/{rest}", payload, qos=1, **more)
        return buses[device]

    return publish


def tick(store, visit, step):
    store.sop_ticks.add(
        SopTick(
            rid=new_rid(), visit=visit.rid, member=visit.member, service="svc-face", step=step, at=now(), by="emp-1"
        )
    )  # fmt: skip


def moisture(say, payload):
    return say("probe-1", "sensor/skin_moisture/state", payload, retain=True)


def readings(unit, count):
    assert until(lambda: len(unit.store.readings) >= count), unit.store.refusals()
    return unit.store.readings.select(order_by="at")


def refusals(unit):
    return {(r.source, r.code) for r in unit.store.refusals()}


def test_a_probes_reading_goes_to_the_visit_in_treatment_at_its_bed_before_and_after_MEA_02(
    unit, say, service
):
    begin_visit(unit.store, bed="B2", member="mem-2")
    visit = begin_visit(unit.store)
    moisture(say, b"41.5")
    (before,) = readings(unit, 1)
    assert (before.value, before.unit, before.place, before.phase) == (41.5, "%", "A1", "before")
    assert (before.visit, before.member, before.device) == (visit.rid, "mem-1", "probe-1")
    tick(unit.store, visit, "clean")
    moisture(say, b"42.0")
    assert readings(unit, 2)[1].phase == "before"
    tick(unit.store, visit, "mask")
    moisture(say, b"52.1")
    assert readings(unit, 3)[2].phase == "after"


def test_a_reading_of_a_person_is_for_head_office_and_says_which_device_wrote_it(unit, say, service):
    begin_visit(unit.store)
    feed = unit.store.feed()
    waiting = unit.store.outbox.count()
    moisture(say, b"41.5")
    readings(unit, 1)
    (notice,) = [n for n in feed.poll() if n.kind == "reading"]
    assert notice.actor == "device:probe-1"
    assert unit.store.outbox.count() == waiting + 1


def test_without_a_visit_a_reading_belongs_to_nobody_and_stays_in_the_store(unit, say):
    waiting = unit.store.outbox.count()
    moisture(say, b"41.5")
    (reading,) = readings(unit, 1)
    assert (reading.visit, reading.member, reading.phase) == ("", "", "")
    assert unit.store.outbox.count() == waiting


def test_room_readings_wait_for_one_another_and_are_written_at_the_latest_at_the_end(unit, say):
    waiting = lambda: len(unit.sensors._writer._batch.readings)  # noqa: E731
    say("air-1", "sensor/temperature/state", b"24.0", retain=True)
    assert until(
        lambda: [v.value for v in unit.store.latest.all()] == [24.0]
    )  # a first value is shown at once
    say("air-1", "sensor/temperature/state", b"24.2", retain=True)
    say("air-1", "sensor/temperature/state", b"24.4", retain=True)
    assert until(lambda: waiting() == 2)
    unit.stop()
    points = unit.store.telemetry.series("air-1", "temperature", 0, 2**50)
    assert [point.mean for point in points] == [24.0, 24.2, 24.4]
    assert len(unit.store.readings) == 0
    assert unit.store.telemetry.altered() == []


def test_the_latest_value_is_live_and_goes_stale_with_its_device(unit, say):
    probe = say("probe-1", "status", b"online", retain=True)
    say("bed-1", "status", b"online", retain=True)
    say("bed-1", "binary_sensor/bed_presence/state", b"ON", retain=True)
    assert until(unit.store.latest.all)
    (value,) = unit.store.latest.all()
    assert (value.device, value.value, value.stale) == ("bed-1", 1.0, False)
    bed = say("bed-1", "status", b"online", retain=True)
    bed._client.socket().shutdown(2)  # the plug is pulled: the broker speaks the will
    assert until(lambda: not unit.store.presence.all()["bed-1"].online)
    assert until(lambda: unit.store.latest.all()[0].stale)
    assert unit.store.presence.all()["probe-1"].online
    assert probe.connected


GARBAGE = [
    ("sensor/skin_moisture/state", b"\xff\x00garbage", "not_a_number"),
    ("sensor/skin_moisture/state", b"nan", "no_value"),
    ("sensor/skin_moisture/state", b"140.0", "out_of_range"),
    ("sensor/skin_moisture/state", b"9" * 5000, "payload_too_long"),
    ("sensor/wifi/state", b"-60", "unknown_object"),
    ("status", b"perhaps", "bad_status"),
    ("debug", b"log line", "unknown_topic"),
    ("sensor/水分/state", b"1", "unknown_topic"),
    ("a/b/c/d/e/f", b"", "unknown_topic"),
]


def test_garbage_is_refused_and_kept_and_the_next_good_reading_is_taken(unit, say):
    for rest, payload, _ in GARBAGE:
        say("probe-1", rest, payload)
    moisture(say, b"41.5")
    readings(unit, 1)
    assert refusals(unit) == {("probe-1", code) for _, _, code in GARBAGE}
    kept = next(r for r in unit.store.refusals() if r.code == "out_of_range")
    assert kept.boundary == "mqtt"
    assert "140.0" in kept.raw
    assert "0 to 100" in kept.detail


def test_a_raving_device_fills_one_line_not_the_card(unit, say):
    for _ in range(300):
        say("probe-1", "sensor/debug/state", b"x")
    moisture(say, b"41.5")
    readings(unit, 1)
    assert len(unit.store.refusals()) == 1
    assert unit.sensors.snapshot()["messages_refused"] == 300


def test_a_device_with_a_login_but_no_record_is_refused(unit, say):
    unit.broker.files.add_device("stranger-1")
    say("stranger-1", "sensor/temperature/state", b"24.0")
    assert until(lambda: ("stranger-1", "unknown_device") in refusals(unit))


def test_a_device_added_while_the_unit_runs_is_known_at_once(unit, say):
    unit.broker.files.add_device("probe-2")
    unit.store.devices.add(device("probe-2", "skin_probe", place="B2"))
    assert until(lambda: "probe-2" in unit.sensors._devices)
    say("probe-2", "sensor/skin_moisture/state", b"40.0")
    assert readings(unit, 1)[0].place == "B2"


def test_a_probe_calibrated_just_before_it_spoke_is_believed_by_its_new_factors(store, broker):
    """However late the unit comes to it: both are waiting when it looks."""
    sensors = Sensors(store, broker.bus("edge", "edge-sensors"), "0.1.0")
    sensors._read_devices()
    [probe] = store.devices.select(where("device") == "probe-1")
    store.devices.edit(probe.rid, calibration={"skin_moisture": {"gain": 1.1, "at": now()}})
    sensors._enqueue(Message("salon/s001/probe-1/sensor/skin_moisture/state", b"50.0", retain=False, qos=1))
    sensors._step()
    [reading] = store.readings.select()
    assert reading.value == pytest.approx(55.0)


def test_what_a_device_said_just_before_it_was_retired_is_not_written_after_it_was_forgotten(store, broker):
    """Its last values wait for their minute: written then, a scale that was carried away would be live for ever."""
    sensors = Sensors(store, broker.bus("edge", "edge-sensors"), "0.1.0")
    sensors._read_devices()

    def say(topic, payload):
        sensors._enqueue(Message(f"salon/s001/bottle-1/{topic}", payload, retain=False, qos=1))

    say("status", b"online")
    say("sensor/bottle_left/state", b"40")
    sensors._step()
    assert {v.measure for v in store.latest.all()} == {"bottle_left"}
    say("sensor/bottle_left/state", b"40")  # said again: no news, so that it waits
    sensors._step()
    [scale] = store.devices.select(where("device") == "bottle-1")
    retire(store, broker.files, "bottle-1")
    assert store.devices.load(scale.rid).state == "retired"
    sensors._step()
    sensors._writer.flush()
    assert store.latest.all() == []
    assert store.presence.all() == {}
    assert sensors.snapshot()["devices_online"] == 0


def test_the_broker_may_be_killed_and_readings_flow_again_on_its_return(unit, say, service):
    begin_visit(unit.store)
    moisture(say, b"41.0")
    readings(unit, 1)
    unit.broker.kill()
    assert until(lambda: not unit.sensors._bus.connected)
    visit = begin_visit(unit.store, bed="B2")  # the store works on
    assert unit.store.visits.load(visit.rid)
    unit.broker.start()
    assert until(lambda: unit.sensors._bus.connected and not unit.sensors._bus._unproven)
    probe = unit.broker.bus("probe-1", draw=lambda low, high: 0.05)
    probe.start()
    assert probe.wait_connected(60)
    assert probe.publish("salon/s001/probe-1/sensor/skin_moisture/state", b"42.0", qos=1)
    assert readings(unit, 2)[1].value == 42.0
    probe.stop()


def test_what_was_retained_before_the_unit_started_is_no_reading(unit, say):
    unit.stop()
    say("probe-1", "status", b"online", retain=True)
    moisture(say, b"41.5")
    say("bed-1", "binary_sensor/bed_presence/state", b"ON", retain=True)
    say("bed-1", "status", b"online", retain=True)
    unit.start()
    assert until(lambda: [v for v in unit.store.latest.all() if not v.stale])
    assert [v.measure for v in unit.store.latest.all()] == ["bed_presence"]
    assert len(unit.store.readings) == 0
    assert unit.store.presence.all()["probe-1"].online


def test_who_is_not_announced_after_a_return_is_not_there(unit, say, monkeypatch):
    monkeypatch.setattr("edge.sensors.service.CONFIRM_WITHIN", 0.2)
    unit.stop()
    unit.store.presence.note("air-1", online=True)
    unit.start()
    assert until(lambda: not unit.store.presence.all()["air-1"].online)


@pytest.fixture
def heard(unit, started):
    """What the appliance says."""
    bus = unit.broker.bus("edge", "edge-test")
    said = queue.Queue()
    for name in ("salon/s001/edge/#", "homeassistant/device/+/config"):
        bus.subscribe(name, said.put)
    started(bus)
    assert until(lambda: not bus._unproven)

    def wait_for(topic, fresh=False):
        while True:
            message = said.get(timeout=60)
            if message.topic == topic and not (fresh and message.retain):
                return message

    wait_for.bus = bus
    return wait_for


def test_health_is_published_and_says_no_names(unit, heard):
    health = json.loads(heard("salon/s001/edge/health").payload)
    assert health["version"] == "0.1.0"
    assert health["devices_online"] == 0
    assert 0 <= health["disk_free"] <= 100


def test_changes_are_told_by_kind_and_rid_alone(unit, heard):
    visit = begin_visit(unit.store)
    changes = json.loads(heard("salon/s001/edge/changes").payload)
    assert changes == [{"kind": "visit", "rid": visit.rid}]


def test_discovery_is_retained_and_sent_again_when_home_assistant_starts(unit, heard):
    first = json.loads(heard("homeassistant/device/salon_s001_edge/config").payload)
    assert first["dev"]["ids"] == ["salon_s001_edge"]
    assert first["o"]["name"] == "parlour"
    for component in first["cmps"].values():
        assert component["p"] == "sensor"
        assert component["uniq_id"]
        assert component["stat_t"].startswith("salon/s001/edge/sensor/")
    heard.bus.publish("homeassistant/status", b"online", qos=1)
    again = heard("homeassistant/device/salon_s001_edge/config", fresh=True)
    assert json.loads(again.payload) == first
    assert heard("salon/s001/edge/sensor/disk_free/state").payload.replace(b".", b"").isdigit()


def test_the_unit_says_that_it_is_there_and_its_will_that_it_is_not(unit, heard):
    assert heard("salon/s001/edge/status").payload == b"online"
    unit.sensors._bus._client.socket().shutdown(2)
    assert heard("salon/s001/edge/status", fresh=True).payload == b"offline"
    assert heard("salon/s001/edge/status", fresh=True).payload == b"online"


def test_a_retired_devices_ghosts_are_wiped_from_the_broker(unit, say, started):
    moisture(say, b"41.5")
    readings(unit, 1)
    unit.stop()
    unit.store.devices.edit("dev-probe-1", state="retired")
    unit.start()
    ghosts = queue.Queue()

    def retained():
        bus = unit.broker.bus("edge", f"edge-{new_rid()[-6:]}")
        bus.subscribe("salon/s001/probe-1/#", ghosts.put)
        started(bus)
        assert until(lambda: not bus._unproven)
        return [
            m for m in iter(lambda: ghosts.get(timeout=0.2) if not ghosts.empty() else None, None) if m.retain
        ]

    assert until(lambda: not retained())


def test_a_unit_that_has_gone_deaf_does_not_feed_its_watchdog_and_one_without_a_broker_does(
    store, monkeypatch
):
    """The connection stands, the flag says so, and nothing comes: only an echo proves that it hears."""

    class Standing:
        connected = True

        def on_connect(self, _greeting):
            return None

        subscribe = publish = lambda self, *_arguments, **_options: True

    fed, bus = [], Standing()
    monkeypatch.setattr(notify, "alive", fed.append)
    sensors = Sensors(store, bus, "0.1.0", tick=lambda: 100.0)
    sensors._publish_health(announce=False)
    sensors._prove_alive(110.0)
    assert len(fed) == 1
    sensors._prove_alive(100.0 + ECHO_WITHIN + 1)
    assert len(fed) == 1
    bus.connected = False
    sensors._prove_alive(100.0 + ECHO_WITHIN + 2)
    assert len(fed) == 2
    bus.connected = True
    sensors._enqueue(Message("salon/s001/edge/health", b"{}", retain=False, qos=1))
    sensors._prove_alive(100.0 + ECHO_WITHIN + 3)
    assert len(fed) == 3


def test_the_broker_says_back_what_the_unit_told_it(unit):
    assert until(lambda: unit.sensors._due.get("health") is not None)
    assert until(lambda: unit.sensors._unheard_since is None)


def test_photos_whose_time_is_over_are_erased_here_since_this_unit_always_runs(unit, store):
    """SEC-07"""
    unit.stop()
    past = "2001-01-01T00:00:00+00:00"
    old = store.media.put(
        b"\xff\xd8\xff", mime="image/jpeg", owner="v", purpose="scan", taken_at=past, keep_until=past
    )
    assert store.media.get(old)
    unit.start()

    def gone():
        return store.media.connections.get().execute("SELECT count(*) FROM media").get == 0

    assert until(gone)


def test_what_a_guest_was_told_and_nobody_saw_is_erased_here(unit, store, monkeypatch):
    """SEC-07"""
    unit.stop()
    monkeypatch.setattr("edge.sensors.service.GUESTS_KEPT", timedelta(seconds=-1))
    guest, member = (store.jobs.put("scan", {"guest": guest, "visit": ""}) for guest in (True, False))
    store.jobs.finish(guest, {"guest": {"redness": {"value": 1}}})
    unit.start()
    assert until(lambda: [job.id for job in store.jobs.latest()] == [member])
