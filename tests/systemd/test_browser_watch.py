"""When the customer's screen is started again, and when it must be left alone."""

from __future__ import annotations

import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "systemd" / "browser_watch.py"


@pytest.fixture
def watch():
    spec = importlib.util.spec_from_file_location("browser_watch", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def well(**screens):
    return {"status": "ok", "screens": screens}


@pytest.mark.parametrize(
    ("health", "running_s", "stuck"),
    [
        (well(customer=4.0), 600, False),
        (well(customer=61.0), 600, True),
        (well(), 600, True),  # no page at all
        (well(desk=1.0), 600, True),  # another screen is not the customer's
        (well(), 30, False),  # it has only just started
        (well(customer=61.0), 0, False),  # it does not run: that is systemd's business
        (None, 600, False),  # the kiosk is away: not the browser's fault
    ],
)
def test_only_a_silent_screen_of_a_well_kiosk_is_stuck(watch, health, running_s, stuck):
    assert watch.is_stuck(health, running_s) is stuck


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"status":"ok","screens":{}}', {"status": "ok", "screens": {}}),
        (b'{"status":"starting"}', None),
        (b"<html>", None),
        (b"[]", None),
    ],
)
def test_what_is_no_health_counts_as_no_answer(watch, monkeypatch, body, found):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setattr(watch, "HEALTH", f"http://127.0.0.1:{server.server_port}/healthz")
        assert watch.read_health() == found
        thread.join()
    monkeypatch.setattr(watch, "HEALTH", "http://127.0.0.1:1/healthz")
    assert watch.read_health() is None
