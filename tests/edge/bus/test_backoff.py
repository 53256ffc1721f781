from __future__ import annotations

from edge.bus import Backoff


def ceilings(backoff: Backoff, count: int) -> list[float]:
    return [backoff.wait() for _ in range(count)]


def test_the_ceiling_doubles_from_one_second_to_sixty():
    backoff = Backoff(draw=lambda low, high: high)
    assert ceilings(backoff, 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_each_wait_is_drawn_from_nothing_to_the_ceiling():
    drawn = []
    backoff = Backoff(draw=lambda low, high: drawn.append((low, high)) or 0.0)
    ceilings(backoff, 3)
    assert drawn == [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)]


def test_only_a_connection_that_held_resets_it():
    backoff = Backoff(draw=lambda low, high: high)
    ceilings(backoff, 5)
    backoff.held(59)
    assert backoff.ceiling == 32
    backoff.held(60)
    assert backoff.ceiling == 1


def test_two_clients_do_not_come_back_together():
    first, second = Backoff(), Backoff()
    assert ceilings(first, 5) != ceilings(second, 5)
