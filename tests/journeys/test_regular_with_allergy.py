"""A regular with an allergy to alcohol: it is in sight at every step, stops the bottle that holds it, and is heeded in all that is advised.

SAF-02, SAF-04, SAF-05, SAF-10, SEG-11, SEG-13, MEA-05, SVC-12, SEC-07.
"""

from __future__ import annotations

import pytest
from tinydb import where

from edge.store import Store
from salon.rules import allergens
from tests.journeys.chain import PINS, Chain, Screen, open_screen, wait_for

pytestmark = pytest.mark.journey

WANG, PHONE = "m-wang-li", "13800010001"
TONER, SERUM = "p-astringent-toner", "p-soothing-serum"


class Walk:
    """What one step leaves for the next."""

    visit = ""


@pytest.fixture(scope="module")
def store(chain: Chain):
    with Store.open(chain.home) as opened:
        with opened.acting("system"), opened.transaction():
            for visit in opened.visits.select(where("member") == WANG):
                if visit.state in {"arrived", "treatment", "feedback", "aftercare"}:
                    opened.visits.edit(visit.rid, state="closed")
        yield opened


@pytest.fixture(scope="module")
def station(chain, browser):
    return open_screen(browser, chain.kiosk, "station", width=720, height=1280)


def do(screen: Screen, selector: str) -> None:
    with screen.page.expect_navigation():
        screen.page.locator(selector).first.click()


def test_1_she_checks_in_as_always(chain, browser, store):
    kiosk = open_screen(browser, chain.kiosk, "kiosk", width=720, height=1280)
    kiosk.goto("/")
    do(kiosk, "button.begin")
    do(kiosk, "a[href*='/phone']")
    kiosk.page.fill("#phone", PHONE)
    do(kiosk, "button.main")
    kiosk.page.fill("input[name=surname]", "王")
    do(kiosk, "button.main")
    do(kiosk, "button.main")
    assert "王女士" in kiosk.text()
    (visit,) = store.visits.select((where("member") == WANG) & (where("state") == "arrived"))
    Walk.visit = visit.rid
    with store.acting("system"):
        store.visits.edit(visit.rid, services=["svc-soothe"], therapist="e-zhao-min", bed="1号床")


def test_2_what_to_have_ready_and_what_to_keep_away_is_said_before_she_lies_down(station, store):
    """SVC-12, SAF-04"""
    station.sign_in("zhao", "/station")
    if station.page.locator("button[name=bed]").count():
        do(station, "button[name=bed][value='1号床']")
    station.goto(f"/station/visit/{Walk.visit}/prepare")
    said = station.text()
    toner = store.products.load(TONER).name
    assert "酒精" in said
    assert toner in said.split("请勿放在本床位", 1)[-1]
    station.shoot("allergy-prepare")


def test_3_nothing_begins_before_she_was_asked(station, store):
    """SAF-02"""
    station.goto(f"/station/visit/{Walk.visit}/care")
    assert "/safety" in station.page.url
    do(station, ".do button.main")
    assert store.visits.load(Walk.visit).state == "treatment"
    assert store.visits.load(Walk.visit).contraindications_by == "e-zhao-min"


def test_4_the_bottle_is_stopped_by_its_barcode_with_the_ingredient_named(station, store):
    """SAF-05: as a scanner types it."""
    station.goto(f"/station/visit/{Walk.visit}/products")
    station.page.fill("input[name=barcode]", store.products.load(TONER).barcode)
    with station.page.expect_navigation():
        station.page.keyboard.press("Enter")
    assert "Alcohol Denat." in station.text()
    station.shoot("allergy-stopped")
    assert used(store) == {TONER: "stopped"}


@pytest.mark.parametrize(
    ("login", "pin", "reason"),
    [
        ("shen", "000000", "顾客坚持，已做皮试"),
        ("shen", PINS["shen"], ""),
        ("zhao", PINS["zhao"], "顾客坚持，已做皮试"),
    ],
    ids=["wrong pin", "no reason", "the same person"],
)
def test_5_one_person_alone_or_without_a_reason_opens_nothing(station, store, login, pin, reason):
    """SAF-05"""
    (stopped,) = store.product_uses.select((where("visit") == Walk.visit) & (where("product") == TONER))
    answer = station.page.request.post(
        f"{station.base}/station/visit/{Walk.visit}/stopped/{stopped.rid}/override",
        form={"login": login, "pin": pin, "reason": reason, "batch": "B1"},
        max_redirects=0,
    )
    assert answer.status in {401, 422}
    assert used(store) == {TONER: "stopped"}


