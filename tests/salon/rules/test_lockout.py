"""Wrong PINs: five tries, then growing delays that survive a restart."""

from __future__ import annotations

import pytest

from salon.rules import lockout

AT = "2026-11-22T05:00:00Z"


@pytest.mark.parametrize(
    ("failures", "delay"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (500, 900)]
)
def test_the_delay_doubles_from_the_fifth_failure_to_fifteen_minutes(failures, delay):
    assert lockout.delay_after(failures) == delay


def test_a_login_opens_again_when_the_delay_is_over():
    assert lockout.check(5, AT, "2026-11-22T05:00:29Z") == lockout.Lockout(True, 1, 0)
    assert not lockout.check(5, AT, "2026-11-22T05:00:30Z").locked


def test_tries_left_are_counted_down():
    assert [lockout.check(n, AT, AT).tries_left for n in range(5)] == [5, 4, 3, 2, 1]
    assert not lockout.check(0, "", AT).locked


def test_a_clock_that_went_back_locks_for_no_more_than_the_delay():
    assert lockout.check(5, AT, "2026-11-21T05:00:00Z").seconds_left == 30


def test_what_is_shown_says_how_long():
    assert "30" in lockout.check(5, AT, AT).said.zh
    assert "4 tries" in lockout.check(1, AT, AT).said.en
