"""The whole file (SEG-07), what leaves it only knowingly, finding by the last digits, vouchers and points at checkout (LOY-14)."""

from __future__ import annotations

import re

import pytest

from edge.kiosk.services import checkin, checkout, products, redeeming
from edge.kiosk.services.quoting import Wishes
from edge.store import now
from salon import policies, records

POLICY = policies.default()
WITH_POINTS = Wishes(points="svc-polish")


@pytest.fixture
def visit(store):
    made = checkin.arrive(store, "kiosk", "m-wang", "phone", 9000)
    with store.acting("e-mei"):
        return store.visits.edit(made.rid, state="aftercare", services=["svc-calm"], aftercare_at=now())


def _voucher(store, rid="vo-1", **fields):
    values = {
        "type": "birthday", "value_fen": 5000, "issued_at": now(), "valid_from": "2020-01-01", "valid_until": "2099-01-01",
        **fields,
    }  # fmt: skip
    return store.vouchers.add(records.Voucher(rid=rid, member="m-wang", store="s001", **values))


def test_the_whole_file_is_on_one_page_each_part_with_its_reason(desk, store, visit):
    """SEG-07: file, spend, behaviour, preferences and measurements, each with what is in it."""
    of = {"member": "m-wang", "visit": visit.rid, "at": now()}
    store.visits.edit(visit.rid, state="closed", closed_at=now(), paid_fen=39800, next_hint="避开眼周")
    store.members.edit("m-wang", drink="latte", occupation="教师")
    asked = records.Interaction(
        rid="i-1", member="m-wang", at=now(), type="question", text="能去眼袋吗？", by="e-xu"
    )
    store.interactions.add(asked)
    store.surveys.add(records.Survey(rid="s-1", satisfaction=76, nps=6, remarks="手法略重", **of))
    scores = {"redness": {"value": 41.0, "unit": "Hb", "score": 62.0, "repeat_sd": 1.0, "status": "measured"}}
    store.scans.add(records.Scan(rid="sc-1", phase="before", accepted=True, concerns=scores, **of))
    store.readings.add(
        records.Reading(rid="r-1", device="probe-1", measure="skin_moisture", value=41.5, unit="%", **of)
    )
    page = desk.get("/desk/people/m-wang/all").text
    parts = dict(re.findall(r"<h2>(.*?)</h2>(.*?)</section>", page, re.DOTALL))
    for part, texts in {
        "Where she stands": ("¥398.00", "RFM", POLICY.version),
        "Signs that she may be lost": ("No",),
        "Health and allergies": (),
        "What she likes": ("Latte", "教师"),
        "Visits": (store.services.load("svc-calm").name_en, "避开眼周"),
        "Measured": ("62", "41.5 %"),
        "What she said": ("能去眼袋吗？", "76", "手法略重"),
    }.items():
        assert [text for text in texts if text not in parts[part]] == [], part


def test_the_whole_file_recommends_no_product_before_she_was_asked_here_saf_05(
    desk, store, visit, told_elsewhere
):
    store.products.add(
        records.Product(rid="p-1", name="乳霜", name_en="Cream", uses=["home", "soothing"], home_care="早晚")
    )
    store.care_plans.add(
        records.CarePlan(
            rid="plan-1",
            member="m-wang",
            template="sensitive",
            products=["p-1"],
            every_days=30,
            started_at=now(),
        )
    )
    page = desk.get("/desk/people/m-wang/all").text
    assert "allergies are not known in this store" in page
    assert "Not asked in this store yet" in page
    assert "Cream" not in page
    kept = store.screenings.load("q-wang").document()
    store.screenings.put(kept | {"sensitivity": "none"})
    page = desk.get("/desk/people/m-wang/all").text
    assert "Cream" in page
    assert "allergies are not known in this store" not in page


def test_an_allergen_in_a_merged_file_is_hers_and_goes_from_both_knowingly_saf_05(desk, store, visit):
    store.members.add(
        records.Member(
            rid="m-old", surname="王", merged_into="m-wang", allergens=["fragrance"], phone="13900001111"
        )
    )
    product = records.Product(rid="p-1", name="香水", name_en="Scented", ingredients=["Parfum"])
    assert [c.allergen for c in products.conflicts(store, product, store.members.load("m-wang"))] == [
        "fragrance"
    ]
    data = {"what": "allergens", "key": "fragrance", "reason": "皮试阴性，医生确认"}
    desk.post("/desk/people/m-wang/remove", data=data)
    assert store.members.load("m-old").allergens == []
    assert products.conflicts(store, product, store.members.load("m-wang")) == []


def test_an_allergen_goes_only_with_a_reason_and_leaves_a_trace(desk, store):
    data = {"what": "allergens", "key": "alcohol"}
    assert desk.post("/desk/people/m-wang/remove", data=data).status_code == 422
    assert store.members.load("m-wang").allergens == ["alcohol"]
    desk.post("/desk/people/m-wang/remove", data={**data, "reason": "皮试阴性，医生确认"})
    member = store.members.load("m-wang")
    assert member.allergens == []
    assert "皮试阴性" in member.medical_notes
    assert "员工xu" in member.medical_notes
    first, corrected = sorted(store.screenings.select(), key=lambda s: s.taken_at)
    assert (first.allergens, corrected.allergens) == (["alcohol"], [])
    assert corrected.taken_at[:16] == first.taken_at[:16], "nobody is spared the next questionnaire"


