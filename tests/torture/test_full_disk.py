"""A few points of `make torture`'s full disk, at each run of the tests."""

from __future__ import annotations

import pytest

from tests.torture import disk


def test_a_full_disk_loses_nothing_keeps_nothing_half_and_the_exchange_goes_on_after(capfd):
    reason = disk.why_not()
    if reason:
        pytest.skip(reason)
    assert disk.main(["6", "11"]) == 0
    assert "6 points of a full disk: 0 problems" in capfd.readouterr().out
