"""`python -m edge.care` as its own process, with a real mail server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time as clock
from datetime import UTC, datetime, timedelta

from salon.records import Appointment
from salon.rules.times import text

from .conftest import add_member  # isort: skip


def wait_for(condition, seconds=120):
    end = clock.monotonic() + seconds
    while not condition():
        assert clock.monotonic() < end, "it did not happen"
        clock.sleep(0.05)


def test_the_unit_sends_a_reminder_by_mail_and_stops_when_told_apt_05(store, mailserver, tmp_path):
    add_member(store, channel="email")
    toml = '[quiet_hours]\nbegins = "00:00"\nends = "00:00"'  # never quiet: the test runs at any hour
    from salon.records import PolicyText

    store.add(PolicyText(rid="pt-1", scope="s001", at="2026-01-01T00:00:00Z", toml=toml, version="x"))
    starts = datetime.now(UTC) + timedelta(hours=20)
    store.add(
        Appointment(rid="a-001", member="m-wang", store="s001", services=["svc-soothe"], starts_at=text(starts),
                    ends_at=text(starts + timedelta(hours=1)))
    )  # fmt: skip
    environment = {
        **os.environ, "PARLOUR_HOME": str(store.home), "PARLOUR_CARE_SMTP_HOST": "127.0.0.1",
        "PARLOUR_CARE_SMTP_PORT": str(mailserver.port), "PARLOUR_CARE_SMTP_SECURITY": "none",
        "PARLOUR_CARE_MAIL_FROM": "shop@example.com", "PARLOUR_CARE_TICK_S": "0.1",
    }  # fmt: skip
    unit = subprocess.Popen([sys.executable, "-m", "edge.care"], env=environment)
    try:
        wait_for(lambda: bool(mailserver.mails))
        wait_for(lambda: store.messages.select()[0].state == "sent")
    finally:
        unit.send_signal(signal.SIGTERM)
        assert unit.wait(60) == 0
    assert mailserver.mails[0][0] == "wang@example.com"
    assert len(mailserver.mails) == 1
