"""What takes long is worked out once, and nobody waits for it twice (KPI-07, PRF-23)."""

from __future__ import annotations

import threading

import pytest

from edge.kiosk.services import kept
from salon import policies


class Work:
    """Counts; waits where it is told to."""

    def __init__(self):
        self.done = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, _store, _policy):
        assert self.go_on.wait(30)
        self.done += 1
        return self.done


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def clock(monkeypatch):
    """The steady clock, moved on by hand."""

    class Clock:
        at = 0.0

    monkeypatch.setattr(kept.time, "monotonic", lambda: Clock.at)
    return Clock


def test_what_is_a_minute_old_is_worked_out_anew(store, work, clock):
    held, policy = kept.Kept(work), policies.default()
    assert held.of(store, policy).value == 1
    clock.at += kept.KEPT_S - 1
    assert held.of(store, policy).value == 1
    clock.at += 2
    assert held.of(store, policy).value == 2
    assert held.of(store, policy, again=True).value == 3


def test_another_policy_has_figures_of_its_own(store, work, clock):
    held, policy = kept.Kept(work), policies.default()
    held.of(store, policy)
    assert held.of(store, policy.model_copy(update={"version": "other"})).value == 2


def test_what_takes_long_is_shown_once_more_while_the_next_is_worked_out(store, work, clock, monkeypatch):
    monkeypatch.setattr(kept, "LONG_S", 0.0)
    held, policy = kept.Kept(work), policies.default()
    held.of(store, policy)
    work.go_on.clear()
    clock.at += kept.KEPT_S + 1
    assert held.of(store, policy).value == 1
    assert held.of(store, policy).value == 1, "one works on it, not two"
    work.go_on.set()
    for worker in threading.enumerate():
        if worker.daemon and worker.name.endswith("(_new)"):
            worker.join(30)
    assert held.of(store, policy).value == 2
    assert work.done == 2


def test_what_is_of_this_morning_is_shown_to_nobody(store, work, clock, monkeypatch):
    monkeypatch.setattr(kept, "LONG_S", 0.0)
    held, policy = kept.Kept(work), policies.default()
    held.of(store, policy)
    clock.at += kept.STALE_S + 1
    assert held.of(store, policy).value == 2
