"""Money at the desk: nothing doubles, nothing is edited, and every limit is said in words (SVC-14, LOY-07..09, LOY-14, LOY-22)."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import pytest

from edge.kiosk.services import accounts, checkout, paying, refunding
from edge.kiosk.services.quoting import Wishes
from edge.store import Store, now
from salon import policies, records

POLICY = policies.default()
KEY = re.compile(r'name="key" value="([0-9a-f]{16})"')


def key_on(browser, address):
    return KEY.search(browser.get(address).text)[1]


def pay(desk, visit, **form):
    address = f"/desk/visit/{visit.rid}"
    if "key" not in form:
        form["key"] = key_on(desk, address)
    sent = {"amount": "398", "payment": "wechat", "shown": "39800", **form}
    return desk.post(f"{address}/checkout", data=sent)


def top_up(desk, amount="500", payment="wechat", **form):
    if "key" not in form:
        form["key"] = key_on(desk, "/desk/people/m-wang/account")
    return desk.post("/desk/people/m-wang/top-up", data={"amount": amount, "payment": payment, **form})


# --- paid once, whatever happens


def test_a_double_click_on_checkout_is_one_bill_and_no_warning(desk, store, due):
    """SVC-14"""
    form = {
        "amount": "398",
        "payment": "wechat",
        "key": key_on(desk, f"/desk/visit/{due.rid}"),
        "shown": "39800",
    }
    answers = [desk.post(f"/desk/visit/{due.rid}/checkout", data=form) for _ in range(2)]
    assert [a.location for a in answers] == [f"/desk/visit/{due.rid}"] * 2
    assert [bill.parts for bill in store.bills.select()] == [{"wechat": 39800}]


def test_the_second_desk_is_told_what_the_first_one_took(desk, store, due, signed_in):
    """SVC-14: nothing is taken twice, and nobody believes that it was."""
    other = signed_in("shen")
    mine, hers = (key_on(browser, f"/desk/visit/{due.rid}") for browser in (desk, other))
    pay(desk, due, key=mine)
    answer = other.post(
        f"/desk/visit/{due.rid}/checkout",
        data={"amount": "398", "payment": "cash", "key": hers, "shown": "39800"},
    )
    page = other.get(answer.location).text
    assert "had been paid already" in page
    assert "WeChat Pay ¥398.00" in page
    assert store.visits.load(due.rid).payment == "wechat"


def test_two_desks_at_the_same_moment_take_it_once(store, due):
    """SVC-14"""
    together, done = threading.Barrier(2), []

    def desk_of(method, key):
        together.wait()
        done.append(checkout.settle(store, "e-xu", POLICY, due.rid, {method: 39800}, key=key))

    desks = [threading.Thread(target=desk_of, args=pair) for pair in (("cash", "a" * 16), ("card", "b" * 16))]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert sorted(one.ours for one in done) == [False, True]
    assert len(store.bills.select()) == 1
    assert [e.amount for e in store.ledger.select() if e.unit == "points"] == [398]


def test_a_process_that_dies_after_the_commit_has_taken_it_once(store, due):
    """SVC-14, LOY-09: the answer is lost, the click comes again."""
    killed = f"""
import os
from pathlib import Path
from edge.kiosk.services import accounts, checkout
from edge.store import Store
from salon import policies
store = Store.open(Path({str(store.home)!r}))
checkout.settle(store, "e-xu", policies.default(), {due.rid!r}, {{"cash": 39800}}, key="c" * 16)
accounts.top_up(store, "e-xu", policies.default(), "m-wang", 50000, "cash", key="d" * 16)
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    with Store.open(store.home) as again:
        assert checkout.settle(again, "e-xu", POLICY, due.rid, {"cash": 39800}, key="c" * 16).ours
        accounts.top_up(again, "e-xu", POLICY, "m-wang", 50000, "cash", key="d" * 16)
        assert sorted(bill.type for bill in again.bills.select()) == ["top_up", "visit"]
        assert sum(e.amount for e in again.ledger.select() if e.unit == "fen") == 50000


def test_a_top_up_sent_twice_or_after_the_back_button_is_one(desk, store, balance):
    """LOY-09"""
    key = key_on(desk, "/desk/people/m-wang/account")
    answers = [top_up(desk, key=key) for _ in range(3)]
    assert len({a.location for a in answers}) == 1
    assert balance("fen") == 50000
    assert balance("points") == 500, "the money earns when it comes in, not when it is spent"


