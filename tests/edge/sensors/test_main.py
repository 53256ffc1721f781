"""The unit as a process: says ready, survives `kill -9` with all it had written, ends when told to."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading

import pytest

from edge.bus import Will
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import begin_visit


@pytest.fixture
def process(store, broker, tmp_path):
    """Start the unit's process; it is ready when it has said so to the notify socket."""
    environ = {
        **os.environ,
        **broker.files.environment(),
        "PARLOUR_HOME": str(store.home),
        "CREDENTIALS_DIRECTORY": str(broker.files.keys),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "200000",
    }
    started = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(environ["NOTIFY_SOCKET"])
        words: queue.Queue[str] = queue.Queue()

        def listen():
            """As systemd does, all the time: a unit whose words nobody takes stands still after the tenth."""
            while word := channel.recv(4096):
                words.put(word.decode())

        ear = threading.Thread(target=listen)
        ear.start()

        def told():
            return words.get(timeout=60)

        def start():
            running = subprocess.Popen([sys.executable, "-m", "edge.sensors"], env=environ)
            started.append(running)
            while told() != "READY=1":
                pass
            return running

        start.told = told
        yield start
        for running in started:
            if running.poll() is None:
                running.kill()
            running.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", environ["NOTIFY_SOCKET"])
        ear.join()


def test_what_it_had_written_survives_kill_9_and_it_goes_on(process, store, broker, started, service):
    running = process()
    visit = begin_visit(store)
    will = Will("salon/s001/probe-1/status", b"offline")
    probe = started(broker.bus("probe-1", will=will))
    arrived = lambda n: until(  # noqa: E731
        lambda: (
            probe.publish("salon/s001/probe-1/sensor/skin_moisture/state", b"41.5", qos=1)
            and len(store.readings) >= n
        ),
        seconds=120,
    )
    assert arrived(1)
    running.kill()
    running.wait()
    before = len(store.readings)
    process()
    assert arrived(before + 1)
    assert {r.visit for r in store.readings.select()} == {visit.rid}


def test_it_feeds_the_watchdog_and_ends_when_told_to(process, broker):
    running = process()
    while not (word := process.told()).startswith("WATCHDOG=1"):
        pass
    assert "readings" in word
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 0
