"""Without a mouse and without a finger: checking in, a booking at the desk and a visit at the bed, by Tab, arrows, Space and Enter alone
(2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tinydb import where

from edge.store import Store
from tests.journeys import stage
from tests.journeys.chain import PINS, open_screen

pytestmark = pytest.mark.journey

MOST_TABS = 150
"""More than any page has: whoever needs more is trapped."""
FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return {on: "", seen: true};
  const marked = node.closest("label.tile") ?? node;
  const style = getComputedStyle(marked), box = marked.getBoundingClientRect();
  // Within a date or a time the browser itself marks the part that is being typed.
  const parts = node.matches("input[type=date], input[type=time]");
  const outline = parts || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const top = document.elementFromPoint(Math.max(1, Math.min(box.left + box.width / 2, innerWidth - 1)),
                                        Math.max(1, Math.min(box.top + box.height / 2, innerHeight - 1)));
  const covered = top && !(marked.contains(top) || top.contains(marked));
  return {on: node.outerHTML.slice(0, 120), seen: outline && inside && !covered};
}"""


@pytest.fixture(scope="module")
def store(chain):
    with Store.open(chain.home) as opened:
        if opened.members.find("m-stage-care") is None:
            stage.set_up(opened)
        yield opened


class Keys:
    """A person who has only a keyboard."""

    def __init__(self, screen):
        self.page = screen.page
        self.unseen = []

    def to(self, selector):
        """Tab until the focus is on it; on the way each focus must be seen."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
            self.page.keyboard.press("Tab")
            focus = self.page.evaluate(FOCUS)
            if not focus["seen"]:
                self.unseen.append((self.page.url, focus["on"]))
        raise AssertionError(f"{selector} cannot be reached by Tab on {self.page.url}")

    def enter(self, selector, key="Enter"):
        """On it, and on to the next page."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def type(self, selector, text):
        self.to(selector)
        self.page.keyboard.type(text)

    def choose(self, selector):
        """A radio or a checkbox."""
        self.to(selector)
        self.page.keyboard.press("Space")


def test_checking_in(chain, browser):
    screen = open_screen(browser, chain.kiosk, "kiosk")
    keys = Keys(screen)
    screen.goto("/")
    keys.enter("button.begin")
    keys.enter("a[href='/phone']")
    keys.type("#phone", "13800010005")
    keys.enter("form button.main")
    keys.type("#surname", "刘")
    keys.enter("form.picker-page button.main")
    keys.enter("button[name=answer][value=yes]")
    assert "刘先生" in screen.text()
    keys.enter("form[action='/leave'] button", "Space")
    assert screen.page.url == f"{chain.kiosk}/"
    assert keys.unseen == []


def test_the_countdown_is_answered_by_a_key_and_holds_the_focus(chain, browser):
    """2.2.1, 2.4.3: the dialog takes the focus, Escape stays, and the focus does not leave the dialog while it is open."""
    screen = open_screen(browser, chain.kiosk, "kiosk")
    screen.page.clock.install()
    screen.goto("/")
    with screen.page.expect_navigation():
        screen.page.locator("button.begin").click()
    screen.page.clock.run_for(41_000)
    assert screen.page.evaluate("document.querySelector('#idle').open")
    left = int(screen.page.locator("[data-countdown]").inner_text())
    assert 0 < left <= 20
    for _ in range(6):
        screen.page.keyboard.press("Tab")
        assert screen.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#idle')"
        )
    screen.page.keyboard.press("Escape")
    assert not screen.page.evaluate("document.querySelector('#idle').open")
    screen.page.clock.run_for(41_000)
    with screen.page.expect_navigation():
        screen.page.clock.run_for(21_000)
    assert screen.page.url == f"{chain.kiosk}/"


def test_a_booking_at_the_desk(chain, browser, store):
    """APT: the day after tomorrow, at a quarter past ten."""
    screen = open_screen(browser, chain.kiosk, "desk")
    keys = Keys(screen)
    screen.goto("/staff/sign-in?next=/desk/bookings")
    assert _only_arrows(keys, "xu")
    keys.type("#pin", PINS["xu"])
    keys.enter("form.sign-in button.main")
    day = (datetime.now().astimezone() + timedelta(days=9)).date().isoformat()
    screen.goto(f"/desk/bookings?day={day}&member=m-smith-emma")
    keys.type("#clock", "1015AM")
    keys.choose("input[name=services][value=svc-hydrate]")
    before = store.appointments.count(where("member") == "m-smith-emma")
    keys.to("form[action='/desk/bookings'] button.main")
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    assert store.appointments.count(where("member") == "m-smith-emma") == before + 1, screen.text()
    assert keys.unseen == []


def _only_arrows(keys, login):
    """One of several radios: Tab comes to the group, arrows go on within it."""
    keys.to("input[name=login]")
    for _ in range(20):
        keys.page.keyboard.press("ArrowDown")
        if keys.page.evaluate("document.activeElement.value") == login:
            return True
    return False


