"""The supervisor: starts, watches, restarts and stops real processes."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from parlour.supervise import NotReady, Part, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(tmp_path / "logs")
    yield made
    made.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def watch_until(supervisor, condition, seconds=60):
    end = time.monotonic() + seconds
    said = []
    supervisor.watch(until=lambda: condition() or time.monotonic() > end, tell=said.append)
    assert condition(), said
    return said


def test_a_killed_process_is_started_again_and_a_person_is_told(supervisor):
    supervisor.start(Part("sleeper", SLEEPER))
    before = supervisor.pids()["sleeper"]
    os.kill(before, signal.SIGKILL)
    said = watch_until(supervisor, lambda: supervisor.pids()["sleeper"] != before)
    assert said == ["sleeper ended (SIGKILL); starting it again in 0.5 s"]
    assert alive(supervisor.pids()["sleeper"])


def test_stop_ends_all_also_one_that_does_not_listen(supervisor, monkeypatch):
    monkeypatch.setattr("parlour.supervise.STOP_WAIT_S", 0.5)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    supervisor.start(Part("sleeper", SLEEPER))
    up = supervisor.log("deaf")
    supervisor.start(
        Part("deaf", [sys.executable, "-c", deaf], ready=lambda: up.exists() and "up" in up.read_text())
    )
    pids = supervisor.pids().values()
    supervisor.stop()
    assert not any(alive(pid) for pid in pids)


def test_a_process_that_dies_at_its_start_shows_the_end_of_its_log(supervisor):
    broken = [sys.executable, "-c", "raise SystemExit('no camera here')"]
    with pytest.raises(NotReady, match="no camera here"):
        supervisor.start(Part("vision", broken, ready=lambda: False))


def test_a_process_that_never_gets_ready_is_given_up(supervisor):
    with pytest.raises(NotReady):
        supervisor.start(Part("sleeper", SLEEPER, ready=lambda: False), timeout_s=0.3)


def test_one_that_is_seldom_wanted_is_started_by_its_file_and_may_end(supervisor, tmp_path):
    wanted = tmp_path / "wanted"
    code = f"import pathlib, time; time.sleep(0.2); pathlib.Path({str(wanted)!r}).unlink()"
    supervisor.start(Part("seldom", [sys.executable, "-c", code], wanted=wanted))
    assert supervisor.pids() == {}
    wanted.touch()
    assert watch_until(supervisor, lambda: "seldom" in supervisor.pids()) == []
    assert watch_until(supervisor, lambda: not wanted.exists() and supervisor.pids() == {}) == []
