"""Steps that cannot be, lines that stand still, devices that rave: kept with their quality, or refused by name."""

from __future__ import annotations

import pytest

from edge.bus import Message
from edge.sensors.errors import Refused
from edge.sensors.intake import Intake
from edge.sensors.kinds import HOUR, MEASURES, repeat_sds
from edge.sensors.trust import BURST, Trust
from salon.records.devices import Calibration
from tests.edge.sensors.conftest import device

AIR, MOISTURE, PRESENCE = MEASURES["temperature"], MEASURES["skin_moisture"], MEASURES["bed_presence"]


def test_a_sensor_that_says_the_same_for_hours_is_doubtful_until_it_moves():
    trust = Trust()
    tick = 0.0
    while tick < AIR.flat_s:
        assert trust.judge("air-1", AIR, 24.0, tick) == ""
        tick += 60
    assert trust.judge("air-1", AIR, 24.0, tick) == "flat"
    assert trust.judge("air-1", AIR, 24.1, tick + 60) == ""


def test_what_was_silent_in_between_did_not_stand_still():
    trust = Trust()
    trust.judge("air-1", AIR, 24.0, 0.0)
    assert trust.judge("air-1", AIR, 24.0, AIR.flat_s + HOUR) == ""


def test_a_step_is_doubtful_only_when_it_came_quickly():
    trust = Trust()
    trust.judge("air-1", AIR, 24.0, 0.0)
    assert trust.judge("air-1", AIR, 24.0 + AIR.jump + 1, 60.0) == "jump"
    assert trust.judge("air-1", AIR, 20.0, 60.0 + 4 * AIR.interval_s) == ""


def test_a_bed_may_stay_empty_for_ever():
    trust = Trust()
    assert [trust.judge("bed-1", PRESENCE, 0.0, tick * HOUR) for tick in range(100)] == [""] * 100


def test_a_raving_device_is_refused_and_taken_again_when_it_calms_down():
    trust = Trust()
    for _ in range(int(BURST)):
        trust.judge("air-1", AIR, 24.0, 0.0)
    for _ in range(100):
        with pytest.raises(Refused, match="too_often"):
            trust.judge("air-1", AIR, 24.0, 0.0)
    assert trust.judge("air-1", AIR, 24.0, 1.0) == ""


def test_a_reading_is_taken_through_the_devices_own_calibration():
    probe = device("probe-1", "skin_probe")
    probe.calibration = {
        "skin_moisture": Calibration(gain=1.1, offset=-2.0, at="2026-11-20T09:00:00Z", by="e-1")
    }
    message = Message("salon/s001/probe-1/sensor/skin_moisture/state", b"50.0", retain=False, qos=0)
    assert Intake("s001").take(message, {"probe-1": probe}, 0.0).value == pytest.approx(53.0)


def test_a_calibration_cannot_make_what_cannot_be():
    probe = device("probe-1", "skin_probe")
    probe.calibration = {"skin_moisture": Calibration(gain=2.0, at="2026-11-20T09:00:00Z")}
    message = Message("salon/s001/probe-1/sensor/skin_moisture/state", b"80.0", retain=False, qos=0)
    assert Intake("s001").take(message, {"probe-1": probe}, 0.0).value == MOISTURE.high


def test_only_measures_with_a_known_repeat_error_have_one_MEA_02():
    assert repeat_sds() == {"skin_moisture": 1.6}
