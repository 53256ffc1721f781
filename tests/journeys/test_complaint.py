"""A complaint from its first minute to its solution (CMP-01..06): a bad answer on a phone, an apology, a plan, and she knows it."""

from __future__ import annotations

import pytest
from tinydb import where

from edge.kiosk.services import checkin, people
from edge.store import now
from salon import records
from tests.journeys.chain import Screen, open_screen, wait_for

pytestmark = pytest.mark.journey

GUEST = "m-unhappy"
CODE = "UnhappyGuestReport0001"
BATCH = "B20261101"


class Case:
    """What one step leaves for the next."""

    complaint = ""


@pytest.fixture(scope="module")
def visit(store):
    """Her visit of this morning: cared for by Ms Chen, with a serum of a known batch."""
    with store.acting("e-chen-jing"), store.transaction():
        store.members.add(
            records.Member(
                rid=GUEST, surname="沈", given_name="宁", gender="female", phone="13600000009", language="zh",
                card_code=people.new_code(), home_store="s001",
            )
        )  # fmt: skip
        came = checkin.arrive(store, "e-chen-jing", GUEST, "phone", 8000)
        store.product_uses.add(
            records.ProductUse(
                rid="use-unhappy", visit=came.rid, member=GUEST, product="p-soothing-serum", batch=BATCH, at=now(),
                by="e-chen-jing",
            )
        )  # fmt: skip
        return store.visits.edit(
            came.rid, state="aftercare", services=["svc-soothe"], therapist="e-chen-jing", aftercare_at=now(),
            report_code=CODE,
        )  # fmt: skip


def do(screen: Screen, selector: str) -> None:
    """Touch a control and wait until the page that it leads to is there."""
    with screen.page.expect_navigation():
        screen.page.locator(selector).first.click()


def test_1_a_bad_answer_on_her_phone_is_on_the_desks_board_with_its_clock(chain, browser, desk, store, visit):
    """FUP-12, CMP-01: nobody has to type it in, nobody has to reload."""
    phone = open_screen(browser, chain.kiosk, "phone", width=390, height=844)
    phone.goto(f"/r/{CODE}")
    do(phone, "a[href$='/survey']")
    phone.page.locator("input[name=face][value=poor]").check(force=True)
    phone.page.locator("input[name=nps][value='2']").check(force=True)
    phone.page.locator("input[name=skin][value=red]").check(force=True)
    phone.page.fill("textarea[name=remarks]", "回家后脸颊发红发痒")
    phone.shoot("complaint-survey")
    do(phone, "button.main")
    assert "谢谢" in phone.text()
    assert phone.errors == []
    (case,) = store.complaints.select(where("member") == GUEST)
    Case.complaint = case.rid
    assert (case.topic, case.visit, case.staff) == ("allergy", visit.rid, ["e-chen-jing"])
    desk.page.wait_for_selector(f".urgent a[href$='{case.rid}']")
    assert "沈女士 · 首次响应" in desk.text()
    desk.shoot("complaint-board")


def test_2_the_desk_knows_what_to_say_and_everyone_who_had_the_batch(desk, store):
    """CMP-03, CMP-06, SAF-10"""
    do(desk, f".urgent a[href$='{Case.complaint}']")
    said = desk.text()
    for expected in ("沈女士", "30 分钟", "24 小时", "72 小时", "回家后脸颊发红发痒", BATCH, "陈静"):
        assert expected in said, expected
    desk.shoot("complaint-open")
    do(desk, "button[value=respond]")
    case = store.complaints.load(Case.complaint)
    assert case.responded_at
    assert case.owner.startswith("e-xu")
    do(desk, f"a[href*='batches?q={BATCH}']")
    assert "沈宁" in desk.text()
    desk.page.go_back()


def test_3_playbook_compensation_plan_and_solution_in_this_order(desk, store):
    """CMP-04, SVC-17"""
    desk.goto(f"/desk/complaints/{Case.complaint}")
    assert desk.page.locator("button[value=solve]").count() == 0, "the plan comes first"
    do(desk, "button[name=tick]")
    do(desk, "button[name=compensate]")
    assert store.complaints.load(Case.complaint).steps
    desk.page.fill("#words", "陪同就医检测；一周内修护护理一次")
    do(desk, "button[value=plan]")
    desk.page.fill("#words", "检测为轻度刺激，已做修护，顾客满意")
    desk.shoot("complaint-planned")
    do(desk, "button[value=solve]")
    assert store.complaints.load(Case.complaint).state == "solved"


def test_4_it_is_not_over_before_she_knows(desk, store):
    """CMP-05"""
    desk.goto("/desk/complaints")
    assert desk.page.locator(f".case[href$='{Case.complaint}']").inner_text().find("告知") >= 0
    do(desk, f".case[href$='{Case.complaint}']")
    do(desk, "button[name=told]")
    assert store.complaints.load(Case.complaint).told_at
    desk.goto("/desk")
    assert desk.page.locator(f".urgent a[href$='{Case.complaint}']").count() == 0


def test_5_at_her_next_visit_the_treatment_that_makes_good_is_there_for_her(desk, store):
    """SVC-17, LOY-14: on the card, and at checkout it takes its price off."""
    desk.goto(f"/desk/people/{GUEST}")
    assert "补偿护理券" in desk.text()
    (voucher,) = store.vouchers.select(where("member") == GUEST)
    with store.acting("e-chen-jing"):
        (came,) = store.visits.select(where("member") == GUEST)
        store.visits.edit(came.rid, services=[voucher.service])
    desk.goto(f"/desk/visit/{came.rid}")
    do_choose(desk, voucher.rid)
    desk.shoot("complaint-made-good")
    do(desk, "form[action*='checkout'] button.main")
    paid = wait_for(lambda: store.bills.find(f"bill-{came.rid}"), what="the bill")
    assert paid.total_fen == 0
    assert desk.errors == []


def do_choose(screen: Screen, voucher: str) -> None:
    """A voucher is chosen: the page works the price out by itself."""
    with screen.page.expect_navigation():
        screen.page.locator(f"input[name=voucher][value='{voucher}']").check(force=True)
