"""Every page of the kiosk, the desk, the station, the manager, the technician, the report and head office, in both languages and both shapes
of screen, in a store in the middle of its day: WCAG 2.2 AA by axe-core, text twice as large cut nowhere, targets as large as promised, no
word in the wrong language, no request to another host.

The screenshots lie in `screenshots/pages/` afterwards: look at them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import unquote

import pytest
from flask import Flask
from playwright.sync_api import expect

from cloud_sync_server.app import create_app as create_hq
from cloud_sync_server.settings import Settings
from edge.kiosk.app import create_app
from edge.store import Store
from edge.vision.texts import say
from tests.journeys import addresses, measured, office, stage
from tests.journeys.chain import Chain
from tests.journeys.look import Look, open_look

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def day(chain: Chain) -> stage.Stage:
    with Store.open(chain.home) as store:
        return stage.set_up(store)


@pytest.fixture(scope="module")
def look(browser) -> Callable[..., Look]:
    return partial(open_look, browser)


def test_the_customers_pages(chain, look):
    """Targets of 12 mm, for a bare finger."""
    seen = look(chain.kiosk, "kiosk", millimetres=measured.FINGER)
    seen.at("/")
    seen.screen.page.request.post(f"{chain.kiosk}/start")
    for path in (*addresses.KIOSK, "/no-such-page"):
        seen.at(path)
    assert seen.wrong == [], "\n".join(seen.wrong)


def test_the_pages_of_a_customers_phone(chain, look, day):
    seen = look(chain.kiosk, "phone")
    for path in (*addresses.PHONE, f"/r/{day.report}", f"/r/{day.report}/survey"):
        seen.at(path)
    assert seen.wrong == [], "\n".join(seen.wrong)


@pytest.mark.parametrize("login", ["xu", "shen", "gu"])
def test_the_staffs_pages(chain, look, day, login):
    seen = look(chain.kiosk, "staff")
    seen.at("/staff/sign-in")
    pages = addresses.staff(day)[login]
    seen.screen.sign_in(login, pages[0])
    for path in pages:
        seen.at(path)
    assert seen.wrong == [], "\n".join(seen.wrong)


def test_the_beds_pages(chain, look, day):
    """Targets of 18 mm, for gloves, the bar's too; at most four things to do on a screen (SVC-07), which on a wide one need no scrolling."""
    seen = look(
        chain.kiosk, "station", millimetres=measured.GLOVE, most_actions=measured.MOST_ACTIONS,
        lists=("/station", "/station/mine", "/products", "/history"),
    )  # fmt: skip
    seen.screen.sign_in("chen", "/station")
    with seen.screen.page.expect_navigation():
        seen.screen.page.locator(f"button[name=bed][value='{stage.BED}']").click()
    for path in addresses.station(day):
        seen.at(path)
    assert seen.wrong == [], "\n".join(seen.wrong)


def test_the_bed_while_it_scans(chain, look, day):
    """The camera at this bed sees an empty chair, so that its guidance goes on until somebody stops it (MEA-01)."""
    seen = look(chain.kiosk, "scanning", millimetres=measured.GLOVE, most_actions=measured.MOST_ACTIONS)
    seen.screen.sign_in("chen", "/station")
    page = seen.screen.page
    with page.expect_navigation():
        page.locator(f"button[name=bed][value='{stage.BED}']").click()
    ways = (f"/station/visit/{day.care}/measure/after", "form#scan"), ("/station", "form[action$='/guest']")
    for number, (start, form) in enumerate(ways):
        seen.screen.goto(start)
        with page.expect_navigation():
            page.locator(f"{form} button").click()
        expect(page.locator(".preview img")).to_be_visible()
        path = page.url.removeprefix(chain.kiosk)
        assert unquote(path) == addresses.scanning(day, path.rpartition("/")[2])[number]
        seen.at(path)
        expect(page.locator(".guidance")).to_have_text(say("no_face.instruction").en)
        with page.expect_navigation():
            page.locator("form[action$='/cancel'] button").click()
    assert seen.wrong == [], "\n".join(seen.wrong)