def test_the_same_sum_at_another_desk_is_asked_about(desk, balance):
    """LOY-09"""
    top_up(desk)
    asked = top_up(desk)
    assert asked.status_code == 422
    assert "a few minutes ago" in asked.text
    assert balance("fen") == 50000
    assert top_up(desk, again="yes").status_code == 302
    assert balance("fen") == 100000


def test_a_form_without_its_key_is_refused(desk, store):
    assert top_up(desk, key="").status_code == 422
    assert store.bills.select() == []


def test_an_account_holds_no_more_than_the_policy_says(desk, store, post):
    """LOY-09"""
    post(480000, reason="top_up")
    answer = top_up(desk, amount="500")
    assert "an account may hold 5,000 at most" in answer.text
    assert store.bills.select() == []


# --- the price


def test_another_amount_than_the_price_needs_a_reason_that_is_kept(desk, store, due):
    answer = pay(desk, due, amount="39.8")
    assert answer.status_code == 422
    assert "398.00 yuan are due, 39.80 were entered" in answer.text
    assert pay(desk, due, amount="350", agreed="员工价").status_code == 302
    (bill,) = store.bills.select()
    assert [(line.kind, line.fen) for line in bill.lines] == [("service", 39800), ("agreed", -4800)]


def test_a_price_that_changed_since_the_page_was_opened_is_shown_before_money_is_taken(desk, store, due):
    """SVC-09, SVC-14"""
    key = key_on(desk, f"/desk/visit/{due.rid}")
    with store.acting("e-mei"):
        store.visits.edit(due.rid, services=["svc-calm", "svc-hand"])
    answer = pay(desk, due, key=key)
    assert "The price is 496.00 yuan now" in answer.text
    assert store.visits.load(due.rid).state == "aftercare"


def test_friends_who_come_together_pay_less(desk, store, due):
    """LOY-13"""
    form = {"services": "svc-calm", "together": "m-li", "special": "yes", "occasion": "wedding"}
    with store.acting("e-mei"):
        store.visits.edit(due.rid, state="treatment")
    desk.post(f"/desk/visit/{due.rid}/assign", data=form)
    with store.acting("e-mei"):
        kept = store.visits.edit(due.rid, state="aftercare")
    assert (kept.occasion, kept.together) == ("wedding", ["m-li"])
    assert "¥358.20" in desk.get(f"/desk/visit/{due.rid}").text


def test_a_visit_that_makes_good_an_earlier_one_is_free(desk, store, due):
    """SVC-17"""
    earlier = records.Visit(
        rid="v-before", member="m-wang", store="s001", state="closed", arrived_at=now(), closed_at=now()
    )
    store.visits.add(earlier)
    with store.acting("e-mei"):
        store.visits.edit(due.rid, original="v-before")
    assert pay(desk, due, amount="0", shown="0", payment="").status_code == 302
    (bill,) = store.bills.select()
    assert (bill.total_fen, bill.lines[-1].ref) == (0, "v-before")


def test_a_benefit_of_her_tier_takes_its_care_off_and_is_counted_once(desk, store, due, post):
    """LOY-03, LOY-22"""
    past = records.Visit(
        rid="v-rich",
        member="m-wang",
        store="s001",
        state="closed",
        arrived_at="2025-01-02T03:00:00.000Z",
        paid_fen=250000,
    )
    store.visits.add(past)
    page = desk.get(f"/desk/visit/{due.rid}?benefit=quarterly_care").text
    assert "A care each quarter" in page
    form = {"amount": "0", "shown": "0", "payment": "", "benefit": "quarterly_care", "key": "5" * 16}
    for _ in range(2):
        assert pay(desk, due, **form).status_code == 302
    (use,) = store.benefit_uses.select()
    assert (use.benefit, use.visit, use.by) == ("quarterly_care", due.rid, "e-xu")
    assert "3 of 4 left this year" in desk.get("/desk/people/m-wang/account").text


# --- stored value under its lease, and two ways of payment


def test_the_limit_of_stored_value_is_said_in_words(desk, due, post, release):
    """LOY-09: how much may be spent here, also without a line."""
    post(100000, reason="top_up")
    release(30000)
    page = desk.get(f"/desk/visit/{due.rid}").text
    assert "¥300.00 may be spent here at once, also without a line" in page
    refused = pay(desk, due, payment="stored_value")
    assert "Head office has not released this stored value" in refused.text
    assert "released: 300.00 yuan" in refused.text


