"""Nobody touches the screen: a card on the reader, a code under the scanner, and she is greeted (SVC-02, MEA-13).

The readers are real serial lines (pseudo terminals), read by the unit parlour-wired, told over the store's own broker.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from tinydb import where

from tests.journeys.chain import ROOT, open_screen, wait_for

pytestmark = pytest.mark.journey

MEMBER = "m-liu-yang"
CARD = "04A2B3C4D5E680"
READERS = {"scan-kiosk": "scanner", "card-kiosk": "card_reader"}


@pytest.fixture(scope="module")
def lines(chain, store):
    """Two readers at the door, as the technician adds them; what is plugged in speaks through these."""
    held, jobs = {}, []
    for device, profile in READERS.items():
        held[device], far_end = pty.openpty()
        jobs.append(
            store.jobs.put(
                "provision",
                {
                    "action": "add", "device": device, "profile": profile, "name": device, "place": "入口",
                    "address": f"serial:{os.ttyname(far_end)}",
                },
            )
        )  # fmt: skip
    wait_for(lambda: all(store.jobs.get(job).state == "done" for job in jobs), 60, "the readers' logins")
    env = {**chain.env, "PARLOUR_MQTT_PORT": str(chain.mqtt_port)}
    log = (chain.home / "logs" / "wired.log").open("wb")
    wired = subprocess.Popen(
        [sys.executable, "-m", "edge.sensors.wired"], env=env, cwd=ROOT, stdout=log, stderr=log
    )
    try:
        wait_for(
            lambda: all((seen := store.presence.all().get(d)) and seen.online for d in READERS),
            60,
            "both readers online",
        )
        yield held
    finally:
        wired.terminate()
        wired.wait(60)
        log.close()


@pytest.fixture
def kiosk(chain, browser):
    screen = open_screen(browser, chain.kiosk, "kiosk", width=720, height=1280)
    screen.goto("/")
    screen.page.wait_for_selector("body[data-line=up]")
    return screen


@pytest.mark.parametrize(("device", "how"), [("scan-kiosk", "qr"), ("card-kiosk", "card")])
def test_a_member_is_greeted_without_touching_the_screen(store, lines, kiosk, device, how):
    with store.acting("system"):
        store.members.edit(MEMBER, card_uid=CARD)
        for visit in store.visits.select((where("member") == MEMBER) & (where("state") == "arrived")):
            store.visits.edit(visit.rid, state="closed")
    said = f"parlour:{store.members.load(MEMBER).card_code}" if how == "qr" else CARD
    os.write(lines[device], said.encode() + b"\r\n")
    kiosk.page.wait_for_url("**/welcome", timeout=60_000)
    assert "刘先生" in kiosk.text()
    visit = store.visits.select((where("member") == MEMBER) & (where("state") == "arrived"))[0]
    assert visit.identified_by == how
    assert kiosk.errors == []


def test_a_card_of_nobody_is_told_in_words(store, lines, kiosk):
    os.write(lines["card-kiosk"], b"04FFEEDDCCBBAA\r\n")
    kiosk.page.wait_for_selector(".problem:not(:empty)", timeout=60_000)
    assert "没有找到这个码" in kiosk.text()
