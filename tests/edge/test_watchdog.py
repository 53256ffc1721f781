"""The watchdog is fed only after a check that passed, and never by a check that breaks."""

from __future__ import annotations

import socket

import pytest

from edge.watchdog import Watchdog
from tests.edge.bus.brokers import until


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """The other end of the notification socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield end


def test_a_check_that_passes_feeds(systemd):
    assert Watchdog(lambda: "").look()
    assert systemd.recv(100) == b"WATCHDOG=1"


def test_a_check_that_fails_or_breaks_does_not(systemd):
    systemd.settimeout(0.1)
    assert not Watchdog(lambda: "no answer").look()
    assert not Watchdog(lambda: 1 / 0).look()
    with pytest.raises(TimeoutError):
        systemd.recv(100)


def test_it_runs_by_itself_under_systemd_and_not_elsewhere(systemd, monkeypatch):
    seen = []
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    Watchdog(lambda: seen.append(1) or "").start()
    assert not until(lambda: seen, 0.2)
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    dog = Watchdog(lambda: seen.append(1) or "")
    dog.start()
    assert until(lambda: len(seen) >= 3)
    dog.stop()
