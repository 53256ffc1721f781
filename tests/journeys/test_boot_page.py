"""The screen between power-on and the first page of the kiosk: a page from disk, never a browser's error, and on as soon as the kiosk answers."""

from __future__ import annotations

import pytest

from tests.journeys.chain import ROOT, SCREENSHOTS

pytestmark = pytest.mark.journey
BOOT = (ROOT / "systemd" / "browser" / "boot.html").as_uri()
KIOSK = "http://127.0.0.1:8080/"


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 720, "height": 1280})
    opened.clock.install()
    yield opened
    opened.close()


def test_while_the_kiosk_is_silent_it_says_so_in_both_languages_and_then_whom_to_ask(page):
    page.route(f"{KIOSK}**", lambda route: route.abort("connectionrefused"))
    page.goto(BOOT)
    assert "正在准备" in page.inner_text("body")
    assert "Getting ready" in page.inner_text("body")
    assert not page.locator("#help").is_visible()
    for _ in range(100):
        page.clock.run_for(1_000)
    page.locator("#help").wait_for(state="visible")
    assert "parlour doctor" in page.inner_text("#help")
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "boot.png")


def test_it_goes_to_the_kiosk_as_soon_as_that_answers(page):
    awake = []

    def answer(route):
        if not awake:
            route.abort("connectionrefused")
        elif route.request.url.endswith("/healthz"):
            route.fulfill(status=200, body="{}", headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.fulfill(status=200, body="<h1>Welcome</h1>", content_type="text/html")

    page.route(f"{KIOSK}**", answer)
    page.goto(BOOT)
    page.clock.run_for(3_000)
    assert page.url == BOOT
    awake.append(True)
    for _ in range(5):
        page.clock.run_for(1_000)
    page.wait_for_url(KIOSK)
    assert page.inner_text("h1") == "Welcome"
