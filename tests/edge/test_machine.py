"""What the kernel says, read from a tree of files as a Pi has them."""

from __future__ import annotations

import pytest

from edge import machine


@pytest.fixture
def pi(tmp_path):
    def put(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    put("sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
    put("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    put("sys/block/mmcblk0/device/life_time", "0x02 0x09\n")
    put("sys/fs/ext4/mmcblk0p2/errors_count", "3\n")
    put("sys/fs/ext4/mmcblk0p2/session_write_kbytes", "102400\n")
    put("run/systemd/timesync/synchronized", "")
    return tmp_path, put


def test_a_pi_tells_its_wear_power_errors_and_clock(pi):
    root, put = pi
    found = machine.look(root)
    assert (found.wear, found.worn) == (90, True)
    assert found.under_voltage is False
    assert found.filesystem_errors == 3
    assert found.clock_synchronised is True
    put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert machine.under_voltage(root) is True


def test_bytes_a_day_count_from_mounting_and_not_in_the_first_hour(pi):
    root, _ = pi
    assert machine.written_a_day(root, 43_200.0) == 2 * 102_400 * 1024
    assert machine.written_a_day(root, 600.0) is None


def test_a_machine_that_cannot_tell_says_nothing(tmp_path):
    found = machine.look(tmp_path)
    assert (found.wear, found.under_voltage, found.filesystem_errors, found.written_a_day) == (None,) * 4
    assert found.clock_synchronised is None
    assert not found.worn


def test_a_card_without_an_account_of_its_life_is_not_called_new(pi):
    root, put = pi
    put("sys/block/mmcblk0/device/life_time", "0x00 0x00\n")
    assert machine.wear(root) is None
