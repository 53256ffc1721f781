"""Points buy services, products and partners' benefits (LOY-07, LOY-08), under a lease and once."""

from __future__ import annotations

import pytest

from edge.kiosk.services import accounts, checkout, redeeming, refunding, spending_points, tasks
from edge.kiosk.services.paying import BadPayment
from edge.kiosk.services.quoting import Wishes
from salon import policies, records

POLICY = policies.active([], "s001").policy
KEY = "a" * 16


@pytest.fixture
def products(store):
    """A cream to take home, one with alcohol in it, and one for the salon alone."""
    plain = {"name_en": "x", "admitted": True}
    for rid, uses, own in (
        ("p-cream", ["home"], {"price_fen": 12_850}),
        (
            "p-toner",
            ["home"],
            {"price_fen": 9_900, "allergens": ["alcohol"], "ingredients": ["alcohol denat."]},
        ),
        ("p-mask", ["salon"], {"price_fen": 5_000}),
        ("p-old", ["home"], {"price_fen": 5_000, "admitted": False}),
    ):
        store.products.add(records.Product(rid=rid, name=rid, uses=uses, **{**plain, **own}))


def test_a_yuan_of_a_service_costs_the_houses_points_rounded_up(store, due, post, release, balance):
    """LOY-08: any service of the visit; the house's figure is the policy's."""
    post(5000, unit="points")
    (offered,) = redeeming.by_points(store, POLICY, due)
    assert (offered.service.rid, offered.price, offered.enough) == ("svc-calm", 3980, True)
    release(5000, unit="points")
    done = checkout.settle(store, "e-xu", POLICY, due.rid, {}, Wishes(points="svc-calm"), key=KEY)
    assert done.visit.paid_fen == 0
    assert balance("points") == 1020


def test_a_house_that_sells_for_money_alone_offers_the_polish_only(store, due):
    """LOY-07"""
    alone = policies.load("[points]\nyuan_points = 0")
    assert redeeming.by_points(store, alone, due) == []


def test_a_service_that_is_not_of_this_visit_is_not_bought(store, due, post, release):
    post(9000, unit="points")
    release(9000, unit="points")
    with pytest.raises(BadPayment):
        checkout.settle(store, "e-xu", POLICY, due.rid, {}, Wishes(points="svc-hand"), key=KEY)


def test_products_without_her_allergens_and_partners_benefits_are_offered(store, products):
    """LOY-08, SAF-05"""
    offered = spending_points.offered(store, POLICY, store.members.load("m-wang"))
    assert [(gift.key, gift.price) for gift in offered] == [("cafe", 300), ("p-cream", 1285)]


def test_no_product_is_offered_before_her_allergens_are_known_here_saf_05(store, products):
    """Another store's questionnaire comes without its answers: li has given none in this one."""
    offered = spending_points.offered(store, POLICY, store.members.load("m-li"))
    assert {gift.kind for gift in offered} == {"partner"}


def test_a_product_is_redeemed_once_under_a_lease_and_taken_back_if_it_was_not_handed_over(
    store, products, post, release, balance
):
    """LOY-08"""
    post(2000, unit="points")
    with pytest.raises(BadPayment) as refused:
        spending_points.spend(store, "e-xu", POLICY, "m-wang", "p-cream", key=KEY)
    assert "Head office has not released" in refused.value.fields["gift_points"].en
    (wish,) = store.leases.in_state("asked")
    assert (wish.unit, wish.amount) == ("points", 1285)
    store.leases.opened(wish.lease, 1285)
    entries = {
        spending_points.spend(store, "e-xu", POLICY, "m-wang", "p-cream", key=KEY).rid for _ in range(2)
    }
    assert balance("points") == 715
    for _ in range(2):
        accounts.undo(store, "e-xu", entries.pop() if entries else f"points-{KEY}", "没有货")
    assert balance("points") == 2000


def test_the_desk_offers_what_her_points_reach_and_says_what_they_do_not(desk, store, products, post):
    post(400, unit="points")
    page = desk.get("/desk/people/m-wang/account").text
    assert 'value="p-cream" disabled' in page
    assert 'value="cafe">A drink at the partner café · 300 points' in page
    key = page.split("/desk/people/m-wang/points", 1)[1].split('name="key" value="', 1)[1][:16]
    answer = desk.post("/desk/people/m-wang/points", data={"gift": "p-cream", "key": key})
    assert answer.status_code == 422
    assert "Not enough points" in answer.text
    assert (
        "Please choose what the points are for"
        in desk.post("/desk/people/m-wang/points", data={"gift": "p-toner", "key": key}).text
    )


def test_a_refund_of_points_that_were_spent_says_so_to_the_desk_and_leaves_the_manager_a_task(
    desk, store, due, post, release, balance
):
    """LOY-07: the account stands below zero until head office has put in what is missing."""
    checkout.settle(store, "e-xu", POLICY, due.rid, {"wechat": 39_800}, key=KEY)
    assert balance("points") == 398
    release(300, unit="points")
    spending_points.spend(store, "e-xu", POLICY, "m-wang", "cafe", key="b" * 16)
    for _ in range(2):
        refunding.refund(store, "e-xu", due.rid, {"wechat": 39_800}, key="c" * 16, why="过敏")
    assert balance("points") == -300
    (task,) = [one for one in tasks.due(store, POLICY, "en") if one.role == "manager"]
    assert "the account stands at -300" in task.about
    page = desk.get("/desk/people/m-wang/account").text
    assert "Below zero: a refund took points that were spent already" in page
    assert "Points are below zero" in desk.get("/desk/people/m-wang").text
    assert 'value="cafe" disabled' in page
    (taken,) = [e for e in store.ledger.select() if e.reason == "refund" and e.unit == "points"]
    post(300, unit="points", reason="correction", rid="hq-puts-it-right", corrects=taken.rid)
    page = desk.get("/desk/people/m-wang/account").text
    assert "Below zero" not in page
    assert "Taken back" not in page, "the refund stands"
