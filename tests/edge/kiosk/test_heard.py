"""What scanners and card readers on a wire read reaches one page, once, and names nobody on the way (MEA-13)."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace

import pytest

from edge.bus.happened import moment
from edge.kiosk.app import create_app
from edge.kiosk.heard import LIFE, MOST, Heard
from edge.kiosk.settings import KioskSettings
from edge.store import now
from tests.edge.kiosk.conftest import PINS
from tests.edge.kiosk.station.conftest import FakeBus


class Ear:
    """The live pages, as a list of what they were told."""

    def __init__(self):
        self.told = []

    def tell(self, room, event, data):
        self.told.append((room, event, data))


NUMBERS = itertools.count(1)


def event(text, *, name="scan", place="", retain=False, **more):
    boot, up_ms = moment()
    said = {
        "device": "scanner-1", "profile": "scanner", "place": place, "event_type": "read", "text": text, "id": "1",
        "at": now(), "boot": boot, "up_ms": up_ms, "seq": up_ms + next(NUMBERS), **more,
    }  # fmt: skip
    return SimpleNamespace(
        topic=f"salon/s001/edge/happened/{name}", payload=json.dumps(said).encode(), retain=retain
    )


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def clock():
    return SimpleNamespace(now=100.0)


@pytest.fixture
def heard(store, ear, clock):
    return Heard(store, ear, lambda: clock.now)


@pytest.mark.parametrize(
    ("place", "room"),
    [("", "kiosk"), ("入口", "kiosk"), ("1号床", "station:1号床"), ("前台", "desk"), ("Front desk", "desk")],
)
def test_a_reader_is_heard_where_it_stands(heard, ear, place, room):
    heard.happened(event("parlour:CODEWANG2345", place=place))
    [(told, name, _data)] = ear.told
    assert (told, name) == (room, "heard")


def test_what_was_read_is_not_sent_to_the_pages_but_kept_for_one_of_them(heard, ear):
    heard.happened(event("parlour:CODEWANG2345"))
    assert "CODEWANG2345" not in str(ear.told)
    ticket = ear.told[0][2]["ticket"]
    assert heard.read(ticket) == "parlour:CODEWANG2345"
    assert heard.read(ticket) == ""


def test_a_ticket_ends_before_the_next_customer_comes(heard, ear, clock):
    heard.happened(event("04A1B2C3", name="card"))
    clock.now += LIFE
    assert heard.read(ear.told[0][2]["ticket"]) == ""


def test_a_reader_gone_mad_fills_no_memory(heard, ear):
    for number in range(MOST * 3):
        heard.happened(event(str(number)))
    kept = [heard.read(data["ticket"]) for _room, _name, data in ear.told]
    assert [text for text in kept if text] == [str(n) for n in range(MOST * 2, MOST * 3)]


def test_the_same_message_twice_is_one_reading(heard, ear):
    message = event("04A1B2C3", name="card")
    heard.happened(message)
    heard.happened(message)
    assert len(ear.told) == 1


@pytest.mark.parametrize(
    "message",
    [
        event("x", retain=True),
        event(""),
        event("x", surprise=1),
        event("x", name='a"]'),
        event("x" * 600),
        event("x", boot="the boot before"),
        event("x", up_ms=moment()[1] - 60_000),
        SimpleNamespace(topic="salon/s001/edge/happened/scan", payload=b"\xff{", retain=False),
    ],
    ids=[
        "retained",
        "empty",
        "unknown field",
        "strange name",
        "too long",
        "of another boot",
        "old",
        "no JSON",
    ],
)
def test_what_is_no_event_is_told_to_nobody(heard, ear, message):
    heard.happened(message)
    assert ear.told == []


# --- with the pages


@pytest.fixture
def bus():
    return FakeBus()


@pytest.fixture
def served(store, bus):
    return create_app(store, bus, KioskSettings(), testing=True)


@pytest.fixture
def kiosk(served):
    """The kiosk's browser and its socket, which has joined as the page does."""
    app, socket = served
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    assert 'data-room="visitor kiosk"' in browser.get("/").text
    page = socket.test_client(app, flask_test_client=browser)
    assert page.emit("join", "kiosk", callback=True) is True
    return browser, page


def hold(bus, page, text, name):
    bus.handlers["salon/s001/edge/happened/+"](event(text, name=name))
    [told] = [e["args"][0] for e in page.get_received() if e["name"] == "heard"]
    return told["ticket"]


@pytest.mark.parametrize(
    ("text", "name", "how"), [("parlour:CODEWANG2345", "scan", "qr"), ("04A1B2C3", "card", "card")]
)
def test_her_card_at_the_reader_is_enough_to_be_greeted(kiosk, bus, store, text, name, how):
    """SVC-02: no touch at all."""
    browser, page = kiosk
    answer = browser.post("/code", data={"heard": hold(bus, page, text, name), "code": ""})
    assert answer.location == "/welcome"
    assert "Ms Wang" in browser.get("/welcome").text
    [visit] = store.visits.select()
    assert (visit.member, visit.identified_by) == ("m-wang", how)
    assert 0 <= visit.identify_ms < 10_000


def test_the_clock_of_identifying_began_with_the_first_touch_if_there_was_one(kiosk, bus, store, monkeypatch):
    """KPI-17"""
    from edge.kiosk.customer import routes

    browser, page = kiosk
    browser.post("/start")
    begun = routes.time.time()
    monkeypatch.setattr(routes.time, "time", lambda: begun + 7)
    browser.post("/code", data={"heard": hold(bus, page, "04A1B2C3", "card")})
    [visit] = store.visits.select()
    assert 6_000 < visit.identify_ms <= 8_000


def test_a_card_that_nobody_has_is_told_in_words_and_greets_nobody(kiosk, bus, store):
    browser, page = kiosk
    answer = browser.post("/code", data={"heard": hold(bus, page, "FFFFFFFE", "card")})
    assert answer.status_code == 422
    assert "We do not know this code" in answer.text
    assert len(store.visits) == 0


def test_a_guessed_or_used_ticket_leads_to_the_first_page(kiosk, bus, store):
    browser, page = kiosk
    used = hold(bus, page, "04A1B2C3", "card")
    browser.post("/code", data={"heard": used})
    browser.get("/")
    for ticket in (used, "guessed", ""):
        assert browser.post("/code", data={"heard": ticket}).location == "/"
    assert len(store.visits) == 1


def test_the_next_card_on_the_same_screen_is_the_next_customer(kiosk, bus, store):
    browser, page = kiosk
    browser.post("/code", data={"heard": hold(bus, page, "04A1B2C3", "card")})
    browser.post("/code", data={"heard": hold(bus, page, "parlour:CODELI234567", "scan")})
    assert {visit.member for visit in store.visits.select()} == {"m-wang", "m-li"}
    assert "Li" in browser.get("/welcome").text


def test_the_kiosks_room_is_open_to_the_kiosks_own_screen_alone(store, bus):
    app, socket = create_app(store, bus, KioskSettings(screens=frozenset({"192.0.2.9"})), testing=True)
    browser = app.test_client()
    browser.post("/staff/sign-in", data={"login": "xu", "pin": PINS["xu"]})
    page = socket.test_client(app, flask_test_client=browser)
    assert page.emit("join", "kiosk", callback=True) is False
