"""The quarter's figures on the manager's board: each with its target, its people and its rule (KPI-01..07)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.store import now
from salon import records


@pytest.fixture
def quarter(store, came):
    """Ten customers, each here twice; half content; a voucher each, run out unused."""
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    for n in range(10):
        rid = f"m-q{n}"
        store.members.add(records.Member(rid=rid, surname="钱", given_name=str(n), home_store="s001"))
        came(120, member=rid)
        visit = came(20, member=rid, treatment_at=now())
        store.surveys.add(
            records.Survey(
                rid=f"s-{n}", member=rid, visit=visit.rid, at=now(), satisfaction=100 if n % 2 else 60, nps=10
            )
        )
        store.sop_ticks.add(
            records.SopTick(
                rid=f"t-{n}",
                visit=visit.rid,
                member=rid,
                service="svc-calm",
                step="clean",
                at=now(),
                by="e-mei",
            )
        )
        store.vouchers.add(
            records.Voucher(
                rid=f"vo-{n}", member=rid, store="s001", type="trial", value_fen=5000, issued_at=now(),
                valid_from="2020-01-01", valid_until=yesterday,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "shown", "rule"),
    [
        ("repurchase.all", "%", "KPI-01"),
        ("repurchase.new", "%", "KPI-01"),
        ("repurchase.regular", "", "KPI-01"),
        ("ticket", "¥398", "KPI-02"),
        ("satisfaction", "50%", "KPI-04"),
        ("nps", "100.0", "CMP-14"),
        ("sop", "100%", "KPI-05"),
        ("win_back", "", "KPI-06"),
        ("benefit_use", "0%", "KPI-07"),
    ],
)
def test_each_figure_of_the_quarter_is_shown_with_its_people_and_its_rule(manager, quarter, key, shown, rule):
    """KPI-01, KPI-02, KPI-04, KPI-05, KPI-06, KPI-07, CMP-14"""
    page = manager.get(f"/manager/figure/{key}").text
    assert shown in page
    assert rule in page
    assert "n = " in page


def test_the_share_of_guests_who_had_a_service_opens_who_they_are(manager, quarter):
    """KPI-07: penetration per treatment."""
    page = manager.get("/manager/figure/penetration.svc-calm").text
    assert "钱0" in page
    assert "100%" in page
