"""What systemd is told, over a real socket."""

from __future__ import annotations

import os
import socket

import pytest

from edge import notify


@pytest.fixture(params=["path", "abstract"])
def told(request, tmp_path, monkeypatch):
    address = (
        str(tmp_path / "notify")
        if request.param == "path"
        else f"@parlour-test-{tmp_path.name}-{os.getpid()}"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + address[1:] if address.startswith("@") else address)
        channel.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield lambda: channel.recv(4096).decode()


def test_a_unit_says_ready_alive_and_stopping(told):
    notify.ready("listening")
    assert told() == "READY=1\nSTATUS=listening"
    notify.alive()
    assert told() == "WATCHDOG=1"
    notify.stopping()
    assert told() == "STOPPING=1"


def test_outside_systemd_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready()


@pytest.mark.parametrize(("usec", "seconds"), [("60000000", 30.0), ("", None), ("0", None), ("x", None)])
def test_signs_of_life_come_twice_as_often_as_asked(monkeypatch, usec, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    assert notify.interval() == seconds
