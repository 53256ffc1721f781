"""Every page of the kiosk, the desk, the station, the manager, the technician, the report and head office, in both languages and both shapes
of screen, in a store in the middle of its day: WCAG 2.2 AA by axe-core, text twice as large cut nowhere, targets as large as promised, no
word in the wrong language, no request to another host.

The screenshots lie in `screenshots/pages/` afterwards: look at them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from edge.kiosk.app import create_app
from edge.store import Store
from tests.journeys import addresses, axe, measured, stage
from tests.journeys.chain import SCREENSHOTS, Chain, Screen, open_screen

pytestmark = pytest.mark.journey

PAGES = SCREENSHOTS / "pages"
SHAPES = {"wide": (1280, 800), "tall": (720, 1280)}
LANGUAGES = {"zh": "zh-Hans", "en": "en"}
AXE_LOOKS = {("zh-Hans", "wide"), ("en", "tall")}
"""Each language and each shape once: what axe tells of the one it tells of the other."""
SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z']+\b[ ,]+){4,}[A-Za-z]+")
"""Five English words in a row: names, units and ingredients are shorter."""
CHINESE = re.compile(r"[\u4e00-\u9fff，。？！]{9,}")
"""Longer than a name, a bed or a store: what people wrote themselves stands in `OWN_WORDS` of the page."""
OWN_WORDS = ".facts dd, .pairs dd, blockquote, code, pre, [lang]:not(html)"
"""What people typed or a machine says: shown as it is, in whichever language."""

ABSENT = "no-such"
"""In the address of what is not there. The browser itself reports such an answer as a failed resource, and rightly."""


@dataclass
class Look:
    """One screen, and what was wrong on the pages that it has shown."""

    screen: Screen
    family: str
    wrong: list[str]
    millimetres: float = 0.0
    """What a target must measure at least; 0 where people have a mouse (2.5.8 is axe's)."""
    most_actions: int = 0

    def at(self, path: str) -> None:
        """The page in both languages and both shapes."""
        for language, tag in LANGUAGES.items():
            self.screen.page.context.add_cookies(
                [{"name": "lang", "value": language, "url": self.screen.base}]
            )
            answer = self.screen.page.goto(self.screen.base + path, wait_until="load")
            wanted = {404, 410} if ABSENT in path else {200}
            if answer is None or answer.status not in wanted:
                self.wrong.append(f"{self.family} {path} {language}: {answer and answer.status}")
            for shape, (width, height) in SHAPES.items():
                self.screen.page.set_viewport_size({"width": width, "height": height})
                self._judge(f"{self.family} {path} {language} {shape}", tag, shape)
                name = re.sub(r"\W+", "-", f"{self.family}{path}").strip("-")
                self.screen.page.screenshot(
                    path=PAGES / f"{name}-{language}-{shape}.png", animations="disabled"
                )
            self._listen(path)

    def _judge(self, where: str, tag: str, shape: str) -> None:
        page = self.screen.page
        found = measured.clipped_at_double(page)
        if (tag, shape) in AXE_LOOKS:
            found += axe.violations(page)
        if self.millimetres:
            found += measured.too_small(page, shape, self.millimetres)
        if self.most_actions and len(doing := measured.actions(page)) > self.most_actions:
            found.append(f"{len(doing)} actions: {doing}")
        self.wrong += [f"{where}: {one}" for one in found]
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            self.wrong.append(f"{where}: {over} px run off the side")
        if page.evaluate("document.documentElement.lang") != tag:
            self.wrong.append(f"{where}: the page says that it is in another language")
        foreign = (SENTENCE if tag == "zh-Hans" else CHINESE).search(_our_words(page))
        if foreign:
            self.wrong.append(f"{where}: not translated: {foreign[0]!r}")

    def _listen(self, path: str) -> None:
        for error in self.screen.errors:
            if not (ABSENT in path and "Failed to load resource" in error):
                self.wrong.append(f"{self.family} {path}: {error}")
        self.screen.errors.clear()


def _our_words(page: Page) -> str:
    return page.evaluate(
        """own => {
            const main = document.querySelector("main").cloneNode(true);
            main.querySelectorAll(own).forEach(element => element.remove());
            main.querySelectorAll("[hidden], script, style, dialog, select").forEach(element => element.remove());
            const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
            const found = [];
            while (walk.nextNode()) found.push(walk.currentNode.data.trim());
            return found.filter(Boolean).join("\\n");
        }""",
        OWN_WORDS,
    )


@pytest.fixture(scope="module")
def day(chain: Chain) -> stage.Stage:
    with Store.open(chain.home) as store:
        return stage.set_up(store)


@pytest.fixture(scope="module")
def look(chain: Chain, browser) -> Callable[..., Look]:
    """Opens a screen that notes each request to another host."""
    PAGES.mkdir(parents=True, exist_ok=True)

    def open_look(base: str, family: str, **rulers: float) -> Look:
        screen = open_screen(browser, base, family)
        wrong: list[str] = []

        def own(request) -> None:
            if not request.url.startswith((base, "data:", "blob:", base.replace("http", "ws", 1))):
                wrong.append(f"{family}: asked another host: {request.url}")

        screen.page.on("request", own)
        return Look(screen, family, wrong, **rulers)

    return open_look


def test_the_customers_pages(chain, look):
    """Targets of 12 mm, for a bare finger."""
    seen = look(chain.kiosk, "kiosk", millimetres=measured.FINGER)
    seen.at("/")
    seen.screen.page.request.post(f"{chain.kiosk}/start")
    for path in (*addresses.KIOSK, "/no-such-page"):
        seen.at(path)
    assert seen.wrong == []


def test_the_pages_of_a_customers_phone(chain, look, day):
    seen = look(chain.kiosk, "phone")
    for path in (*addresses.PHONE, f"/r/{day.report}", f"/r/{day.report}/survey"):
        seen.at(path)
    assert seen.wrong == []


@pytest.mark.parametrize("login", ["xu", "shen", "gu"])
def test_the_staffs_pages(chain, look, day, login):
    seen = look(chain.kiosk, "staff")
    seen.at("/staff/sign-in")
    pages = addresses.staff(day)[login]
    seen.screen.sign_in(login, pages[0])
    for path in pages:
        seen.at(path)
    assert seen.wrong == []


def test_the_beds_pages(chain, look, day):
    """Targets of 18 mm, for gloves, the bar's too; at most four things to do on a screen (SVC-07)."""
    seen = look(chain.kiosk, "station", millimetres=measured.GLOVE, most_actions=measured.MOST_ACTIONS)
    seen.screen.sign_in("chen", "/station")
    with seen.screen.page.expect_navigation():
        seen.screen.page.locator(f"button[name=bed][value='{stage.BED}']").click()
    for path in addresses.station(day):
        seen.at(path)
    assert seen.wrong == []


def test_head_offices_pages(chain, look):
    seen = look(chain.hq, "hq")
    seen.at("/sign-in")
    page = seen.screen.page
    page.fill("input[name=login]", "owner")
    page.fill("input[name=password]", chain.hq_password)
    with page.expect_navigation():
        page.locator("main form button").click()
    for path in addresses.HQ:
        seen.at(path)
    assert seen.wrong == []


def test_no_page_is_missing_above(tmp_path, day):
    """Each address that shows a page is looked at here, or is walked through by the journey named."""
    with Store.create(tmp_path / "home", "s001") as store:
        app, _socket = create_app(store, testing=True)
        router = app.url_map.bind("localhost")
        seen = {"customer.attract"}
        for path in (
            *addresses.KIOSK, *addresses.PHONE, *addresses.OPEN, f"/r/{day.report}", f"/r/{day.report}/survey",
            *(path for paths in addresses.staff(day).values() for path in paths),
        ):  # fmt: skip
            if "no-such-page" not in path:
                seen.add(router.match(path.split("?")[0])[0])
        pages = {
            rule.endpoint for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint.rpartition(".")[2] != "static"
        }  # fmt: skip
    missing = pages - seen - set(addresses.ELSEWHERE)
    assert missing == set()
    assert set(addresses.ELSEWHERE) <= pages, "a reason for a page that is gone"
