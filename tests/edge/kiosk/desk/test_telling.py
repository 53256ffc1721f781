"""Who is told what, and what the desk does about it: alerts by role (CHN-02, FUP-07, LOY-21), a call that finds a problem (FUP-03), what is handed over
for a voucher (LOY-10, CHN-08), benefits that come once a quarter (LOY-03) or are worth a basic care (LOY-06)."""

from __future__ import annotations

import re

import pytest

from edge.kiosk.services import complaining
from edge.store import now
from salon import records
from salon.rules.times import later


@pytest.fixture
def tell(store):
    """Raises an alert for a role about a customer."""

    def alert(role, key, member="m-wang"):
        return store.alerts.add(
            records.Alert(
                rid=f"al-{key}", store="s001", rule="a rule (FUP-07)", key=key, member=member, role=role, level="warn",
                zh_text=f"提醒{key}", en_text=f"About {key}", action_zh="做点什么", action_en="Do something", at=now(),
            )
        )  # fmt: skip

    return alert


def test_a_falling_ticket_is_told_to_the_consultant_and_closed_with_what_came_of_it_chn_02(
    store, tell, signed_in
):
    store.employees.edit("e-mei", roles=["beautician", "consultant"])
    tell("consultant", "churn.ticket")
    tell("manager", "churn.rating")
    consultant = signed_in("mei")
    page = consultant.get("/desk/tasks").text
    assert "About churn.ticket" in page
    assert "Do something" in page
    assert "About churn.rating" not in page, "that is the manager's"
    assert consultant.post("/desk/alerts/al-churn.rating").status_code == 404
    assert consultant.post("/desk/alerts/al-churn.ticket", data={"result": "已致电"}).status_code == 302
    closed = store.alerts.load("al-churn.ticket")
    assert (closed.state, closed.closed_by, closed.result) == ("closed", "e-mei", "已致电")
    assert "About churn.ticket" not in consultant.get("/desk/tasks").text


def test_a_birthday_is_told_to_her_own_beautician_at_the_bed_fup_07_loy_21(store, tell, signed_in):
    """15 days ahead; a colleague's customer is no business of hers (SEC-01)."""
    tell("beautician", "birthday.staff")
    tell("consultant", "renewal")
    store.members.edit("m-wang", therapist="e-mei")
    mei = signed_in("mei")
    mei.post("/station/bed", data={"bed": "1号床"})
    assert "1 thing to know or to do" in mei.get("/station").text
    assert "About birthday.staff" in mei.get("/station/mine").text
    assert "About renewal" in signed_in("shen").get("/desk/tasks").text
    store.members.edit("m-wang", therapist="e-other")
    assert "About birthday.staff" not in mei.get("/station/mine").text
    assert mei.post("/station/mine/alerts/al-birthday.staff").status_code == 404
    store.members.edit("m-wang", therapist="")
    assert mei.post("/station/mine/alerts/al-birthday.staff", data={"result": "备好贺卡"}).status_code == 302
    assert store.alerts.load("al-birthday.staff").closed_by == "e-mei"


@pytest.fixture
def call(store):
    """The call three days after a visit, due now, for her beautician."""
    store.visits.add(
        records.Visit(
            rid="v-1", member="m-wang", store="s001", services=["svc-calm"], therapist="e-mei", state="closed",
            arrived_at=later(now(), days=-3),
        )
    )  # fmt: skip
    return store.follow_ups.add(
        records.FollowUp(
            rid="f-call", member="m-wang", visit="v-1", store="s001", rule="call", due_at=later(now(), hours=-1), owner="e-mei",
            channel="phone",
        )
    )  # fmt: skip


def test_a_task_of_hers_is_done_at_the_bed_fup_09(store, call, signed_in):
    mei = signed_in("mei")
    assert mei.get("/station/mine").text.count("/station/mine/tasks/") == 1
    assert mei.post("/station/mine/tasks/f-call", data={"state": "done", "result": "很好"}).status_code == 302
    done = store.follow_ups.load("f-call")
    assert (done.state, done.result) == ("done", "很好")
    assert "Nothing waits for you." in mei.get("/station/mine").text
    assert mei.post("/station/mine/tasks/f-call", data={"state": "done"}).status_code == 404


