"""A screen that is looked at: each page in both languages and both shapes, judged by rulers, pictures kept for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from playwright.sync_api import Browser, Page

from tests.journeys import axe, measured
from tests.journeys.chain import SCREENSHOTS, Screen, open_screen

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

IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/r/)[\w-]{22}|(?<=/join/)[\w-]{32}")
"""In addresses: left out of the pictures' names."""
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
    lists: tuple[str, ...] | None = None
    """Ends of the addresses that may be scrolled on the wide screen, as lists are; None: any may."""

    def at(self, path: str, name: str = "") -> None:
        """The page in both languages and both shapes; `name` for one whose address does not tell what it shows."""
        for language, tag in LANGUAGES.items():
            self.screen.page.context.add_cookies(
                [{"name": "lang", "value": language, "url": self.screen.base}]
            )
            answer = self.screen.page.goto(self.screen.base + path, wait_until="load")
            wanted = {404, 410} if ABSENT in path else {200}
            if answer is None or answer.status not in wanted:
                self.wrong.append(f"{self.family} {path} {language}: {answer and answer.status}")
            if unquote(self.screen.page.url) != self.screen.base + path:
                self.wrong.append(f"{self.family} {path} {language}: led on to {self.screen.page.url}")
            for shape, (width, height) in SHAPES.items():
                self.screen.page.set_viewport_size({"width": width, "height": height})
                self._judge(f"{self.family} {path} {language} {shape}", tag, shape)
                if shape == "wide" and self.lists is not None and not path.endswith(self.lists):
                    self._on_one_screen(f"{self.family} {path} {language}")
                file = re.sub(r"\W+", "-", IDS.sub("id", f"{self.family}{name or path}")).strip("-")
                self.screen.page.screenshot(
                    path=PAGES / f"{file}-{language}-{shape}.png", animations="disabled"
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

    def _on_one_screen(self, where: str) -> None:
        """Gloves do not scroll: what is to be done here is in sight."""
        over = self.screen.page.evaluate(
            "document.documentElement.scrollHeight - document.documentElement.clientHeight"
        )
        if over > 0:
            self.wrong.append(f"{where}: {over} px below the screen")

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


def open_look(browser: Browser, base: str, family: str, **rulers: float) -> Look:
    """A screen that notes each request to another host."""
    PAGES.mkdir(parents=True, exist_ok=True)
    screen = open_screen(browser, base, family)
    screen.page.emulate_media(
        reduced_motion="reduce"
    )  # a still page is painted once, not sixty times a second
    wrong: list[str] = []

    def own(request) -> None:
        if not request.url.startswith((base, "data:", "blob:", base.replace("http", "ws", 1))):
            wrong.append(f"{family}: asked another host: {request.url}")

    screen.page.on("request", own)
    return Look(screen, family, wrong, **rulers)