def test_6_another_bottle_is_taken_with_its_batch(station, store):
    """SAF-10"""
    station.goto(f"/station/visit/{Walk.visit}/products")
    do(station, f"button[name=product][value='{SERUM}']")
    do(station, ".do button.main")
    assert used(store) == {TONER: "stopped", SERUM: "used"}
    (use,) = store.product_uses.select((where("visit") == Walk.visit) & (where("product") == SERUM))
    assert use.batch == store.products.load(SERUM).batch
    assert use.batch


def test_7_two_people_with_a_reason_may_decide_otherwise_and_it_is_written_down(station, store):
    """SAF-05: the manager's PIN; who, why and which ingredient stay."""
    (stopped,) = store.product_uses.select((where("visit") == Walk.visit) & (where("product") == TONER))
    station.goto(f"/station/visit/{Walk.visit}/stopped/{stopped.rid}/override")
    station.page.fill("#reason", "仅用于工具消毒")
    station.page.locator("input[name=login][value=shen]").check(force=True)
    station.page.fill("#pin", PINS["shen"])
    station.shoot("allergy-override")
    do(station, ".do button.danger")
    (fact,) = store.product_uses.select((where("visit") == Walk.visit) & (where("outcome") == "overridden"))
    assert (fact.product, fact.by, fact.second_person, fact.reason) == (
        TONER,
        "e-zhao-min",
        "e-shen-lan",
        "仅用于工具消毒",
    )


def test_8_her_plan_and_what_is_recommended_hold_nothing_of_it(station, store):
    """SEG-11, SEG-13, SAF-05"""
    station.goto(f"/station/visit/{Walk.visit}/plan")
    station.shoot("allergy-plan")
    do(station, "button[name=do][value=keep]")
    (plan,) = store.care_plans.select((where("member") == WANG) & (where("state") == "active"))
    member = store.members.load(WANG)
    for rid in plan.products:
        assert allergens.conflicts(store.products.load(rid), member.allergens) == []
    station.goto(f"/station/visit/{Walk.visit}/offers")
    barred = [p for p in store.products.select() if allergens.conflicts(p, member.allergens)]
    assert barred
    assert not [p.name for p in barred if p.name in station.text()]


def test_9_the_report_she_takes_home_advises_nothing_of_it(station, chain, browser, store):
    """MEA-05, SVC-15, SAF-09"""
    station.goto(f"/station/visit/{Walk.visit}/care")
    while station.page.locator("a[href*='skipped=']").count():
        do(station, "a[href*='skipped=']")
    do(station, "form[action$='/care/end'] button")
    station.goto(f"/station/visit/{Walk.visit}/finish")
    do(station, "button[form=finish]")
    code = store.visits.load(Walk.visit).report_code
    phone = open_screen(browser, chain.kiosk, "phone", width=390, height=844)
    phone.goto(f"/r/{code}")
    said = phone.text()
    assert store.products.load(SERUM).name in said, "what was used is written down"
    advised = " ".join(phone.page.locator("ol.advice").all_inner_texts())
    assert advised
    member = store.members.load(WANG)
    for product in store.products.select():
        if allergens.conflicts(product, member.allergens) and "home" in product.uses:
            assert product.name not in advised
    phone.shoot("allergy-report")


def test_10_a_batch_finds_her_again(chain, browser, store):
    """SAF-10: also by the bottle that two people let through."""
    desk = open_screen(browser, chain.kiosk, "desk")
    desk.sign_in("shen", "/desk")
    desk.goto(f"/desk/batches?q={store.products.load(TONER).barcode}")
    assert "王丽" in desk.text()


def test_11_her_allergy_stays_in_this_store_and_no_page_had_a_script_error(chain, station):
    """SEC-07: she shares figures, not her health."""
    with Store.open(chain.home / "second") as second:
        wait_for(lambda: second.members.find(WANG) is not None, what="her file in the second store")
        assert second.members.load(WANG).allergens == []
    assert [e for e in station.errors if "Failed to load resource" not in e] == []


def used(store: Store) -> dict[str, str]:
    """Product -> what came of it, in this visit; a stop that was overridden is told by its own fact."""
    return {use.product: use.outcome for use in store.product_uses.select(where("visit") == Walk.visit)}