@pytest.mark.parametrize("digits", ["0001", "10001", "5678"])
def test_a_customer_is_found_by_the_last_digits_of_either_phone(desk, store, digits):
    store.members.edit("m-wang", phone2="01012345678")
    page = desk.get(f"/desk/people?q={digits}").text
    assert "王丽" in page


def test_the_last_digits_follow_a_new_number(desk, store):
    store.members.edit("m-wang", phone="13800012222")
    assert "王丽" in desk.get("/desk/people?q=2222").text
    assert "王丽" not in desk.get("/desk/people?q=0001").text


def test_a_voucher_takes_its_worth_off_and_is_used_once(desk, store, visit):
    """LOY-14"""
    _voucher(store)
    page = desk.get(f"/desk/visit/{visit.rid}?voucher=vo-1").text
    assert "348.00" in page
    form = {"amount": "348", "payment": "wechat", "voucher": "vo-1"}
    assert desk.post(f"/desk/visit/{visit.rid}/checkout", data=form).status_code == 302
    used = [entry for entry in store.ledger.select() if entry.unit == "voucher"]
    assert [(e.voucher, e.reason, e.amount) for e in used] == [("vo-1", "issue", 1), ("vo-1", "redeem", -1)]
    assert store.ledger.load(f"earn-{visit.rid}").amount == 348


def test_a_voucher_that_is_over_is_refused_and_nothing_is_closed(desk, store, visit):
    _voucher(store, valid_until="2020-02-01")
    form = {"amount": "348", "payment": "wechat", "voucher": "vo-1"}
    assert desk.post(f"/desk/visit/{visit.rid}/checkout", data=form).status_code == 422
    assert store.visits.load(visit.rid).state == "aftercare"
    assert not [entry for entry in store.ledger.select() if entry.unit == "voucher"]


def test_points_pay_for_a_polish_only_under_a_lease(store, visit):
    """LOY-07: without head office's release the wish is kept, and nothing is spent."""
    store.add(
        records.Service(
            rid="svc-polish", name="基础美甲", name_en="Polish", category="nails", minutes=30, price_fen=6800
        )
    )
    store.add(
        records.LedgerEntry(
            rid="led-1", member="m-wang", unit="points", amount=600, reason="import", at=now(), store="s001"
        )
    )
    with store.acting("e-xu"):
        store.visits.edit(visit.rid, services=["svc-polish"])
    (offered,) = redeeming.by_points(store, POLICY, store.visits.load(visit.rid))
    assert (offered.price, offered.held, offered.enough) == (500, 600, True)
    with pytest.raises(checkout.BadPayment):
        checkout.settle(store, "e-xu", POLICY, visit.rid, {}, WITH_POINTS)
    (wish,) = store.leases.in_state("asked")
    assert (wish.unit, wish.amount) == ("points", 500)
    store.leases.opened(wish.lease, 500)
    checkout.settle(store, "e-xu", POLICY, visit.rid, {}, WITH_POINTS)
    spent = [e for e in store.ledger.select() if e.reason == "redeem"]
    assert [(e.amount, e.lease) for e in spent] == [(-500, wish.lease)]


def test_what_the_body_scale_said_stands_in_her_file_in_words(desk, store):
    """MEA-04"""
    store.readings.add(
        records.Reading(
            rid="r-1", measure="body_fat", value=28.44, unit="%", at=now(), member="m-wang", device="scale-1",
        )
    )  # fmt: skip
    page = desk.get("/desk/people/m-wang/all").text
    assert "Body fat" in page
    assert "28.4 %" in page
    assert "body_fat" not in page


def test_who_was_brought_and_who_brought_her_get_the_policys_reward(store, visit):
    """LOY-10"""
    store.members.edit("m-wang", referred_by="m-li")
    checkout.settle(store, "e-xu", POLICY, visit.rid, {"wechat": 39800})
    thanked = {e.member for e in store.ledger.select() if e.reason == "referral"}
    assert thanked == {"m-wang", "m-li"}


def test_the_whole_file_of_another_stores_customer_opens_once_she_is_here(desk, signed_in, store):
    """SEC-01: the staff of a store see its customers, the owner all; who asked in vain is written down."""
    store.members.edit("m-wang", home_store="s002")
    assert desk.get("/desk/people/m-wang/all").status_code == 403
    assert [r.code for r in store.refusals() if r.code == "not-yours"] == ["not-yours"]
    assert signed_in("owner").get("/desk/people/m-wang/all").status_code == 200
    desk.post("/desk/people/m-wang/arrive")
    assert desk.get("/desk/people/m-wang/all").status_code == 200
