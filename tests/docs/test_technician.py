"""The technician's guide names every kind of device, and every figure in it is the code's."""

from __future__ import annotations

import tomllib
from pathlib import Path

from edge.sensors import trust
from edge.sensors.kinds import HOUR, MEASURES
from edge.sensors.profiles import found
from edge.store.happened import FRESH_S
from edge.store.telemetry import DAY, KEEP
from salon import policies

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "technician.md").read_text(encoding="utf-8")


def test_every_kind_of_device_is_in_it():
    for key in found().profiles:
        assert f"`{key}`" in GUIDE


def test_its_figures_are_those_of_the_code():
    assert f"more than {trust.RATE:g} a second of one measure ({trust.BURST:g} at once)" in GUIDE
    assert MEASURES["temperature"].flat_s == MEASURES["humidity"].flat_s == 6 * HOUR
    assert MEASURES["co2"].flat_s == 2 * HOUR
    assert "temperature, humidity: 6 h, CO2: 2 h" in GUIDE
    assert f"Skin moisture: {MEASURES['skin_moisture'].repeat_sd} points" in GUIDE
    assert KEEP == {"raw": 3 * DAY, "minute": 35 * DAY, "hour": 3 * 366 * DAY}
    assert "Raw for 3 days, by the minute for 35 days, by the hour for 3 years" in GUIDE
    assert f"at {policies.default().restock.left_percent:.0f} % left" in GUIDE
    assert f"at most {FRESH_S} s old" in GUIDE


def test_every_rule_of_a_kinds_checklist_is_explained():
    for path in (Path(__file__).resolve().parents[2] / "edge/sensors/profiles").glob("*/checklist.toml"):
        for rule in tomllib.loads(path.read_text(encoding="utf-8")):
            assert f"`{rule}`" in GUIDE
