"""The socket: rooms are guarded, notices name no person, screens are heard to beat."""

from __future__ import annotations

import re

import pytest

from edge.kiosk.app import create_app
from edge.kiosk.live import REMEMBERED
from edge.kiosk.settings import KioskSettings
from salon import records
from tests.edge.kiosk.conftest import PINS

NOTHING: list[object] = []
"""How the test client gives an answer without a value."""


@pytest.fixture
def served(store):
    return create_app(store, settings=KioskSettings(), testing=True)


@pytest.fixture
def join(served):
    """Joins a room as somebody; answers the socket's client and whether it was let in."""
    app, socket = served

    def enter(room, login=""):
        browser = app.test_client()
        if login:
            browser.post("/staff/sign-in", data={"login": login, "pin": PINS[login]})
        page = socket.test_client(app, flask_test_client=browser)
        return page, page.emit("join", room, callback=True)

    return enter


def test_a_room_of_the_staff_is_closed_to_customers_and_other_roles(join):
    assert join("desk")[1] is False
    assert join("desk", "gu")[1] is False
    assert join("desk", "xu")[1] is True
    assert join("station:1号床", "mei")[1] is True
    assert join("station:1号床", "xu")[1] is False
    assert join("tech", "gu")[1] is True


@pytest.mark.parametrize("room", ["nowhere", "visitor", "", 7, None, {"a": 1}, "desk" * 50])
def test_what_is_no_room_is_not_entered(join, room):
    assert join(room, "xu")[1] is False


def test_the_desk_hears_of_a_change_in_any_process_and_of_no_person(served, join, store):
    app, _socket = served
    live = app.extensions["live"]
    page, _ = join("desk", "xu")
    feed = store.feed()
    feed.poll()
    with store.acting("kiosk"):
        store.members.edit("m-wang", drink="latte")
    live.changed({notice.kind for notice in feed.poll()})
    [event] = [e for e in page.get_received() if e["name"] == "changed"]
    assert event["args"] == [{"kinds": ["member"], "told": live.since(0)["told"]}]


@pytest.mark.parametrize(
    "change", [{"active": False}, {"roles": ["desk"]}, {"pin_hash": "another"}], ids=["left", "role", "pin"]
)
def test_the_sockets_of_a_leaver_are_closed_at_once_sec_09(served, join, store, change):
    """Of a page that would not go by itself as well: a running scan shows a customer's face."""
    live = served[0].extensions["live"]
    hers, _ = join("station:1号床", "mei")
    assert hers.emit("join", "scan:job-1", callback=True)
    other, _ = join("desk", "xu")
    with store.acting("e-shen"):
        store.employees.edit("e-mei", **change)
    live.changed({"employee"})
    assert not hers.is_connected()
    assert other.is_connected()
    assert "ended" not in [event["name"] for event in other.get_received()]


def test_signing_out_closes_the_sockets_of_that_sign_in_alone_sec_09(served):
    app, socket = served
    pages = []
    for _ in range(2):
        browser = app.test_client()
        browser.post("/staff/sign-in", data={"login": "xu", "pin": PINS["xu"]})
        page = socket.test_client(app, flask_test_client=browser)
        assert page.emit("join", "desk", callback=True)
        pages.append((browser, page))
    pages[0][0].post("/staff/sign-out")
    assert [page.is_connected() for _browser, page in pages] == [False, True]


def test_a_page_asks_what_was_told_between_its_request_and_its_joining(served, join):
    app, _socket = served
    live = app.extensions["live"]
    browser = app.test_client()
    browser.post("/staff/sign-in", data={"login": "xu", "pin": PINS["xu"]})
    told = int(re.search(r'data-told="(\d+)"', browser.get("/desk").text)[1])
    live.changed({"visit"})
    live.changed({"reading", "visit"})
    page, _ = join("desk", "xu")

    missed = page.emit("since", told, callback=True)

    assert missed == {"kinds": ["reading", "visit"], "told": told + 2}
    assert page.emit("since", told + 1, callback=True)["kinds"] == ["reading", "visit"]
    assert page.emit("since", told + 2, callback=True) == NOTHING


@pytest.mark.parametrize("told", [0, 10**15])
def test_a_page_from_before_the_servers_start_or_long_ago_looks_at_everything(served, join, told):
    app, _socket = served
    live = app.extensions["live"]
    for _ in range(REMEMBERED + 1):
        live.changed({"visit"})
    page, _ = join("desk", "xu")
    assert page.emit("since", told, callback=True)["kinds"] == sorted(records.kinds())


@pytest.mark.parametrize("told", ["", None, [], "7"])
def test_what_is_no_number_and_who_hears_no_notices_is_told_nothing(served, join, told):
    page, _ = join("desk", "xu")
    assert page.emit("since", told, callback=True) == NOTHING
    stranger, _ = join("desk")
    assert stranger.emit("since", 0, callback=True) == NOTHING


def test_the_watcher_tells_by_itself(served, join, store):
    app, _socket = served
    live = app.extensions["live"]
    page, _ = join("desk", "xu")
    live.start()
    try:
        heard = []
        for _ in range(600):  # the watcher begins with what is written after it began
            with store.acting("kiosk"):
                store.members.edit("m-wang", drink=f"tea {len(heard)} {_}")
            live.socket.sleep(0.1)
            heard += [e for e in page.get_received() if e["name"] == "changed"]
            if heard:
                break
        assert heard
    finally:
        live.stop()


def test_a_customers_call_reaches_the_desk_and_stays_until_taken(served, join, store):
    app, _socket = served
    page, _ = join("desk", "xu")
    customer = app.test_client()
    assert customer.post("/call", data={"page": "customer.hello"}).status_code == 204
    assert [e["name"] for e in page.get_received()] == ["called"]
    desk = app.test_client()
    desk.post("/staff/sign-in", data={"login": "xu", "pin": PINS["xu"]})
    assert "需要帮助" in desk.get("/desk").text
    [call] = store.settings.get("kiosk.calls")
    desk.post(f"/desk/calls/{call['id']}")
    assert "需要帮助" not in desk.get("/desk").text


def test_health_says_which_screens_are_heard(served):
    app, socket = served
    browser = app.test_client()
    page = socket.test_client(app, flask_test_client=browser)
    page.emit("beat", "customer")
    health = browser.get("/healthz").json
    assert health["status"] == "ok"
    assert health["store"] == "s001"
    assert health["screens"]["customer"] >= 0
    page.disconnect()
    assert browser.get("/healthz").json["screens"] == {}
