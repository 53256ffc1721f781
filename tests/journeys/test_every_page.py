"""Every page that needs no special state, in both languages and both shapes of screen, as a designer would look at it.

The screenshots lie in `screenshots/pages/` afterwards: look at them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.journeys.chain import SCREENSHOTS, Chain, Screen, open_screen

pytestmark = pytest.mark.journey

PAGES = SCREENSHOTS / "pages"
SHAPES = {"wide": (1280, 800), "tall": (720, 1280)}
LANGUAGES = {"zh": "zh-Hans", "en": "en"}
MEMBER = "m-wang-li"
SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z']+\b[ ,]+){4,}[A-Za-z]+")
"""Five English words in a row: names, units and ingredients are shorter."""
CHINESE = re.compile(r"[\u4e00-\u9fff，。？！]{9,}")
"""Longer than a name, a bed or a store: what people wrote themselves stands in `OWN_WORDS` of the page."""
OWN_WORDS = ".facts dd, .pairs dd, blockquote, code, pre, [lang]:not(html)"
"""What people typed or a machine says: shown as it is, in whichever language."""

FORM = ("surname", "title", "phone", "birthday", "drink", "allergens", "conditions", "sensitivity")
KIOSK = (
    "/",
    "/hello",
    "/phone",
    "/code",
    *(f"/new/{step}" for step in FORM),
    "/own-phone",
    "/see-us",
    "/joined?kept=yes",
)
STAFF = {
    "xu": ("/desk", "/desk/bookings", f"/desk/bookings?member={MEMBER}", "/desk/people", "/desk/people?q=nobody",
           f"/desk/people/{MEMBER}", "/desk/tasks"),
    "chen": ("/station",),
    "gu": ("/tech",),
}  # fmt: skip
OPEN = ("/staff/sign-in", "/r/no-such-report", "/join/no-such-link", "/no-such-page")
HQ = ("/", "/members", "/members?q=nobody", f"/members/{MEMBER}", "/stores", "/quarantine", "/no-such-page")
ABSENT = "no-such"
"""In the address of what is not there. The browser itself reports such an answer as a failed resource, and rightly."""


@dataclass
class Look:
    """One screen, and what was wrong on the pages that it has shown."""

    screen: Screen
    family: str
    wrong: list[str]

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
                self._judge(f"{self.family} {path} {language} {shape}", tag)
                name = re.sub(r"\W+", "-", f"{self.family}{path}").strip("-")
                self.screen.page.screenshot(
                    path=PAGES / f"{name}-{language}-{shape}.png", animations="disabled"
                )
            self._listen(path)

    def _judge(self, where: str, tag: str) -> None:
        page = self.screen.page
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
def look(chain: Chain, browser) -> Callable[..., Look]:
    """Opens a screen that notes each request to another host."""
    PAGES.mkdir(parents=True, exist_ok=True)

    def open_look(base: str, family: str) -> Look:
        screen = open_screen(browser, base, family)
        wrong: list[str] = []

        def own(request) -> None:
            if not request.url.startswith((base, "data:", "blob:", base.replace("http", "ws", 1))):
                wrong.append(f"{family}: asked another host: {request.url}")

        screen.page.on("request", own)
        return Look(screen, family, wrong)

    return open_look


def test_the_customers_pages(chain, look):
    seen = look(chain.kiosk, "kiosk")
    seen.at("/")
    seen.screen.page.request.post(f"{chain.kiosk}/start")
    for path in KIOSK[1:]:
        seen.at(path)
    for path in OPEN:
        seen.at(path)
    assert seen.wrong == []


@pytest.mark.parametrize("login", STAFF)
def test_the_staffs_pages(chain, look, login):
    seen = look(chain.kiosk, "staff")
    seen.screen.sign_in(login, STAFF[login][0])
    for path in STAFF[login]:
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
    for path in HQ:
        seen.at(path)
    assert seen.wrong == []
