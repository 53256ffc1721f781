"""A new customer, from the street to the tip of the seventh day: the form on her own phone by the kiosk's QR code, consents, the scan, the
care, her report, and every follow-up.

The week after is lived on a copy of the store, so that no other journey finds itself in the future.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from tinydb import where

from edge.care import Clockwork
from edge.care.channels import adapters
from edge.care.settings import CareSettings
from edge.store import Store
from salon.rules import allergens
from tests.edge.care.conftest import Gateway, House, ThreadingHTTPServer
from tests.journeys.chain import open_screen, wait_for

pytestmark = pytest.mark.journey

PHONE = "13711112222"
BED = "2号床"
ANSWERS = {
    "surname": lambda page: (page.fill("#surname", "何"), page.fill("#given", "晓")),
    "title": lambda page: page.locator("input[name=gender][value=female]").check(force=True),
    "phone": lambda page: page.fill("#phone", "137 1111 2222"),
    "drink": lambda page: page.locator("input[name=drink][value=lemon_water]").check(force=True),
    "allergens": lambda page: page.locator("input[value=fragrance]").check(force=True),
    "sensitivity": lambda page: page.locator("input[name=sensitivity][value=mild]").check(force=True),
}
MOST_STEPS = 25
NIGHT = 13 / 24
"""Days: what falls into the night waits for the morning (quiet hours of 21 to 9); the clock below goes by the hour."""


class Day:
    """What one step leaves for the next."""

    member = ""
    visit = ""
    report = ""


@pytest.fixture(scope="module")
def kiosk(chain, browser):
    return open_screen(browser, chain.kiosk, "kiosk", width=720, height=1280)


@pytest.fixture(scope="module")
def phone(chain, browser):
    return open_screen(browser, chain.kiosk, "phone", width=390, height=844)


def do(screen, selector):
    with screen.page.expect_navigation():
        screen.page.locator(selector).first.click()


def test_1_the_kiosk_shows_a_code_and_her_phone_opens_the_form(kiosk, phone):
    """PRF-14: nobody types for her."""
    kiosk.goto("/")
    do(kiosk, "button.begin")
    do(kiosk, "a[href$='/new']")
    do(kiosk, "a.aside")
    kiosk.page.wait_for_selector("body[data-line=up]")
    shown = kiosk.page.locator("figure.qr").screenshot()
    kiosk.shoot("new-customer-code")
    link, _points, _straight = cv2.QRCodeDetector().detectAndDecode(
        cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
    )
    assert link.startswith(phone.base + "/join/"), (
        "the code is read from the screen, as a phone's camera does"
    )
    phone.goto(link.removeprefix(phone.base))
    wait_for(lambda: "已打开" in kiosk.text(), what="the kiosk to say that the phone is there")


def test_2_she_answers_on_her_phone_and_agrees_to_each_thing_by_itself(phone, kiosk, store):
    """SAF-01, SEC-07"""
    for _ in range(MOST_STEPS):
        phone.page.wait_for_load_state()
        if "/join/" not in phone.page.url:
            break
        ANSWERS.get(phone.page.url.rsplit("/", 1)[1], lambda _page: None)(phone.page)
        do(phone, "form.step button.main")
    phone.shoot("new-customer-phone-end")
    kiosk.page.wait_for_url("**/welcome", timeout=60_000)
    assert "何女士" in kiosk.text(), "the kiosk greets her without a touch"
    kiosk.shoot("new-customer-welcome")
    member = store.members.get(where("phone") == PHONE)
    Day.member = member["rid"]
    assert member["allergens"] == ["fragrance"]
    consents = store.consents.select(where("member") == Day.member)
    assert len(consents) >= 3
    assert all(consent.granted and consent.text_version for consent in consents)
    assert store.screenings.contains(where("member") == Day.member)
    visit = store.visits.select(where("member") == Day.member)[0]
    assert (visit.state, visit.identified_by) == ("arrived", "form")
    Day.visit = visit.rid


def test_3_the_desk_knew_at_once_and_gives_her_a_person_a_bed_and_a_service(chain, browser):
    desk = open_screen(browser, chain.kiosk, "desk")
    desk.sign_in("xu", "/desk")
    assert desk.page.locator(f"a[href*='{Day.visit}']").count()
    desk.goto(f"/desk/visit/{Day.visit}")
    desk.page.select_option("#therapist", "e-chen-jing")
    desk.page.select_option("#bed", BED)
    desk.page.locator("input[name=services][value=svc-soothe]").check(force=True)
    do(desk, "form[action$='/assign'] button.main")
    desk.shoot("new-customer-desk")


def test_4_at_the_bed_she_is_asked_scanned_cared_for_and_scanned_again(chain, browser, store):
    """SAF-02, MEA-01, MEA-02, SVC-07"""
    station = open_screen(browser, chain.kiosk, "station", width=720, height=1280)
    station.sign_in("chen", "/station")
    if station.page.locator("form[action*='/station/bed']").count():
        do(station, f"button[name=bed][value='{BED}']")
    station.goto(f"/station/visit/{Day.visit}/safety")
    do(station, ".do button.main")
    assert store.visits.load(Day.visit).state == "treatment"
    for phase in ("before", "after"):
        if phase == "after":
            station.page.request.post(f"{station.base}/station/visit/{Day.visit}/care/end")
        station.goto(f"/station/visit/{Day.visit}/measure/{phase}")
        do(station, "form[action*='scan'] button")
        station.page.wait_for_url("**/result/**", timeout=180_000)
    station.goto(f"/station/visit/{Day.visit}/finish")
    do(station, "button[form=finish]")
    visit = store.visits.load(Day.visit)
    assert visit.state == "aftercare"
    Day.report = visit.report_code
    assert {scan.phase for scan in store.scans.select(where("visit") == Day.visit)} == {"before", "after"}


def test_5_at_the_desk_she_pays_and_her_points_are_exact(desk, store):
    """SVC-14, LOY-07: what the page said, on the bill and in the ledger to the yuan; a second tap takes nothing."""
    price = store.services.load("svc-soothe").price_fen
    desk.goto(f"/desk/visit/{Day.visit}")
    assert f"¥{price / 100:.2f}" in desk.text()
    desk.page.locator("input[name=payment][value=wechat]").check(force=True)
    do(desk, "form[action*='checkout'] button.main")
    assert f"+{price // 100}" in desk.text()
    bill = store.bills.load(f"bill-{Day.visit}")
    assert (bill.total_fen, bill.parts) == (price, {"wechat": price})
    entries = store.ledger.select((where("member") == Day.member) & (where("unit") == "points"))
    assert [(entry.reason, entry.amount) for entry in entries] == [("earn", price // 100)]
    assert store.visits.load(Day.visit).state == "closed"
    desk.goto(f"/desk/people/{Day.member}")
    assert f"积分 {price // 100}" in desk.text()
    assert desk.errors == []


def test_6_the_report_is_on_her_phone(phone, store):
    """MEA-05: what was done and by whom, her face before and after, what to do at home, and nothing of her allergen."""
    phone.goto(f"/r/{Day.report}")
    said = phone.text()
    for expected in ("何女士", store.services.load("svc-soothe").name, "陈静"):
        assert expected in said, expected
    shown = phone.page.locator(".views img")
    assert shown.count() >= 2
    for number in range(2):
        wait_for(
            lambda at=number: shown.nth(at).evaluate("image => image.naturalWidth") > 0,
            what="her picture on her phone",
        )
    advised = " ".join(phone.page.locator("ol.advice").all_inner_texts())
    assert advised
    for product in store.products.select():
        if allergens.conflicts(product, ["fragrance"]):
            assert product.name not in advised
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.shoot("new-customer-report")


def test_7_the_week_after_brings_each_message_once_and_the_tip_on_the_seventh_day(store, tmp_path):
    """FUP-01..05: report after two hours, survey after a day, a call after three, the tip after seven; over a real gateway."""
    gateway = House(ThreadingHTTPServer(("127.0.0.1", 0), Gateway))
    (tmp_path / "secret").write_text("a key of this test alone")
    ways = adapters(
        CareSettings(
            webhook_url=f"http://127.0.0.1:{gateway.port}/send",
            webhook_secret_file=tmp_path / "secret",
        )
    )
    try:
        with Store.open(_as_it_is(store, tmp_path / "later")) as later:
            moved = _Clock(later.visits.load(Day.visit).aftercare_at)
            care = Clockwork(
                later, ways, report_url="https://salon.example", clock=moved.now, steady=lambda: moved.steady
            )
            for _ in range(8 * 24):
                moved.on(hours=1)
                care.tick()
            told = later.messages.select(
                (where("member") == Day.member) & (where("state") == "sent"), order_by="sent_at"
            )
            tasks = {task.rule: task for task in later.follow_ups.select(where("visit") == Day.visit)}
            days = {
                message.template: (moved.at_of(message.sent_at) - moved.began) / timedelta(days=1)
                for message in told
            }
            call = (moved.at_of(tasks["call"].due_at) - moved.began) / timedelta(days=1)
    finally:
        gateway.close()
    assert sorted(message.template for message in told) == ["report", "survey", "tip"], "each once"
    for template, due in (("report", 2 / 24), ("survey", 1), ("tip", 7)):
        assert due <= days[template] <= due + NIGHT, (template, days)
    assert call == pytest.approx(3, abs=0.01)
    assert tasks["call"].state == "open", "a call is a person's work"
    texts = [body["text"] for _headers, _raw, body in gateway.requests if body["to"] == PHONE]
    assert texts == [message.text for message in told], "what went out is what is kept, in this order"
    assert all("何女士" in text for text in texts)
    assert f"https://salon.example/r/{Day.report}" in texts[0]
    assert "不想再收到" in texts[-1], "how to stop it"


class _Clock:
    """The store's clock, moved on by hand; the steady clock goes with it."""

    def __init__(self, began):
        self.began = self.at = self.at_of(began)
        self.steady = 1000.0

    @staticmethod
    def at_of(text):
        return datetime.fromisoformat(text)

    def now(self):
        return self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def on(self, **span):
        self.at += timedelta(**span)
        self.steady += timedelta(**span).total_seconds()


def _as_it_is(store, there):
    """The store's files between two writes: while we hold the right to write, nothing moves in them."""
    there.mkdir(mode=0o700)
    with store.transaction():
        for path in store.home.glob("*.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy2(path, there)
        shutil.copytree(store.home / "keys", there / "keys", ignore=shutil.ignore_patterns("devices"))
    return there