def test_a_call_that_finds_a_problem_opens_its_case_and_the_visit_that_makes_good_fup_03(store, call, desk):
    page = desk.get("/desk/tasks").text
    assert "/desk/tasks/f-call/problem" in page
    form = desk.post("/desk/tasks/f-call/problem", data={"result": "脸颊有点红"}).text
    assert store.follow_ups.load("f-call").state == "done"
    assert "脸颊有点红" in form, "her words are not typed twice"
    assert re.search(r'<option value="v-1" selected>', form)
    case = desk.post(
        "/desk/people/m-wang/complaint", data={"topic": "effect", "story": "脸颊有点红", "visit": "v-1"}
    )
    (opened,) = store.complaints.select()
    assert case.location.endswith(opened.rid)
    assert (opened.visit, opened.staff) == ("v-1", ["e-mei"])
    desk.post(f"/desk/complaints/{opened.rid}", data={"compensate": "yes"})
    voucher = complaining.compensation(store, opened.rid, "m-wang")
    assert voucher is not None
    assert voucher.type == "compensation"


@pytest.fixture
def gift(store):
    def give(rid, service="", yuan=0):
        return store.vouchers.add(
            records.Voucher(
                rid=rid, member="m-wang", store="s001", type="trial" if service else "gift", value_fen=yuan * 100, service=service,
                issued_at=now(), valid_from="2026-01-01", valid_until="2999-01-01",
            )
        )  # fmt: skip

    return give


def test_a_skin_scan_and_a_gift_are_handed_over_once_loy_10_chn_08(store, gift, desk, due):
    gift("vo-scan", service="skin-test")
    gift("vo-gift")
    page = desk.get(f"/desk/visit/{due.rid}").text
    assert "To hand over to her:" in page
    assert "Voucher for a skin scan" in page
    assert 'value="vo-scan"' not in page, "it takes nothing off a bill"
    address = "/desk/people/m-wang/voucher"
    for rid in ("vo-scan", "vo-gift"):
        assert desk.post(address, data={"voucher": rid}).status_code == 302
        again = desk.post(address, data={"voucher": rid})
        assert again.status_code == 422
        assert "Used" in again.text
    assert "To hand over to her:" not in desk.get(f"/desk/visit/{due.rid}").text
    gift("vo-money", yuan=50)
    assert desk.post(address, data={"voucher": "vo-money"}).status_code == 422, (
        "money is used at the checkout"
    )


@pytest.fixture
def silver(store):
    """Enough spent long ago."""
    store.visits.add(
        records.Visit(
            rid="v-rich", member="m-wang", store="s001", state="closed", arrived_at="2025-01-02T03:00:00.000Z", paid_fen=250000
        )
    )  # fmt: skip


def use(store, rid, benefit, days_ago):
    store.benefit_uses.add(
        records.BenefitUse(
            rid=rid,
            member="m-wang",
            store="s001",
            benefit=benefit,
            at=later(now(), days=-days_ago),
            by="e-xu",
        )
    )


def test_a_care_each_quarter_is_not_taken_twice_in_one_loy_03(store, silver, desk, due):
    use(store, "bu-1", "quarterly_care", 30)
    assert "again in 50 days" in desk.get("/desk/people/m-wang/account").text
    assert 'value="quarterly_care"' not in desk.get(f"/desk/visit/{due.rid}").text
    form = {"benefit": "quarterly_care", "key": "9" * 16}
    assert desk.post("/desk/people/m-wang/benefit", data=form).status_code == 422


def test_a_basic_care_is_worth_what_the_basic_treatment_costs_loy_06(store, desk, due):
    """Diamond by three whom she brought: of a dear treatment it takes off no more."""
    for n in range(3):
        store.members.add(records.Member(rid=f"m-new-{n}", surname="新", referred_by="m-wang"))
        store.visits.add(
            records.Visit(
                rid=f"v-new-{n}", member=f"m-new-{n}", store="s001", state="closed", arrived_at="2026-01-02T03:00:00.000Z",
                paid_fen=10000,
            )
        )  # fmt: skip
    page = desk.get(f"/desk/visit/{due.rid}?benefit=basic_care_year").text
    assert "−¥98.00" in page
    assert "¥300.00" in page


def test_a_birthday_voucher_is_the_birthday_discount_of_her_tier_loy_02_loy_22(store, silver, desk, due):
    store.vouchers.add(
        records.Voucher(
            rid="vo-birthday", member="m-wang", store="s001", type="birthday", value_fen=5000, issued_at=now(),
            valid_from="2026-01-01", valid_until="2999-01-01",
        )
    )  # fmt: skip
    form = {"amount": "348", "shown": "34800", "payment": "cash", "voucher": "vo-birthday", "key": "7" * 16}
    assert desk.post(f"/desk/visit/{due.rid}/checkout", data=form).status_code == 302
    assert [one.benefit for one in store.benefit_uses.select()] == ["birthday"]
    assert "0 of 1 left this year" in desk.get("/desk/people/m-wang/account").text