def test_a_bill_is_paid_in_two_ways_and_only_new_money_earns_points(desk, store, due, post, release, balance):
    """SVC-14, LOY-07, LOY-09"""
    post(100000, reason="top_up")
    release(20000)
    assert pay(desk, due, amount="200", payment="stored_value", payment2="cash").status_code == 302
    (bill,) = store.bills.select()
    assert bill.parts == {"stored_value": 20000, "cash": 19800}
    assert (balance("fen"), balance("points")) == (80000, 198)
    page = desk.get("/desk/money").text
    assert "¥198.00" in page


def test_the_same_way_twice_is_no_split(desk, due):
    answer = pay(desk, due, amount="200", payment2="wechat")
    assert "The second way has to be another one" in answer.text


def test_the_family_account_pays_and_its_greeting_is_shown(desk, store, due, post, release, balance):
    """LOY-18"""
    with store.acting("e-xu"):
        store.members.edit("m-wang", family="m-li", family_greeting="妈妈，好好休息")
    post(50000, member="m-li", reason="top_up")
    release(50000, member="m-li")
    page = desk.get(f"/desk/visit/{due.rid}").text
    assert "妈妈，好好休息" in page
    assert pay(desk, due, payment="stored_value").status_code == 302
    assert (balance("fen", "m-li"), balance("fen")) == (50000 - 39800, 0)


# --- going back, and mistakes


def _refund(desk, visit, key=None, **form):
    sent = {"key": key or key_on(desk, f"/desk/visit/{visit.rid}"), "why": "过敏", **form}
    return desk.post(f"/desk/visit/{visit.rid}/refund", data=sent)


def test_a_refund_sent_twice_goes_back_once_and_takes_its_points(desk, store, due, balance):
    """LOY-07"""
    pay(desk, due)
    key = key_on(desk, f"/desk/visit/{due.rid}")
    for _ in range(2):
        assert _refund(desk, due, key, **{"back-wechat": "100"}).status_code == 302
    assert store.visits.load(due.rid).refunded_fen == 10000
    assert balance("points") == 398 - 100
    assert "−¥100.00" in desk.get(f"/desk/visit/{due.rid}").text


def test_two_desks_together_give_back_no_more_than_was_paid(desk, store, due):
    pay(desk, due)
    one, other = (key_on(desk, f"/desk/visit/{due.rid}") for _ in range(2))
    assert _refund(desk, due, one, **{"back-wechat": "300"}).status_code == 302
    answer = _refund(desk, due, other, **{"back-wechat": "300"})
    assert "More than was paid" in answer.text
    assert store.visits.load(due.rid).refunded_fen == 30000


def test_a_refund_needs_its_reason_and_goes_back_the_way_it_was_paid(
    desk, store, due, post, release, balance
):
    post(100000, reason="top_up")
    release(20000)
    pay(desk, due, amount="200", payment="stored_value", payment2="cash")
    assert "Please say why" in _refund(desk, due, why=" ", **{"back-cash": "198"}).text
    assert _refund(desk, due, **{"back-cash": "198.01"}).status_code == 422
    assert _refund(desk, due, **{"back-cash": "198", "back-stored_value": "200"}).status_code == 302
    assert (balance("fen"), balance("points")) == (100000, 0)


def test_a_refund_returns_the_voucher_which_can_then_be_used_again(desk, store, due):
    """LOY-14"""
    voucher = {"type": "birthday", "value_fen": 5000, "issued_at": now(), "valid_from": "2020-01-01"}
    store.vouchers.add(
        records.Voucher(rid="vo-1", member="m-wang", store="s001", valid_until="2099-01-01", **voucher)
    )
    pay(desk, due, amount="348", shown="34800", voucher="vo-1")
    assert "Used" in desk.get("/desk/people/m-wang/account").text
    _refund(desk, due, **{"back-wechat": "348", "uses_back": "yes"})
    with store.acting("e-mei"):
        second = store.visits.add(
            store.visits.load(due.rid).model_copy(
                update={"rid": "v-2", "state": "aftercare", "closed_at": ""}
            )
        )
    assert pay(desk, second, amount="348", shown="34800", voucher="vo-1").status_code == 302
    entries = [e for e in store.ledger.select() if e.unit == "voucher"]
    assert [(e.reason, e.amount) for e in entries] == [
        ("issue", 1),
        ("redeem", -1),
        ("refund", 1),
        ("redeem", -1),
    ]
    assert len({e.rid for e in entries}) == 4


