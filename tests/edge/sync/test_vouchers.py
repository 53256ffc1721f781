"""A voucher used at a desk is no debt of the store: head office's books of vouchers add up too (LOY-14)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cloud_sync_server.schema import accounts, settlements
from edge.store import now
from salon.records import Bill, BillLine, Visit, Voucher
from salon.rules import vouchers
from tests.edge.sync.conftest import member, visit


@pytest.fixture
def shop(shops):
    one = shops("s001")
    one.store.members.add(member(home_store="s001"))
    return one


@pytest.mark.parametrize("with_issue", [True, False])
def test_only_a_use_without_its_issue_would_be_owed(shop, hq, with_issue):
    """LOY-14"""
    gift = shop.store.vouchers.add(
        Voucher(
            rid="vo-1", member="m-0001", store="s001", type="gift", value_fen=5000, issued_at=now(), valid_from="2026-01-01",
            valid_until="2027-01-01",
        )
    )  # fmt: skip
    came = Visit(rid="v-1", member="m-0001", store="s001", state="closed")
    if with_issue:
        shop.store.ledger.add(vouchers.issued(gift, "s001", now()))
    shop.store.ledger.add(vouchers.redeem(gift, came, 5000, now()))
    shop.sync()
    owed = hq.here.database.read(lambda con: con.execute(select(settlements)).all())
    (row,) = hq.here.database.read(lambda con: con.execute(select(accounts)).all())
    assert (row.unit, row.balance) == ("voucher", 0)
    assert bool(owed) is not with_issue


def test_a_bill_reaches_the_other_store_whole(shop, shops):
    """SVC-14, SYN-02: lines and parts as they were written."""
    line = BillLine(kind="service", zh="护理", en="Care", fen=39800, ref="svc-1")
    bill = shop.store.bills.add(
        Bill(
            rid="bill-v-1", member="m-0001", store="s001", visit="v-1", type="visit", at=now(), by="e-1", lines=[line],
            parts={"cash": 9800, "stored_value": 30000},
        )
    )  # fmt: skip
    other = shops("s002")
    shop.sync()
    other.store.visits.add(visit("v-0002", store="s002"))
    for _ in range(2):
        other.sync()
    assert other.store.bills.load("bill-v-1") == bill
