"""A bad day: the line to head office is cut at nine, the power at fifteen o'clock. The salon works on, nothing is lost, and what has become
late is not sent blindly.

A chain of its own: everything in it is killed, as a power cut does it, and started again on the same files.
"""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tinydb import where

from edge.store import Store, iso, new_rid, now
from salon import records
from tests.journeys.chain import open_screen, wait_for, written_here
from tests.journeys.conftest import started

pytestmark = pytest.mark.journey

REGULAR = ("m-zhang-min", "13800010002", "张")
SECOND = ("m-smith-emma", "13800010004", "Smith")


class Day:
    """What one step leaves for the next."""

    written = (0, 0)
    balance = 0
    late = ""
    fit = ""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("bad-day")


@pytest.fixture(scope="module")
def chains(home):
    """The running chain, and a way to start it again after the power was cut."""
    running = []

    def start():
        generator = started(home)
        running.append(generator)
        return next(generator)

    yield start
    for generator in running:
        next(generator, None)


@pytest.fixture(scope="module")
def morning(chains):
    return chains()


def check_in(chain, browser, guest):
    """At the kiosk, as a customer does it; the greeting's page."""
    _rid, phone, surname = guest
    screen = open_screen(browser, chain.kiosk, "kiosk", width=720, height=1280)
    screen.goto("/")
    for selector, fill in (
        ("button.begin", None), ("a[href*='/phone']", None), ("form button.main", ("#phone", phone)),
        ("form.picker-page button.main", ("input[name=surname]", surname)),
        ("button[name=answer][value=yes]", None),
    ):  # fmt: skip
        if fill:
            screen.page.fill(*fill)
        with screen.page.expect_navigation():
            screen.page.locator(selector).first.click()
    assert screen.page.url.endswith("/welcome")
    return screen


def test_1_at_nine_the_line_is_cut_and_the_salon_works_on(morning, browser):
    """SYN-09"""
    for pid in morning.pids("cloud_sync_server"):
        os.kill(pid, signal.SIGSTOP)
    kiosk = check_in(morning, browser, REGULAR)
    assert "张女士" in kiosk.text()
    with Store.open(morning.home) as store:
        visit = store.visits.get((where("member") == REGULAR[0]) & (where("state") == "arrived"))
        desk = open_screen(browser, morning.kiosk, "desk")
        desk.sign_in("xu", "/desk")
        desk.page.wait_for_selector(f"a[href*='{visit['rid']}']")
        desk.shoot("bad-day-desk-offline")
        _top_up(desk, store)
        assert store.outbox.count() > 0, "what HQ must know waits here"


def _top_up(desk, store):
    """Money is taken without a line as well (LOY-09): what was there before, and 500 yuan to the fen. The regular's account is full."""
    Day.balance = _balance(store) + 50_000
    desk.goto(f"/desk/people/{SECOND[0]}/account")
    desk.page.fill("#amount", "500")
    desk.page.locator("#top-up input[name=payment][value=cash]").check(force=True)
    with desk.page.expect_navigation():
        desk.page.locator("#top-up button.main").click()
    assert _balance(store) == Day.balance


def _balance(store):
    entries = store.ledger.select((where("member") == SECOND[0]) & (where("unit") == "fen"))
    return sum(entry.amount for entry in entries)


def test_2_at_fifteen_the_power_is_cut_in_the_middle_of_it(morning, browser):
    """Everything dies at once, without a word; a message waits whose time will have passed, and one that will still be fit."""
    kiosk = check_in(morning, browser, SECOND)
    assert "Smith" in kiosk.text()
    with Store.open(morning.home) as store, store.acting("system"):
        for name, ends in (("late", timedelta(seconds=1)), ("fit", timedelta(days=1))):
            setattr(Day, name, _waiting(store, ends))
        Day.written = written_here(store)
        arrived = {v.member for v in store.visits.select(where("state") == "arrived")}
        assert {REGULAR[0], SECOND[0]} <= arrived
    for pid in [morning.process.pid, *_all_of(morning)]:
        os.kill(pid, signal.SIGKILL)
    morning.process.wait(60)
    wait_for(lambda: not _all_of(morning), 60, "the end of every process")


def _waiting(store, ends):
    """A message that could not go while the line was down."""
    moment = datetime.now(UTC)
    return store.messages.add(
        records.Message(
            rid=new_rid(), member=REGULAR[0], store="s001", purpose="service", template="reminder", channel="sms",
            to=REGULAR[1], text="您今天的预约", created_at=now(), expires_at=iso(moment + ends), state="waiting",
        )
    ).rid  # fmt: skip


def _all_of(chain):
    """Every process of this chain, the second store's and head office's too."""
    mark = f"PARLOUR_HOME={chain.home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(entry.startswith(mark) for entry in environment) and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def test_3_with_the_power_back_all_is_there_and_the_guests_are_still_in_the_house(chains, browser):
    """Nothing that was acknowledged is lost."""
    evening = chains()
    with Store.open(evening.home) as store:
        assert written_here(store) == Day.written
        for rid, _phone, _surname in (REGULAR, SECOND):
            assert store.visits.contains((where("member") == rid) & (where("state") == "arrived"))
        assert _balance(store) == Day.balance
        wait_for(lambda: store.outbox.count() == 0, 180, "what waited for HQ to arrive there")
        came = store.visits.get((where("member") == REGULAR[0]) & (where("state") == "arrived"))
        with Store.open(evening.home / "second") as second:
            wait_for(
                lambda: second.visits.find(came["rid"]), 180, "the visit without a line in the second store"
            )
        wait_for(
            lambda: store.messages.load(Day.late).state == "expired", 180, "the late message to be left out"
        )
        assert store.messages.load(Day.late).sent_at == ""
        assert store.messages.load(Day.fit).state == "waiting", "what is still fit is kept until it can go"
    desk = open_screen(browser, evening.kiosk, "desk")
    desk.sign_in("xu", "/desk")
    for name in ("张女士", "Smith"):
        assert name in desk.text()
    desk.shoot("bad-day-desk-evening")
    desk.goto(f"/desk/people/{SECOND[0]}/account")
    assert f"¥{Day.balance / 100:,.2f}" in desk.text()
    kiosk = check_in(evening, browser, REGULAR)
    assert "张女士" in kiosk.text()
    with Store.open(evening.home) as store:
        again = store.visits.select((where("member") == REGULAR[0]) & (where("state") == "arrived"))
        assert len(again) == 1, "she was here already: it is the same visit"
    assert json.loads(kiosk.page.request.get(f"{evening.kiosk}/healthz").text())["status"] == "ok"
