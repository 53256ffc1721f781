"""Slow and greedy clients: who sends half a request, or opens many, keeps nobody else waiting (SAF-05: the question before a treatment must come)."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys

import pytest

from edge.kiosk.worker import FairWorker
from tests.journeys.chain import ROOT, wait_for
from tests.ports import free_port

SERVER = """
import sys
from edge.kiosk.__main__ import KioskServer
from edge.kiosk.settings import KioskSettings
from edge.kiosk.worker import FairWorker
FairWorker.HEAD_S, FairWorker.WHOLE_S = float(sys.argv[2]), float(sys.argv[2])
class Plain(KioskServer):
    def load(self):
        def app(environ, start):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("200 OK", [("Content-Length", str(len(body)))])
            return [body]
        return app
Plain(KioskSettings(port=int(sys.argv[1]), threads=4, screens=frozenset({"127.0.0.1"}))).run()
"""
THREADS = 4
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_A_FORM = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"


@pytest.fixture
def server():
    """Starts it, with the seconds that a client may take."""
    running = []

    def start(patience):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port), str(patience)], cwd=ROOT, env=dict(os.environ)
        )
        running.append(process)
        wait_for(lambda: _answers(port, "127.0.0.1"), what="the start of the server")
        return port

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(port, source, within=5.0):
    """Whether a page comes to this address."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=within, source_address=(source, 0))
    try:
        line.request("GET", "/")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


@pytest.fixture
def send():
    """Opens connections from an address and sends the same on each."""
    opened = []

    def send(port, source, what, times):
        for _ in range(times):
            line = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
            line.sendall(what)
            opened.append(line)
        return opened[-times:]

    yield send
    for line in opened:
        line.close()


def _until_it_ends(line):
    """Whether the server closed it within the line's own patience."""
    with contextlib.suppress(ConnectionResetError):  # closed with some of what was sent unread
        while line.recv(4096):
            pass
    return True


@pytest.mark.parametrize("what", [HALF_A_HEAD, HALF_A_FORM], ids=["head", "form"])
def test_one_address_does_not_keep_the_others_waiting(server, send, what):
    port = server(600)
    lines = send(port, "127.0.0.2", what, 3 * THREADS)
    assert _answers(port, "127.0.0.3", within=60)
    assert _answers(port, "127.0.0.1", within=60)
    assert not _answers(port, "127.0.0.2", within=0.3), "it waits for its own turn"
    for line in lines:
        line.close()
    wait_for(lambda: _answers(port, "127.0.0.2"), what="its turn")


@pytest.mark.parametrize("what", [HALF_A_HEAD, HALF_A_FORM], ids=["head", "form"])
def test_who_does_not_go_on_is_cut_off(server, send, what):
    """From a screen too, which is not counted: all threads are held, and are free again."""
    port = server(1)
    for line in send(port, "127.0.0.1", what, THREADS):
        assert _until_it_ends(line)
    assert _answers(port, "127.0.0.1", within=60)


def test_an_address_that_opens_without_end_is_refused(server, send):
    port = server(600)
    lines = send(port, "127.0.0.2", HALF_A_HEAD, THREADS // 2 + FairWorker.WAITING + 1)
    assert _until_it_ends(lines[-1])
    assert _answers(port, "127.0.0.3", within=60)
