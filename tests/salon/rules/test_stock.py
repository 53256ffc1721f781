"""Doses are counted by a counter that only grows; a bottle is replaced before it is empty (MEA-10)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import Reading
from salon.rules import stock
from salon.rules.said import Said

NAME = Said("精华瓶", "Serum")


def counter(*values):
    """One reading a minute, from ten o'clock."""
    return [
        Reading(
            rid=f"r-{n}",
            device="bottle-1",
            measure="bottle_uses",
            value=value,
            at=f"2026-11-22T10:{n:02d}:00.000Z",
        )
        for n, value in enumerate(values)
    ]


def at(minute):
    return f"2026-11-22T10:{minute:02d}:00.000Z"


def test_doses_of_a_visit_are_what_the_counter_grew_while_it_lasted_mea_10():
    rows = counter(5, 5, 6, 7, 7, 9)
    assert stock.doses(rows, at(1), at(4)) == 2
    assert stock.doses(reversed(rows), at(1), at(4)) == 2
    assert stock.doses(rows, at(1)) == 4
    assert stock.doses(rows, at(3), at(4)) == 1


def test_a_new_scale_counts_from_nothing_and_takes_nothing_back():
    assert stock.doses(counter(40, 41, 0, 1), at(1)) == 2


def test_what_nobody_knows_from_before_is_not_counted():
    assert stock.doses(counter(40), at(0)) == 0
    assert stock.doses([], at(0)) == 0


@pytest.mark.parametrize(("left", "is_low"), [(15.1, False), (15.0, True), (0.0, True)])
def test_a_bottle_is_low_at_the_limit_and_says_why(left, is_low):
    found = stock.low(NAME, left, policies.default())
    assert (found is not None) == is_low
    if found is not None:
        assert "MEA-10" in found.rule
        assert found.figures["left"] == left
