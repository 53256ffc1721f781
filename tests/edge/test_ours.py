"""Which processes are a store's own, and what they write: nobody else's bytes count."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from edge import ours
from edge.ours import Unit


@pytest.fixture
def helper(tmp_path):
    """One of our modules, running on a store's folder."""
    started = []

    def start(home):
        process = subprocess.Popen(
            [sys.executable, "-m", "edge.aside", "60"],
            env={**os.environ, "PARLOUR_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.communicate(timeout=60)


def named(home):
    return {unit.name for unit in ours.units(home)}


def test_a_unit_is_counted_for_its_own_store_alone(helper, tmp_path):
    helper(tmp_path / "one")
    end = time.monotonic() + 60
    while not named(tmp_path / "one") and time.monotonic() < end:
        time.sleep(0.05)
    [unit] = ours.units(tmp_path / "one")
    assert unit.name == "aside"
    assert unit.memory > 1_000_000
    assert 0 < unit.seconds < 60
    assert ours.units(tmp_path / "two") == []


def test_a_rate_a_day_needs_an_hour(tmp_path):
    young, old = Unit("kiosk", 1, 5_000_000, 600.0), Unit("sensors", 1, 1_000_000, 7200.0)
    assert young.written_a_day is None
    assert old.written_a_day == 12_000_000
    assert ours.written_a_day([young, old]) == 12_000_000
    assert ours.written_a_day([young]) is None
    assert ours.written_a_day([]) is None
