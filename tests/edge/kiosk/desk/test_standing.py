"""What a customer's standing brings, as the desk sees it: tiers, benefits, referrals, segments (LOY-01..06, LOY-11, LOY-17, LOY-23, SEG)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.kiosk.services import checkout
from edge.store import iso, now
from salon import policies, records


@pytest.fixture
def house(store):
    """Sets the house's own policy."""

    def rule(toml):
        store.add(records.PolicyText(rid="pt-1", scope="s001", at=now(), toml=toml, version="x"))

    return rule


def came(store, rid, member="m-wang", days=100, paid_yuan=0, **fields):
    at = iso(datetime.now(UTC) - timedelta(days=days))
    values = {"arrived_at": at, "closed_at": at, "state": "closed", "services": ["svc-calm"], **fields}
    return store.visits.add(
        records.Visit(rid=rid, member=member, store="s001", paid_fen=paid_yuan * 100, **values)
    )


def brought(store, count):
    """So many customers whom Ms Wang brought, each of whom came."""
    for number in range(count):
        rid = f"m-new-{number}"
        store.add(
            records.Member(
                rid=rid,
                surname="新",
                given_name=f"客{number}",
                phone=f"1370000{number:04}",
                referred_by="m-wang",
            )
        )
        came(store, f"v-new-{number}", rid, days=50 - number)


@pytest.mark.parametrize(
    ("yuan", "tier", "benefit"),
    [(600, "Member", "Birthday discount"), (2100, "Silver", "A care each quarter"), (5200, "Gold", "Events")],
)
def test_each_tier_is_shown_with_its_benefits(desk, store, yuan, tier, benefit):
    """LOY-01, LOY-02, LOY-03, LOY-04"""
    came(store, "v-1", paid_yuan=yuan)
    page = desk.get("/desk/people/m-wang/account").text
    assert f'<span class="chip accent">{tier}</span>' in page
    assert benefit in page


def test_three_customers_she_brought_make_her_diamond(desk, store):
    """LOY-06, LOY-10: with the names of those she brought."""
    came(store, "v-1", paid_yuan=600)
    brought(store, 3)
    page = desk.get("/desk/people/m-wang/account").text
    for text in ("Diamond", "A year of basic care", "新客0", "新客2"):
        assert text in page, text
    assert "Diamond" in desk.get("/desk/people/m-wang/all").text


def test_black_card_and_benefits_by_monthly_spend(desk, store, house):
    """LOY-05, LOY-23"""
    house('[tiers]\nvariant = "cards"')
    came(store, "v-1", days=3, paid_yuan=21000)
    page = desk.get("/desk/people/m-wang/account").text
    for text in ("Black", "A consultant", "A plan each quarter", "A talk about your own plan each month"):
        assert text in page, text


def test_an_ambassador_pays_less_for_a_year(desk, store, house, due):
    """LOY-11"""
    house('[ambassador]\nvariant = "ambassador"')
    brought(store, 3)
    page = desk.get(f"/desk/visit/{due.rid}").text
    assert "Ambassador" in page
    assert "¥318.40" in page


@pytest.mark.parametrize(("day", "given"), [(15, [("member_day", 6800)]), (16, [])])
def test_the_members_day_gives_its_voucher_with_the_payment_once(store, due, monkeypatch, day, given):
    """LOY-17"""
    policy = policies.load(
        '[member_day]\nday = 15\nspend_yuan = 300\ngift_yuan = 68\ngift_service = "svc-hand"'
    )
    noon = (datetime.now(UTC) + timedelta(days=31)).replace(day=day, hour=4)  # in Shanghai
    monkeypatch.setattr(checkout, "now", lambda: iso(noon))
    for _ in range(2):
        checkout.settle(store, "e-xu", policy, due.rid, {"cash": 39800}, key="a" * 16)
    assert [(v.type, v.value_fen) for v in store.vouchers.select()] == given


def test_the_whole_file_says_where_she_stands_and_what_to_do(desk, store):
    """SEG-01, SEG-03, SEG-05, SEG-06, SEG-08, SEG-13, SEG-14, PRF-23"""
    for number, days in enumerate((80, 50, 20)):
        came(store, f"v-{number}", days=days, paid_yuan=600)
    page = desk.get("/desk/people/m-wang/all").text
    for text in ("High value", "RFM", "Give her a technician of her own", "Recommend now", "Due again"):
        assert text in page, text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_points_and_signs_of_loss_name_their_rule_and_the_policys_version(desk, store, lang):
    """LOY-07, CHN-01..04: the version under which it was decided, not the one of now."""
    store.ledger.add(
        records.LedgerEntry(
            rid="l-earn", member="m-wang", unit="points", amount=398, reason="earn", at=now(), store="s001",
            policy="summer+12345678", explain="实付 398.00 元，每元 1 分，得 398 分",
        )
    )  # fmt: skip
    desk.set_cookie("lang", lang)
    account = desk.get("/desk/people/m-wang/account").text
    assert "LOY-07" in account
    assert "summer+12345678" in account
    assert ("每元 1 分" in account) is (lang == "zh")
    whole = desk.get("/desk/people/m-wang/all").text
    assert "CHN-01–04" in whole
    assert policies.default().version in whole.split("CHN-01–04")[1][:200]


def test_the_trust_window_after_a_first_visit_is_shown(desk, store):
    """SEG-02"""
    came(store, "v-1", days=1, aftercare_at=iso(datetime.now(UTC) - timedelta(days=1)))
    assert "The first 48 hours after her first treatment" in desk.get("/desk/people/m-wang/all").text


def test_high_potential_is_offered_the_quarterly_package(desk, store):
    """SEG-04, SEG-08"""
    came(store, "v-1", days=60, paid_yuan=300)
    came(store, "v-2", days=31, paid_yuan=300)
    assert "Offer the quarterly package and a home pack" in desk.get("/desk/people/m-wang/all").text
