"""A dormant customer is found, called, comes back, uses what she was offered, and the figure moves (CHN-01, CHN-05..08, KPI-06)."""

from __future__ import annotations

import pytest
from tinydb import where

from edge.kiosk.services import figures
from edge.store import Store, now
from salon import policies
from tests.journeys.chain import Screen, open_screen, wait_for

pytestmark = pytest.mark.journey

ZHOU = "m-zhou-ting"
"""Of the demo's customers: 160 days away, her last ratings 76 and 72."""
FIGURE_S = 180
"""The manager's figures are kept for a minute."""


class Visit:
    """What one step leaves for the next."""

    rid = ""
    voucher = ""


@pytest.fixture(scope="module")
def manager(chain, browser):
    screen = open_screen(browser, chain.kiosk, "manager")
    screen.sign_in("shen", "/manager/lost")  # not the board: its figures are kept for a minute
    return screen


def do(screen: Screen, selector: str) -> None:
    """Touch a control and wait until the page that it leads to is there."""
    with screen.page.expect_navigation():
        screen.page.locator(selector).first.click()


def came_back(store: Store) -> set[str]:
    return {person.member for person in figures.build(store, policies.default()).figures["win_back"].people}


def test_1_the_manager_finds_her_with_every_sign_and_what_to_do_first(manager, store):
    """CHN-01, CHN-03, CHN-05"""
    assert ZHOU not in came_back(store)
    manager.goto("/manager/lost")
    card = manager.page.locator(f"[id='{ZHOU}']")
    said = card.inner_text()
    for expected in ("周婷", "天", "建议"):
        assert expected in said, said
    manager.shoot("dormant-found")


def test_2_she_is_called_and_why_she_stayed_away_brings_an_offer(manager, store):
    """CHN-06, CHN-07"""
    card = manager.page.locator(f"[id='{ZHOU}']")
    card.locator("input[name=reason][value=external]").check(force=True)
    card.locator("input[name=words]").fill("出差半年，刚回来")
    with manager.page.expect_navigation():
        card.locator("button.main").click()
    (call,) = store.interactions.select((where("member") == ZHOU) & (where("type") == "call"))
    assert (call.reason, call.text) == ("external", "出差半年，刚回来")
    (offer,) = [v for v in store.vouchers.select(where("member") == ZHOU) if v.type == "return"]
    Visit.voucher = offer.rid
    assert offer.value_fen == policies.default().win_back.voucher_yuan * 100


def test_3_she_comes_and_the_desk_sees_the_offer_and_the_note_at_once(desk, store):
    """PRF-20, LOY-14"""
    desk.goto("/desk")
    desk.page.fill("input[name=q]", "0006")
    do(desk, "form[role=search] button")
    do(desk, f"a[href$='{ZHOU}']")
    assert "回归券" in desk.text()
    desk.shoot("dormant-welcome")
    do(desk, "form[action$='/arrive'] button")
    Visit.rid = desk.page.url.rsplit("/", 1)[1]
    do(desk, f"a[href$='{ZHOU}/all']")
    assert "出差半年，刚回来" in desk.text()


def test_4_the_offer_is_used_once_at_checkout(desk, store):
    """LOY-14, SVC-14"""
    with store.acting("e-lin-yue"):
        store.visits.edit(
            Visit.rid,
            state="aftercare",
            services=["svc-gel-nails"],
            therapist="e-lin-yue",
            aftercare_at=now(),
        )
    price = store.services.load("svc-gel-nails").price_fen
    worth = store.vouchers.load(Visit.voucher).value_fen
    desk.goto(f"/desk/visit/{Visit.rid}")
    with desk.page.expect_navigation():
        desk.page.locator(f"input[name=voucher][value='{Visit.voucher}']").check(force=True)
    desk.page.locator("input[name=payment][value=wechat]").check(force=True)
    desk.shoot("dormant-checkout")
    do(desk, "form[action*='checkout'] button.main")
    bill = store.bills.load(f"bill-{Visit.rid}")
    assert bill.parts == {"wechat": price - worth}
    used = store.ledger.select(where("voucher") == Visit.voucher)
    assert [(e.reason, e.amount) for e in used] == [("issue", 1), ("redeem", -1)]
    earned = store.ledger.select(
        (where("member") == ZHOU) & (where("unit") == "points") & (where("visit") == Visit.rid)
    )
    assert [entry.amount for entry in earned] == [(price - worth) // 100], (
        "points for what was paid, not for the gift"
    )
    desk.shoot("dormant-paid")
    desk.goto(f"/desk/people/{ZHOU}")
    assert "回归券" not in desk.text(), "it was good once"


def test_5_she_is_no_longer_lost_and_the_figure_has_moved(manager, store):
    """KPI-06, CHN-08: every figure opens the list of the people behind it."""
    assert ZHOU in came_back(store)
    manager.goto("/manager/lost")
    card = manager.page.locator(f"[id='{ZHOU}']")
    assert card.count() == 0 or "沉睡" not in card.inner_text()

    def listed() -> bool:
        manager.goto("/manager/figure/win_back")
        return "周婷" in manager.text()

    wait_for(listed, FIGURE_S, "her name behind the figure")
    manager.shoot("dormant-figure")
    assert manager.errors == []
