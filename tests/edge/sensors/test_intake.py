"""When a device is believed, and when not."""

from __future__ import annotations

import pytest

from edge.bus import Message
from edge.sensors.errors import Refused
from edge.sensors.intake import Firmware, Ghost, Intake, Presence
from tests.edge.sensors.conftest import DEVICES, device

KNOWN = {name: device(name, profile) for name, profile in DEVICES.items()}


@pytest.fixture
def intake():
    return Intake("s001")


def message(topic, payload, retain=False):
    return Message(topic if "/" in topic else f"salon/s001/{topic}", payload, retain, 0)


def moisture(payload, retain=False):
    return message("salon/s001/probe-1/sensor/skin_moisture/state", payload, retain)


def temperature(payload, retain=False):
    return message("salon/s001/air-1/sensor/temperature/state", payload, retain)


def code(intake, message, tick=0.0, known=KNOWN):
    with pytest.raises(Refused) as caught:
        intake.take(message, known, tick)
    return caught.value.code


def test_a_value_within_limits_is_a_reading_of_its_kind(intake):
    accepted = intake.take(moisture(b"41.5"), KNOWN, 0.0)
    assert (accepted.measure.key, accepted.value, accepted.quality, accepted.recorded) == (
        "skin_moisture",
        41.5,
        "good",
        True,
    )


def test_unknown_devices_and_objects_are_refused(intake):
    assert code(intake, message("salon/s001/probe-9/sensor/skin_moisture/state", b"1")) == "unknown_device"
    assert code(intake, message("salon/s001/probe-9/status", b"online")) == "unknown_device"
    assert code(intake, message("salon/s001/probe-1/sensor/wifi_signal/state", b"-60")) == "unknown_object"
    assert (
        code(intake, message("salon/s001/probe-1/binary_sensor/skin_moisture/state", b"ON"))
        == "unknown_object"
    )


def test_a_device_of_an_unknown_kind_joins_by_the_names_of_what_it_measures(intake):
    known = {"node-1": device("node-1", "stock_node")}
    accepted = intake.take(message("salon/s001/node-1/sensor/temperature/state", b"21.0"), known, 0.0)
    assert accepted.measure.key == "temperature"


def test_a_retained_value_has_an_unknown_age_and_is_no_reading(intake):
    assert intake.take(moisture(b"41.5", retain=True), KNOWN, 0.0) is None
    assert intake.take(temperature(b"24.0", retain=True), KNOWN, 0.0) is None


def test_a_retained_state_that_is_sent_on_change_is_the_present_state_but_no_reading(intake):
    bed = message("salon/s001/bed-1/binary_sensor/bed_presence/state", b"ON", retain=True)
    assert intake.take(bed, KNOWN, 0.0).recorded is False


def test_a_retained_event_is_ignored(intake):
    assert intake.take(message("salon/s001/bed-1/event/call/state", b"{}", retain=True), KNOWN, 0.0) is None


def test_what_a_probe_sends_again_on_its_return_is_not_the_next_customers_skin(intake):
    intake.take(message("salon/s001/probe-1/status", b"online"), KNOWN, 100.0)
    assert intake.take(moisture(b"52.0"), KNOWN, 100.5) is None
    assert intake.take(moisture(b"41.0"), KNOWN, 104.0).value == 41.0


def test_what_was_asked_of_a_probe_counts_from_its_first_moment(intake):
    intake.take(message("salon/s001/probe-1/status", b"online"), KNOWN, 100.0)
    intake.take(message("salon/s001/probe-1/button/measure/command", b"PRESS"), KNOWN, 100.2)
    assert intake.take(moisture(b"41.0"), KNOWN, 100.5).value == 41.0


def test_the_air_of_a_room_counts_from_the_first_moment(intake):
    intake.take(message("salon/s001/air-1/status", b"online"), KNOWN, 100.0)
    assert intake.take(temperature(b"24.0"), KNOWN, 100.1).value == 24.0


def test_too_many_messages_of_one_measure_are_refused_and_the_rate_recovers(intake):
    for _ in range(10):
        intake.take(temperature(b"24.0"), KNOWN, 0.0)
    assert code(intake, temperature(b"24.0"), 0.0) == "too_often"
    assert intake.take(temperature(b"24.0"), KNOWN, 5.0).value == 24.0


def test_a_step_that_air_cannot_make_is_doubtful_and_kept(intake):
    assert intake.take(temperature(b"24.0"), KNOWN, 0.0).quality == "good"
    assert intake.take(temperature(b"35.0"), KNOWN, 60.0).quality == "doubtful"
    assert intake.take(temperature(b"35.2"), KNOWN, 120.0).quality == "good"
    assert intake.take(temperature(b"10.0"), KNOWN, 1000.0).quality == "good"


def test_status_says_who_is_there(intake):
    assert intake.take(message("salon/s001/probe-1/status", b"online"), KNOWN, 0.0) == Presence(
        "probe-1", True
    )
    assert intake.take(message("salon/s001/probe-1/status", b"offline", retain=True), KNOWN, 0.0) == Presence(
        "probe-1", False
    )


def test_a_device_born_again_and_again_is_restless(intake):
    for tick in range(6):
        assert not intake.restless("probe-1")
        intake.take(message("salon/s001/probe-1/status", b"online"), KNOWN, float(tick))
    assert intake.restless("probe-1")


def test_a_retired_device_is_refused_and_its_ghosts_are_wiped(intake):
    gone = device("probe-1", "skin_probe")
    gone.state = "stolen"
    assert code(intake, moisture(b"41.5"), known={"probe-1": gone}) == "retired_device"
    assert intake.take(moisture(b"41.5", retain=True), {"probe-1": gone}, 0.0) == Ghost(
        "salon/s001/probe-1/sensor/skin_moisture/state"
    )
    assert intake.take(moisture(b"", retain=True), {"probe-1": gone}, 0.0) is None


def test_a_node_tells_its_firmware(intake):
    about = message("esphome/discover/probe-1", b'{"version":"2026.6.5"}', retain=True)
    assert intake.take(about, KNOWN, 0.0) == Firmware("probe-1", "ESPHome 2026.6.5")
    assert intake.take(message("esphome/discover/stranger", b"{"), KNOWN, 0.0) is None


def test_the_appliances_own_words_and_commands_are_nothing_to_keep(intake):
    assert intake.take(message("salon/s001/edge/health", b"{}"), KNOWN, 0.0) is None
    assert intake.take(message("salon/s001/probe-1/button/measure/command", b"PRESS"), KNOWN, 0.0) is None
