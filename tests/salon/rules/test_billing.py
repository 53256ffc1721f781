"""A bill adds up to the fen, nothing takes more than is left, and what goes back is never more than was paid (SVC-14, LOY-07, LOY-14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon.records import Bill, BillLine, LedgerEntry, Service, Visit, Voucher
from salon.rules import billing, points, vouchers

AT = "2026-11-22T04:00:00.000Z"
CARE = Service(rid="svc-care", name="护理", name_en="Care", category="skin", minutes=60, price_fen=39800)
HAND = Service(rid="svc-hand", name="手护", name_en="Hand", category="body", minutes=30, price_fen=6800)
FEN = st.integers(min_value=0, max_value=200_000)


def visit(**fields):
    return Visit(
        rid="v-1", member="m-1", store="s001", state="aftercare", services=["svc-care", "svc-hand"], **fields
    )


def bill(rid, parts, **fields):
    values = {"type": "visit", "at": AT, "lines": [], **fields}
    return Bill(rid=rid, member="m-1", store="s001", visit="v-1", parts=parts, **values)


def off(fen):
    return BillLine(kind="voucher", zh="券", en="Voucher", fen=-fen)


@given(st.lists(FEN, max_size=6))
def test_whatever_takes_off_the_price_is_never_below_nothing(takes):
    quote = billing.services(visit(), [CARE, HAND])
    for fen in takes:
        quote = quote.off(off(fen))
    assert quote.total_fen == max(0, 46600 - sum(takes))
    assert all(line.fen < 0 for line in quote.lines if line.kind == "voucher"), (
        "what takes nothing is no line"
    )


@given(FEN)
def test_an_agreed_price_makes_the_lines_add_up_to_what_is_paid(paid):
    quote = billing.services(visit(), [CARE, HAND]).with_agreed(paid, "员工价")
    assert sum(line.fen for line in quote.lines) == paid


def test_a_visit_that_makes_good_costs_nothing_and_says_which_one_svc_17():
    quote = billing.services(visit(original="v-0"), [CARE, HAND])
    assert (quote.total_fen, quote.list_fen, quote.lines[-1].ref) == (0, 46600, "v-0")


@given(st.lists(st.tuples(st.sampled_from(["cash", "wechat"]), FEN), max_size=5))
def test_what_is_left_to_give_back_is_what_was_paid_less_what_went(backs):
    paid = bill("b-1", {"cash": 30000, "wechat": 16600})
    back = [
        bill(f"r-{n}", {method: -fen}, type="refund", corrects="b-1") for n, (method, fen) in enumerate(backs)
    ]
    left = billing.parts_left([paid, *back], paid)
    for method, first in paid.parts.items():
        gone = sum(fen for other, fen in backs if other == method)
        assert left.get(method, 0) == max(0, first - gone)


def test_a_way_of_payment_put_right_is_what_goes_back():
    paid = bill("b-1", {"wechat": 46600})
    right = bill("m-1", {"wechat": -46600, "cash": 46600}, type="correction", corrects="b-1")
    assert billing.parts_left([paid, right], paid) == {"cash": 46600}
    assert billing.takings([paid, right]) == {"wechat": 0, "cash": 46600}


@pytest.mark.parametrize(
    ("parts", "earning"), [({"cash": 100, "stored_value": 300}, 100), ({"stored_value": 300}, 0), ({}, 0)]
)
def test_stored_value_is_no_new_money(parts, earning):
    assert billing.new_money(parts) == earning


@given(paid=st.integers(1, 100_000), steps=st.lists(st.integers(0, 30_000), max_size=6))
def test_refunds_step_by_step_take_as_many_points_as_one_refund_loy_07(paid, steps):
    earned, taken, gone = paid // 100, 0, 0
    for step in steps:
        gone = min(paid, gone + step)
        taken += points.to_take_back(earned, taken, paid, gone)
    assert taken == earned * gone // paid
    assert 0 <= taken <= earned


def test_a_voucher_given_back_is_used_again_under_another_id_loy_14():
    gift = Voucher(
        rid="vo-1", member="m-1", store="s001", type="gift", value_fen=100, issued_at=AT, valid_from="2026-01-01",
        valid_until="2027-01-01",
    )  # fmt: skip
    first = vouchers.redeem(gift, visit(), 100, AT)
    back = first.model_copy(update={"rid": "refund-1", "amount": 1, "reason": "refund"})
    entries = [vouchers.issued(gift, "s001", AT), first]
    assert vouchers.used(entries) == {"vo-1"}
    entries.append(back)
    assert vouchers.used(entries) == set()
    again = vouchers.redeem(gift, visit(), 100, AT, vouchers.given_back("vo-1", entries))
    assert again.rid != first.rid
    assert vouchers.used([*entries, again]) == {"vo-1"}
    assert sum(e.amount for e in [*entries, again]) == 0


def test_only_a_refund_of_this_voucher_gives_it_back_loy_14():
    def entry(rid, **fields):
        values = {
            "member": "m-1",
            "unit": "voucher",
            "amount": 1,
            "reason": "refund",
            "voucher": "vo-1",
            "at": AT,
            "store": "s001",
        }
        return LedgerEntry(rid=rid, **(values | fields))

    entries = [
        entry("e-1"), entry("e-2", voucher="vo-2"), entry("e-3", reason="redeem", amount=-1), entry("e-4", unit="points"),
    ]  # fmt: skip
    assert vouchers.given_back("vo-1", entries) == 1
