"""What scanners, card readers and buttons told reaches one page, once, and names nobody on the way (MEA-13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from edge.kiosk.app import create_app
from edge.kiosk.heard import LIFE, MOST, Heard
from edge.kiosk.services import calls
from edge.kiosk.settings import KioskSettings
from edge.store import iso, new_rid, now
from edge.store.happened import Happening, moment
from tests.edge.kiosk.conftest import PINS


class Ear:
    """The live pages, as a list of what they were told."""

    def __init__(self):
        self.told = []

    def tell(self, room, event, data):
        self.told.append((room, event, data))


PROFILES = {"scan": "scanner", "card": "card_reader"}


def event(text="", *, name="scan", place="", ago_s=0.0, **more):
    """One event as the sensors unit keeps it, from `ago_s` ago."""
    boot, up_ms = moment()
    at = iso(datetime.now(UTC) - timedelta(seconds=ago_s))
    said = {
        "id": new_rid(), "what": name, "device": f"{name}-1", "profile": PROFILES.get(name, "footswitch"), "place": place,
        "event_type": "read", "text": text, "at": at, "came": now(), "boot": boot, "up_ms": up_ms - int(ago_s * 1000), **more,
    }  # fmt: skip
    return Happening(**said)


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def clock():
    return SimpleNamespace(now=100.0)


@pytest.fixture
def heard(store, ear, clock):
    made = Heard(store, ear, lambda: clock.now)

    def happened(said):
        known = store.happened.add(said)
        made.look()
        return known

    made.happened = happened
    return made


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


def test_the_same_event_twice_is_one_reading(heard, ear):
    said = event("04A1B2C3", name="card")
    assert [heard.happened(said), heard.happened(said)] == [True, False]
    assert len(ear.told) == 1


def test_what_happened_while_this_server_was_away_is_told_by_the_next_one_and_once(store, ear):
    store.happened.add(event("04A1B2C3", name="card"))
    for _ in range(2):
        Heard(store, ear).look()
    assert [name for _room, name, _data in ear.told] == ["heard"]


@pytest.mark.parametrize(
    "said",
    [event(""), event("x", name='a"]'), event("x", boot="the start before"), event("x", ago_s=60)],
    ids=["empty", "strange name", "of another start", "old"],
)
def test_what_is_no_event_of_now_opens_no_page(heard, ear, said):
    heard.happened(said)
    assert [name for _room, name, _data in ear.told if name == "heard"] == []


def test_a_card_held_there_five_minutes_ago_stands_at_the_desk_with_its_time_and_names_nobody(
    heard, ear, store
):
    heard.happened(event("04A1B2C3", name="card", place="入口", ago_s=300))
    assert ear.told == [("desk", "called", {})]
    [call] = calls.waiting(store)
    assert (call.how, call.where, call.minutes) == ("missed", "入口", 5)
    assert "04A1B2C3" not in str(store.settings.get(calls.SETTING))
    [kept] = store.happened.latest("card-1", 5)
    assert (kept.late, kept.text) == (True, "")


def test_a_late_code_at_a_bed_is_kept_and_calls_nobody(heard, ear, store):
    heard.happened(event("6900000000035", place="1号床", ago_s=300))
    assert (ear.told, calls.waiting(store)) == ([], [])
    assert store.happened.latest("scan-1", 5)[0].late


@pytest.mark.parametrize("ago_s", [0, 240])
def test_a_call_button_calls_the_desk_also_when_it_was_heard_late(heard, ear, store, ago_s):
    heard.happened(event(name="press", place="1号床", profile="call_button", ago_s=ago_s))
    heard.happened(event(name="press", place="1号床", profile="call_button", ago_s=ago_s))
    assert ear.told == [("desk", "called", {})], "one call is open: another press says nothing new"
    [call] = calls.waiting(store)
    assert (call.how, call.where, call.minutes) == ("button", "1号床", ago_s // 60)


def test_a_call_of_an_hour_ago_is_nobodys_any_more(heard, ear, store):
    heard.happened(event(name="press", place="1号床", profile="call_button", ago_s=3600))
    assert (ear.told, calls.waiting(store)) == ([], [])


def test_a_footswitch_is_heard_by_its_bed(heard, ear):
    heard.happened(event(name="press", place="1号床"))
    assert ear.told == [("station:1号床", "heard", {"event": "press", "ticket": ""})]


# --- with the pages


@pytest.fixture
def served(store):
    return create_app(store, None, KioskSettings(), testing=True)


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


@pytest.fixture
def reader(served, store):
    """A card or a code is held to a reader."""

    def hold(text, name):
        store.happened.add(event(text, name=name))
        served[0].extensions["heard"].look()

    return hold


def hold(reader, page, text, name):
    reader(text, name)
    [told] = [e["args"][0] for e in page.get_received() if e["name"] == "heard"]
    return told["ticket"]


@pytest.mark.parametrize(
    ("text", "name", "how"), [("parlour:CODEWANG2345", "scan", "qr"), ("04A1B2C3", "card", "card")]
)
def test_her_card_at_the_reader_is_enough_to_be_greeted(kiosk, reader, store, text, name, how):
    """SVC-02: no touch at all."""
    browser, page = kiosk
    answer = browser.post("/code", data={"heard": hold(reader, page, text, name), "code": ""})
    assert answer.location == "/welcome"
    assert "Ms Wang" in browser.get("/welcome").text
    [visit] = store.visits.select()
    assert (visit.member, visit.identified_by) == ("m-wang", how)
    assert 0 <= visit.identify_ms < 10_000


def test_the_clock_of_identifying_began_with_the_first_touch_if_there_was_one(
    kiosk, reader, store, monkeypatch
):
    """KPI-17"""
    from edge.kiosk.customer import routes

    browser, page = kiosk
    browser.post("/start")
    begun = routes.time.time()
    monkeypatch.setattr(routes.time, "time", lambda: begun + 7)
    browser.post("/code", data={"heard": hold(reader, page, "04A1B2C3", "card")})
    [visit] = store.visits.select()
    assert 6_000 < visit.identify_ms <= 8_000


def test_a_card_that_nobody_has_is_told_in_words_and_greets_nobody(kiosk, reader, store):
    browser, page = kiosk
    answer = browser.post("/code", data={"heard": hold(reader, page, "FFFFFFFE", "card")})
    assert answer.status_code == 422
    assert "We do not know this code" in answer.text
    assert len(store.visits) == 0


def test_a_guessed_or_used_ticket_leads_to_the_first_page(kiosk, reader, store):
    browser, page = kiosk
    used = hold(reader, page, "04A1B2C3", "card")
    browser.post("/code", data={"heard": used})
    browser.get("/")
    for ticket in (used, "guessed", ""):
        assert browser.post("/code", data={"heard": ticket}).location == "/"
    assert len(store.visits) == 1


def test_the_next_card_on_the_same_screen_is_the_next_customer(kiosk, reader, store):
    browser, page = kiosk
    browser.post("/code", data={"heard": hold(reader, page, "04A1B2C3", "card")})
    browser.post("/code", data={"heard": hold(reader, page, "parlour:CODELI234567", "scan")})
    assert {visit.member for visit in store.visits.select()} == {"m-wang", "m-li"}
    assert "Li" in browser.get("/welcome").text


def test_the_kiosks_room_is_open_to_the_kiosks_own_screen_alone(store):
    app, socket = create_app(store, None, KioskSettings(screens=frozenset({"192.0.2.9"})), testing=True)
    browser = app.test_client()
    browser.post("/staff/sign-in", data={"login": "xu", "pin": PINS["xu"]})
    page = socket.test_client(app, flask_test_client=browser)
    assert page.emit("join", "kiosk", callback=True) is False