def test_points_that_bought_a_service_go_back_with_the_refund(store, due, post, release, balance):
    """LOY-07"""
    polish = {"name": "基础美甲", "name_en": "Polish", "category": "nails", "minutes": 30, "price_fen": 6800}
    store.services.add(records.Service(rid="svc-polish", **polish))
    with store.acting("e-mei"):
        store.visits.edit(due.rid, services=["svc-polish"])
    post(600, unit="points")
    release(500, unit="points")
    checkout.settle(store, "e-xu", POLICY, due.rid, {}, Wishes(points="svc-polish"), key="e" * 16)
    assert balance("points") == 100
    refunding.refund(store, "e-xu", due.rid, {}, key="f" * 16, why="没有做", uses_back=True)
    refunding.refund(store, "e-xu", due.rid, {}, key="0" * 16, why="没有做", uses_back=True)
    assert balance("points") == 600


def test_a_way_of_payment_is_put_right_by_a_second_bill(desk, store, due):
    pay(desk, due)
    form = {"wrong": "wechat", "right": "cash", "key": key_on(desk, f"/desk/visit/{due.rid}")}
    for _ in range(2):
        desk.post(f"/desk/visit/{due.rid}/method", data=form)
    first, second = sorted(store.bills.select(), key=lambda bill: bill.type, reverse=True)
    assert (first.parts, second.parts) == ({"wechat": 39800}, {"wechat": -39800, "cash": 39800})
    assert store.visits.load(due.rid).payment == "cash"
    assert refunding.left(store, store.visits.load(due.rid)) == {"cash": 39800}


def test_a_top_up_by_mistake_is_taken_back_once_by_its_reverse(desk, store, release, balance):
    """LOY-09: under a lease, as any debit; nothing is edited."""
    top_up(desk)
    (entry,) = [e for e in store.ledger.select() if e.reason == "top_up"]
    form = {"entry": entry.rid, "why": "输错金额"}
    refused = desk.post("/desk/people/m-wang/undo", data=form)
    assert "Head office has to confirm" in refused.text
    (wish,) = store.leases.in_state("asked")
    store.leases.opened(wish.lease, 50000)
    for _ in range(2):
        assert desk.post("/desk/people/m-wang/undo", data=form).status_code == 302
    assert store.ledger.load(entry.rid) == entry
    assert (balance("fen"), balance("points")) == (0, 0)
    assert sum(bill.total_fen for bill in store.bills.select()) == 0


def test_an_entry_of_a_visit_is_not_undone_beside_its_refund(desk, store, due):
    pay(desk, due)
    form = {"entry": f"earn-{due.rid}", "why": "输错金额"}
    assert desk.post("/desk/people/m-wang/undo", data=form).status_code == 422


# --- thanks, benefits, receipts


def test_sharing_earns_points_as_often_as_the_month_allows(desk, store, balance):
    """LOY-08"""
    for _ in range(6):
        key = key_on(desk, "/desk/people/m-wang/account")
        for _click in range(2):
            desk.post("/desk/people/m-wang/reward", data={"what": "share", "key": key, "words": "小红书"})
    assert balance("points") == POLICY.rewards.a_month * POLICY.rewards.share_points
    assert len(store.interactions.select()) == 6


def test_a_benefit_used_at_the_desk_is_kept_and_can_be_taken_back(desk, store):
    """LOY-02, LOY-22"""
    past = records.Visit(
        rid="v-1",
        member="m-wang",
        store="s001",
        state="closed",
        arrived_at="2025-01-02T03:00:00.000Z",
        paid_fen=60000,
    )
    store.visits.add(past)
    form = {"benefit": "birthday", "key": key_on(desk, "/desk/people/m-wang/account")}
    for _ in range(2):
        desk.post("/desk/people/m-wang/benefit", data=form)
    (use,) = store.benefit_uses.select()
    assert "0 of 1 left this year" in desk.get("/desk/people/m-wang/account").text
    other = {"benefit": "birthday", "key": "9" * 16}
    assert desk.post("/desk/people/m-wang/benefit", data=other).status_code == 422
    desk.post("/desk/people/m-wang/undo", data={"use": use.rid})
    assert "1 of 1 left this year" in desk.get("/desk/people/m-wang/account").text


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Receipt", "Total", "Points for it")), ("zh", ("收据", "合计", "本单积分"))],
)
def test_the_receipt_reads_in_both_languages(desk, due, language, words):
    pay(desk, due)
    page = desk.get(f"/desk/bills/bill-{due.rid}?lang={language}").text
    for text in (*words, "¥398.00", "+398"):
        assert text in page, text