def _the_list_changes(page, store):
    """A guest arrives while somebody walks through the list by Tab: it is shown, and she is where she was."""
    page.wait_for_selector("body[data-line=up]")
    here = page.evaluate("document.activeElement.href")
    for surname in ("甲", "乙"):  # the second time nothing but the notice brings it
        with store.acting("system"):
            store.members.edit("m-stage-arrived", surname=surname)
        page.wait_for_selector(f".waiting:has-text('{surname}')")
        assert page.evaluate("document.activeElement.href") == here


def test_a_visit_at_the_bed(chain, browser, store):
    """From the list to a ticked step."""
    screen = open_screen(browser, chain.kiosk, "station")
    keys = Keys(screen)
    screen.goto("/staff/sign-in?next=/station")
    assert _only_arrows(keys, "chen")
    keys.type("#pin", PINS["chen"])
    keys.enter("form.sign-in button.main")
    keys.enter(f"button[name=bed][value='{stage.BED}']")
    visit = next(
        v.rid for v in store.visits.select(where("member") == "m-stage-arrived") if v.state == "arrived"
    )
    keys.to(f"a[href*='{visit}']")
    _the_list_changes(screen.page, store)
    keys.enter(f"a[href*='{visit}']")
    keys.enter(".do a.main")
    keys.enter(".do button.main")
    assert store.visits.load(visit).state == "treatment"
    screen.goto(f"/station/visit/{visit}/care")
    keys.enter(".do form[action$='/tick'] button")
    assert len(store.sop_ticks.select(where("visit") == visit)) == 1
    assert keys.unseen == []


def test_the_catalogue_of_the_manager(chain, browser, store):
    """SVC-07, SAF-04: a service with two steps in their order, what speaks against it, a mistake mended, a price taken back, withdrawn and
    offered again.
    """
    screen = open_screen(browser, chain.kiosk, "manager")
    keys, page = Keys(screen), screen.page
    page.context.add_cookies([{"name": "lang", "value": "en", "url": chain.kiosk}])
    screen.goto("/staff/sign-in?next=/manager/catalogue")
    assert _only_arrows(keys, "shen")
    keys.type("#pin", PINS["shen"])
    keys.enter("form.sign-in button.main")
    keys.enter("a[href$='/catalogue/service/new']")
    keys.type("#name", "肩颈舒缓")
    keys.type("#name_en", "Shoulder care")
    keys.to("#category")
    page.keyboard.press("End")
    keys.type("#price", "288")
    _step(keys, 1, "Clean the table")
    keys.enter("button[value=step]")
    _step(keys, 2, "Press gently", words="Loosen the shoulders")
    keys.enter("details[open] button[value^=up]")
    assert page.locator(".steps summary strong").all_inner_texts() == [
        "Loosen the shoulders",
        "Clean the table",
    ]
    keys.choose("input[name=contraindications][value=pregnant]")
    keys.enter(".actions button.main")
    assert "Not kept yet" in screen.text(), "how long it takes is missing"
    keys.type("#minutes[aria-invalid=true]", "45")
    keys.enter("#minutes")
    assert "Kept." in screen.text()
    made = store.services.get(where("name_en") == "Shoulder care")
    assert (made["category"], made["price_fen"], made["minutes"]) == ("body", 28_800, 45)
    assert [step["en"] for step in made["steps"]] == ["Loosen the shoulders", "Clean the table"]
    assert made["contraindications"] == ["pregnant"]
    keys.type("#price", "1")  # Tab marks what stands in a field: it is typed over
    keys.enter("#price")
    assert store.services.load(made["rid"]).price_fen == 100
    keys.enter("form[action$='/back'] button")
    assert store.services.load(made["rid"]).price_fen == 28_800
    for active in (False, True):
        keys.enter("form[action$='/offer'] button", "Space")
        assert store.services.load(made["rid"]).active is active
    assert keys.unseen == []


def test_what_is_open_on_the_managers_board_stays_open_when_it_changes(chain, browser, store):
    """3.2.5: a guest arrives while somebody reads; nothing closes under her eyes."""
    screen = open_screen(browser, chain.kiosk, "manager")
    screen.sign_in("shen", "/manager")
    page = screen.page
    page.wait_for_selector("body[data-line=up]")
    page.locator("#each-day > summary").click()
    page.evaluate("document.querySelector('#each-day').dataset.old = 'yes'")
    with store.acting("system"):
        store.complaints.edit(
            next(c.rid for c in store.complaints.select(where("member") == "m-stage-care")), story="等了很久"
        )
    page.wait_for_selector(".case:has-text('等了很久')")
    assert page.locator("#each-day[data-old]").count() == 0, "it is another one"
    assert page.locator("#each-day[open]").count() == 1


def _step(keys, number, en, words=""):
    """The open step's words in both languages; `words`: instead of what was typed first."""
    inside = "details[open] input[name$='.%s']"
    if not keys.page.locator(inside % "zh").count():
        keys.enter("button[value=step]")
    assert keys.page.locator(".steps summary").count() == number
    keys.type(inside % "zh", f"第{number}步")
    keys.type(inside % "en", en)
    if words:
        keys.page.keyboard.press("Control+A")
        keys.page.keyboard.type(words)
