"""A bed sets itself for who is led to it: real broker, a bed that speaks ESPHome's wire format, the station in a browser (MEA-09, SVC-11, MEA-10)."""

from __future__ import annotations

import time

import pytest

from edge.bus.broker import find_mosquitto
from edge.store import Store, new_rid, now
from salon.records import Reading, Visit
from tests.journeys.appliance import appliance
from tests.journeys.chain import SCREENSHOTS, open_screen, wait_for

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not find_mosquitto(), reason="Mosquitto with its dynamic-security plugin is not installed"
    ),
]
VISIT = "v-scene"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with appliance(tmp_path_factory.mktemp("scene"), simulate=True) as made:
        yield made


@pytest.fixture(scope="module")
def station(running, browser):
    with Store.open(running.home) as store, store.acting("system"):
        # Sensitive to scent, and to nothing that would keep her from the treatment.
        member = next(m for m in store.members.select() if not m.contraindications)
        store.members.edit(member.rid, odour_sensitive=True, skin_type="sensitive")
        therapist = next(e for e in store.employees.select() if e.login == "chen")
        store.visits.add(
            Visit(
                rid=VISIT, member=member.rid, store="s001", state="arrived", services=["svc-soothe"],
                therapist=therapist.rid, bed="1号床", arrived_at=now(),
            )
        )  # fmt: skip
        wait_for(lambda: is_said(store, "scent") is not None, 60, "the bed's first word")
    screen = open_screen(browser, running.kiosk, "station")
    screen.sign_in("chen", "/station")
    if screen.page.locator("form[action*='/station/bed']").count():
        with screen.page.expect_navigation():
            screen.page.locator("button[name=bed][value='1号床']").click()
    yield screen
    assert screen.errors == []


def is_said(store, measure):
    return next(
        (v.value for v in store.latest.all() if v.device == "bed-1" and v.measure == measure and not v.stale),
        None,
    )


def look(screen, name):
    """Pictures of the page: both languages, both shapes."""
    folder = SCREENSHOTS / "scene"
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("en", "zh"):
        screen.page.context.add_cookies([{"name": "lang", "value": language, "url": screen.base}])
        screen.page.reload()
        for shape, (width, height) in {"wide": (1280, 800), "tall": (720, 1280)}.items():
            screen.page.set_viewport_size({"width": width, "height": height})
            assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{name} {language} {shape}"
            )
            screen.page.screenshot(
                path=folder / f"{name}.{language}.{shape}.png", full_page=True, animations="disabled"
            )
    screen.page.set_viewport_size({"width": 1280, "height": 800})


def test_1_before_she_comes_the_bed_is_set_by_her_file_and_says_so_itself(station, running):
    station.goto(f"/station/visit/{VISIT}/prepare")
    with station.page.expect_navigation():
        station.page.locator(f".do a[href$='/{VISIT}/room']").click()
    look(station, "room")
    with station.page.expect_navigation():
        station.page.locator("form[action$='/lead'] button").click()

    wait_for(
        lambda: station.page.locator(".chip.good").count() == 2,
        60,
        "the bed's confirmation of light and scent",
    )
    look(station, "set")
    with Store.open(running.home) as store:
        assert (is_said(store, "room_light"), is_said(store, "scent")) == (30.0, 0.0)


def test_2_a_hand_goes_before_the_file(station, running):
    with station.page.expect_navigation():
        station.page.locator("form:has(input[name=key][value=chair_height]) button").last.click()
    wait_for(lambda: "62 cm" in station.text(), 60, "the chair two centimetres higher")
    with Store.open(running.home) as store:
        wait_for(lambda: is_said(store, "chair_height") == 62.0, 60, "the chair's own word")


def test_3_what_is_written_while_a_page_still_opens_is_on_it(station, running):
    """Between the page's request and its joining of the room no notice reaches it: it asks for what it missed."""

    def opening(route):
        with Store.open(running.home) as store, store.acting("device:bed-1"), store.transaction():
            store.latest.put("bed-1", "chair_height", 77.0, "cm", now(), interval_s=3600, place="1号床")
            store.readings.add(
                Reading(
                    rid=new_rid(), device="bed-1", measure="chair_height", value=77.0, unit="cm", at=now()
                )
            )
        time.sleep(1)  # ten looks of the server's watcher: its notice goes out while nobody hears it
        route.continue_()

    station.page.route("**/socket.io.min.js*", opening)
    station.goto(f"/station/visit/{VISIT}/room")
    station.page.unroute("**/socket.io.min.js*")

    wait_for(lambda: "77 cm" in station.text(), 60, "the height that was said meanwhile")