def test_the_eyes_are_pointed_at_by_touch_and_by_keys(chain, look, day):
    """MEA-01: where no face was found. What is sent are shares of the photo, whatever its size on the screen."""
    seen = look(chain.kiosk, "eyes")
    seen.screen.sign_in("chen", f"/station/visit/{day.care}/scan/{day.faceless}/eyes")
    page = seen.screen.page
    point_at_eyes(page)


def point_at_eyes(page):
    photo = page.locator("[data-point] img")
    box = photo.bounding_box()
    for share, height in ((0.3, 0.45), (0.7, 0.4)):
        # With the finger on the screen, whatever lies there: the marks are as large as a glove.
        page.mouse.click(box["x"] + share * box["width"], box["y"] + height * box["height"])
    sent = {
        name: float(page.locator(f"input[name={name}]").input_value()) for name in ("x1", "y1", "x2", "y2")
    }
    assert sent == pytest.approx({"x1": 0.3, "y1": 0.45, "x2": 0.7, "y2": 0.4}, abs=0.01)
    page.locator("[data-eye='1']").focus()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert float(page.locator("input[name=x1]").input_value()) == pytest.approx(sent["x1"] - 0.02, abs=1e-3)
    assert float(page.locator("input[name=y1]").input_value()) == pytest.approx(sent["y1"] - 0.024, abs=1e-3)
    mark = page.locator("[data-eye='1']").bounding_box()
    page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    page.mouse.up()
    assert float(page.locator("input[name=x1]").input_value()) == pytest.approx(0.5, abs=0.01)
    assert float(page.locator("input[name=x2]").input_value()) == sent["x2"], "the other stays"


def test_head_offices_pages(chain, look):
    office.set_up(chain.home)
    seen = look(chain.hq, "hq")
    for path in addresses.HQ_OPEN:
        seen.at(path)
    page = seen.screen.page
    page.fill("input[name=login]", "owner")
    page.fill("input[name=password]", chain.hq_password)
    with page.expect_navigation():
        page.locator("main form button").click()
    for path in addresses.HQ:
        seen.at(path)
    assert seen.wrong == [], "\n".join(seen.wrong)


def test_no_page_is_missing_above(tmp_path, day):
    """Each address that shows a page is looked at here, or is walked through by the journey named."""
    with Store.create(tmp_path / "home", "s001") as store:
        app, _socket = create_app(store, testing=True)
        router = app.url_map.bind("localhost")
        seen = {"customer.attract"}
        for path in (
            *addresses.KIOSK, *addresses.PHONE, *addresses.OPEN, f"/r/{day.report}", f"/r/{day.report}/survey",
            *addresses.scanning(day, "a-job"), *(path for paths in addresses.staff(day).values() for path in paths),
        ):  # fmt: skip
            if "no-such-page" not in path:
                seen.add(router.match(path.split("?")[0])[0])
        pages = _pages(app)
    missing = pages - seen - set(addresses.ELSEWHERE)
    assert missing == set()
    assert set(addresses.ELSEWHERE) <= pages, "a reason for a page that is gone"


def test_no_page_of_head_office_is_missing_above(tmp_path):
    app = create_hq(Settings(home=tmp_path / "hq"))
    router = app.url_map.bind("localhost")
    paths = [path for path in (*addresses.HQ, *addresses.HQ_OPEN) if "no-such-page" not in path]
    seen = {router.match(path.split("?")[0])[0] for path in paths}
    pages = {
        endpoint for endpoint in _pages(app) if not endpoint.startswith("api.")
    }  # the stores', not a person's
    assert pages - seen - set(addresses.HQ_ELSEWHERE) == set()
    assert set(addresses.HQ_ELSEWHERE) <= pages, "a reason for a page that is gone"


def _pages(app: Flask) -> set[str]:
    """The endpoints that a browser may open."""
    return {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.rpartition(".")[2] != "static"
    }  # fmt: skip
