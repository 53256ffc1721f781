"""Real brokers for the tests of the bus: started on free ports, ended by their own pid."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.bus import Bus
from edge.bus.broker import BrokerFiles, find_mosquitto
from tests.ports import free_port


def until(condition, seconds=60.0):
    """Poll until a condition is true; its last value. The seconds are for the slowest of machines: who looks often loses nothing by them."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


class RunningBroker:
    """A broker process over its files."""

    def __init__(self, files: BrokerFiles, command: list[str] | None = None) -> None:
        self.files = files
        self.command = command or files.command()
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        log = (self.files.folder / "log").open("ab")
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        log.close()
        assert until(self._listens), (self.files.folder / "log").read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def bus(self, username: str, client_id: str | None = None, **more) -> Bus:
        files = self.files
        return Bus(
            files.host, files.port, username, files.password_file(username), client_id or username, **more
        )

    def _listens(self) -> bool:
        assert self.process.poll() is None, (self.files.folder / "log").read_text()
        with socket.socket() as s:
            return s.connect_ex((self.files.host, self.files.port)) == 0


@pytest.fixture
def files(tmp_path: Path) -> BrokerFiles:
    return BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())


@pytest.fixture
def broker(files: BrokerFiles) -> Iterator[RunningBroker]:
    if not find_mosquitto():
        pytest.skip("Mosquitto with its dynamic-security plugin is not installed")
    running = RunningBroker(files)
    yield running
    running.stop()


@pytest.fixture
def started():
    """Start buses and stop them at the end."""
    buses = []

    def start(bus: Bus) -> Bus:
        bus.start()
        buses.append(bus)
        assert bus.wait_connected(60)
        return bus

    yield start
    for bus in buses:
        bus.stop()