def test_a_receipt_has_a_short_number_by_which_it_is_found_again(desk, store, due):
    """As a guest reads it out: small letters, a space for the dash. Her receipts are named so everywhere."""
    pay(desk, due)
    _refund(desk, due, **{"back-wechat": "98"})
    first, second = store.bills.select(order_by="at")
    numbers = {}
    for one in (first, second):
        page = desk.get(f"/desk/bills/{one.rid}").text
        shown = re.sub(r"<[^>]*>", "", page)
        assert one.rid not in shown, "no record id is for people"
        numbers[one.rid] = re.search(r'<dt>Number</dt><dd class="num">(\d{6}-[2-9A-Z]{4})<', page)[1]
    assert len(set(numbers.values())) == 2
    assert numbers[first.rid] in desk.get(f"/desk/bills/{second.rid}").text, "the bill that it belongs to"
    assert numbers[first.rid] in desk.get("/desk/money").text
    assert numbers[first.rid] in desk.get("/desk/people/m-wang/account").text
    spoken = numbers[first.rid].lower().replace("-", " ")
    assert desk.get(f"/desk/money?number={spoken}").location == f"/desk/bills/{first.rid}"
    for wrong in ("261122-0000", "x", "999999-AAAA"):
        assert "No receipt of this store has this number." in desk.get(f"/desk/money?number={wrong}").text


def test_the_day_adds_up_by_way_of_payment(desk, store, due):
    pay(desk, due)
    top_up(desk, payment="cash")
    _refund(desk, due, **{"back-wechat": "98"})
    page = desk.get("/desk/money").text
    for text in ("¥300.00", "¥500.00", "−¥98.00"):
        assert text in page, text
    assert "Nothing came in" in desk.get("/desk/money?day=2026-01-05").text


@pytest.mark.parametrize("typed", ["1e9", "-1", "0x10", "1.001", "１２"])
def test_amounts_are_whole_fen_or_refused(typed):
    if typed == "１２":  # full-width digits, as an input method gives them
        assert paying.fen(typed) == 1200
    else:
        with pytest.raises(paying.BadPayment):
            paying.fen(typed)


def test_one_voucher_pays_for_one_of_two_visits_at_two_desks(desk, store, due):
    """LOY-14"""
    voucher = {"type": "birthday", "value_fen": 5000, "issued_at": now(), "valid_from": "2020-01-01"}
    store.vouchers.add(
        records.Voucher(rid="vo-1", member="m-wang", store="s001", valid_until="2099-01-01", **voucher)
    )
    second = store.visits.add(store.visits.load(due.rid).model_copy(update={"rid": "v-2"}))
    keys = [key_on(desk, f"/desk/visit/{visit.rid}") for visit in (due, second)]
    assert pay(desk, due, amount="348", shown="34800", voucher="vo-1", key=keys[0]).status_code == 302
    answer = pay(desk, second, amount="348", shown="34800", voucher="vo-1", key=keys[1])
    assert answer.status_code == 422
    assert store.visits.load("v-2").state == "aftercare"
    assert len(store.bills.select()) == 1


def test_a_gift_is_given_by_the_manager_with_a_reason_once(desk, signed_in, store):
    """LOY-14"""
    manager = signed_in("shen")
    form = {"gift": "50", "why": "新年", "key": "8" * 16}
    assert desk.post("/desk/people/m-wang/gift", data=form).status_code == 403
    assert manager.post("/desk/people/m-wang/gift", data={**form, "why": ""}).status_code == 422
    assert manager.post("/desk/people/m-wang/gift", data={**form, "gift": "5000"}).status_code == 422
    for _ in range(2):
        assert manager.post("/desk/people/m-wang/gift", data=form).status_code == 302
    (voucher,) = store.vouchers.select()
    assert (voucher.type, voucher.value_fen, voucher.explain) == ("gift", 5000, "赠券：新年")
