"""A colleague leaves in the middle of the day: her screens close at once, nobody's file is lost, and everybody sees who cares from now on.

SEC-09, PRF-22, SEC-01, SEC-02.
"""

from __future__ import annotations

import re

import pytest
from tinydb import where

from edge.kiosk.services import checkin
from edge.store import Store, new_rid, now, trail
from salon.records import Appointment, FollowUp
from salon.rules.times import later
from tests.journeys.chain import PINS, open_screen, wait_for

pytestmark = pytest.mark.journey

LEAVER, LOGIN = "e-chen-jing", "chen"


@pytest.fixture(scope="module")
def hers(store):
    """Her customers, and for one of them a booking tomorrow and a call that is still open."""
    members = [member.rid for member in store.members.select(where("therapist") == LEAVER)]
    assert len(members) >= 2
    with store.acting("system"), store.transaction():
        booking = store.appointments.add(
            Appointment(
                rid=new_rid(), member=members[0], store="s001", services=["svc-hydrate"], therapist=LEAVER,
                starts_at=later(now(), days=3), ends_at=later(now(), days=3, hours=1),
            )
        )  # fmt: skip
        task = store.follow_ups.add(
            FollowUp(
                rid=new_rid(), member=members[0], store="s001", rule="call_72h", due_at=later(now(), hours=2),
                expires_at=later(now(), days=4), owner=LEAVER, channel="phone",
            )
        )  # fmt: skip
    return members, booking.rid, task.rid


@pytest.fixture(scope="module")
def her_screen(chain, browser):
    return open_screen(browser, chain.kiosk, "leaver", width=720, height=1280)


@pytest.fixture(scope="module")
def her_second_screen(chain, browser):
    return open_screen(browser, chain.kiosk, "leaver-2")


@pytest.fixture(scope="module")
def manager(chain, browser):
    return open_screen(browser, chain.kiosk, "manager")


def test_1_she_is_at_work(her_screen, her_second_screen, store, hers):
    """On one screen the list of who comes, on another a customer's own page, which nothing refreshes."""
    her_screen.sign_in(LOGIN, "/station")
    if her_screen.page.locator("button[name=bed]").count():
        with her_screen.page.expect_navigation():
            her_screen.page.locator("button[name=bed]").first.click()
    assert "/station" in her_screen.page.url
    visit = checkin.arrive(store, LEAVER, hers[0][0], "desk", 9000)
    with store.acting(LEAVER):
        store.visits.edit(visit.rid, therapist=LEAVER)
    her_second_screen.sign_in(LOGIN, "/station")
    her_second_screen.goto(f"/station/visit/{visit.rid}/prepare")
    her_second_screen.page.wait_for_selector("body[data-line=up]")
    assert her_second_screen.page.locator("[data-src]").count() == 0
    assert store.members.load(hers[0][0]).surname in her_second_screen.text()


def test_2_the_manager_sees_what_would_change_before_it_does(manager, store, hers):
    """PRF-22"""
    members, _, _ = hers
    manager.sign_in("shen", "/manager")
    manager.goto("/manager/team")
    manager.page.locator(f"a[href$='/team/{LEAVER}/leave']").click()
    manager.page.wait_for_url("**/leave")
    said = manager.text()
    assert str(len(members)) in said
    assert "顾客属于本店" in said
    manager.shoot("leaver-before")
    assert store.employees.load(LEAVER).active


def test_3_a_wrong_pin_ends_nothing(manager, store):
    manager.page.fill("#pin", "000000")
    manager.page.locator("button.danger").click()
    manager.page.wait_for_selector("[role=alert]")
    assert store.employees.load(LEAVER).active


def test_4_it_is_done_all_at_once(manager, store, hers):
    """SEC-09, PRF-22"""
    members, booking, task = hers
    manager.page.fill("#pin", PINS["shen"])
    manager.page.locator("button.danger").click()
    manager.page.wait_for_url("**/manager/team")
    manager.shoot("leaver-team")
    left = store.employees.load(LEAVER)
    assert (left.active, left.pin_hash, left.badge) == (False, "", "")
    colleagues = {
        e.rid for e in store.employees.select() if e.active and e.store == "s001" and "beautician" in e.roles
    }
    assert {store.members.load(rid).therapist for rid in members} <= colleagues
    heir = store.members.load(members[0]).therapist
    assert store.appointments.load(booking).therapist == heir
    assert store.follow_ups.load(task).owner == heir
    assert "已离职" in manager.text()


def test_5_her_open_screen_closes_without_a_touch(her_screen, her_second_screen, store, hers):
    """SEC-09: at once, not at her next sign-in; each of them, also the one that nothing refreshes."""
    for screen in (her_screen, her_second_screen):
        screen.page.wait_for_url(re.compile("/staff/sign-in"), timeout=60_000)
        assert screen.page.locator(f"input[name=login][value={LOGIN}]").count() == 0
        assert store.members.load(hers[0][0]).given_name not in screen.text()
    her_screen.shoot("leaver-closed")


def test_6_neither_pin_nor_badge_opens_a_page_again(her_screen, store):
    """SEC-09"""
    for form in ({"login": LOGIN, "pin": PINS[LOGIN]}, {"badge": "B10001"}):
        answer = her_screen.page.request.post(
            f"{her_screen.base}/staff/sign-in", form={**form, "next": "/station"}
        )
        assert answer.status in {401, 429}
        assert her_screen.page.request.get(f"{her_screen.base}/station", max_redirects=0).status in {302, 401}


def test_7_the_log_says_who_did_it_and_what_went_where(store, hers):
    """SEC-02"""
    members, _, _ = hers
    con = store.connections.get()
    lines = trail.read(
        con, rid=LEAVER, kind="employee", limit=2
    )  # what travels, and what stays in this store
    assert {line.actor for line in lines} == {"e-shen-lan"}
    assert {"active", "pin_hash", "badge"} <= {field for line in lines for field in line.fields}
    for rid in members:
        assert "e-shen-lan" in {line.actor for line in trail.read(con, rid=rid) if "therapist" in line.fields}


def test_8_the_other_store_knows_too(chain):
    """SYN-02: who left is not active anywhere."""
    with Store.open(chain.home / "second") as second:
        wait_for(lambda: second.employees.find(LEAVER) is not None, 120, "the colleague in the second store")
        wait_for(lambda: not second.employees.load(LEAVER).active, 120, "the leaver in the second store")


def test_9_no_page_had_a_script_error(manager, her_screen, her_second_screen):
    errors = [
        e
        for s in (manager, her_screen, her_second_screen)
        for e in s.errors
        if "Failed to load resource" not in e
    ]
    assert errors == []
