"""When a record was: however its store wrote it, HQ sorts by one way of writing it."""

from __future__ import annotations

import pytest

from cloud_sync_server.made import _when


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-22T05:26:59.123Z", "2026-11-22T05:26:59.123Z"),
        ("2026-11-22T13:26:59.123+08:00", "2026-11-22T05:26:59.123Z"),
        ("2026-11-22T05:26:59Z", "2026-11-22T05:26:59.000Z"),
        ("2026-W47-7T05:26:59.123Z", "2026-11-22T05:26:59.123Z"),
        ("2026-11-22T05:26:59,123Z", "2026-11-22T05:26:59.123Z"),
        ("2026-13-22T05:26:59.123Z", ""),
        ("2026-11-31T05:26:59.123Z", ""),
        ("2026-11-22T25:26:59.123Z", ""),
        ("", ""),
        (20261122, ""),
    ],
)
def test_a_time_is_kept_in_one_form(said, kept):
    assert _when({"at": said}) == kept
