"""Units that run only while there is work: asked for, ended when idle, and nothing falls between."""

from __future__ import annotations

import os

import pytest

from edge.store import Store
from edge.store.wanted import ENDS_AFTER, Idle, Wanted


@pytest.fixture
def wanted(tmp_path):
    return Wanted(tmp_path / "wanted")


@pytest.fixture
def clock():
    time = [0.0]

    def tick():
        return time[0]

    tick.pass_ = lambda seconds: time.__setitem__(0, time[0] + seconds)
    return tick


def make(wanted, clock, *, work=False, after_s=600.0):
    return Idle(wanted, "scan", lambda: work, after_s=after_s, tick=clock)


def test_a_job_asks_for_who_works_on_it(tmp_path):
    store = Store.create(tmp_path / "home", "s001")
    store.jobs.put("scan", {})
    assert store.wanted.asked_at("scan") > 0
    assert store.wanted.asked_at("provision") == 0
    assert store.jobs.waits("scan")
    store.jobs.claim("scan")
    assert not store.jobs.waits("scan")
    store.close()


def test_it_ends_after_the_time_without_work_and_takes_its_file_along(wanted, clock):
    wanted.ask("scan")
    idle = make(wanted, clock)
    clock.pass_(599)
    assert not idle.over()
    clock.pass_(2)
    assert idle.over()
    assert wanted.asked_at("scan") == 0


def test_work_and_being_asked_again_both_begin_the_time_anew(wanted, clock):
    wanted.ask("scan")
    idle = make(wanted, clock)
    clock.pass_(500)
    idle.worked()
    clock.pass_(500)
    assert not idle.over()
    os.utime(wanted.path("scan"), (1, 1))  # a page that leads to a scan was opened
    assert not idle.over()
    clock.pass_(599)
    assert not idle.over()
    clock.pass_(2)
    assert idle.over()


def test_a_job_that_came_at_the_very_end_is_not_left_lying(wanted, clock):
    wanted.ask("scan")
    idle = make(wanted, clock, work=True)
    clock.pass_(601)
    assert not idle.over()
    assert wanted.asked_at("scan") > 0


def test_without_a_time_it_runs_for_ever(wanted, clock, monkeypatch):
    monkeypatch.delenv(ENDS_AFTER, raising=False)
    idle = Idle(wanted, "scan", lambda: False, tick=clock)
    clock.pass_(1e9)
    assert not idle.over()
