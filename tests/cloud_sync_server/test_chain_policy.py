"""Head office sets the chain's policy within which stores choose; what cannot be used is refused line by line (CHN, issue of policies)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import PolicyText
from tests.cloud_sync_server.test_pages import make_user, sign_in, text

BOUNDED = (
    'version = "autumn"\n[win_back]\nvariant = "fifty"\n[[bounds]]\nkey = "win_back.voucher_yuan"\nmax = 60\n'
)


@pytest.fixture
def owner(hq):
    make_user(hq)
    sign_in(hq)
    return hq


def put(hq, toml):
    return hq.http.post("/policy", data={"toml": toml}, query_string={"lang": "en"})


def test_a_policy_put_in_force_reaches_every_store_and_holds_there(owner):
    one, two = owner.enrol("s001"), owner.enrol("s002")
    for store in (one, two):
        store.bootstrap()
    assert put(owner, BOUNDED).status_code == 302
    for store in (one, two):
        (op,) = [item["op"] for item in store.pull() if item["op"]["kind"] == "policy_text"]
        kept = PolicyText.parse({"rid": op["rid"], **op["f"]})
        active = policies.active([kept], store.origin.store)
        assert active.policy.win_back.voucher_yuan == 50
        assert active.policy.version == kept.version
        own = PolicyText(
            rid="pt-own",
            scope=store.origin.store,
            at=kept.at,
            toml="[win_back]\nvoucher_yuan = 200",
            version="x",
        )
        held = policies.active([kept, own], store.origin.store)
        assert held.policy.win_back.voucher_yuan == 50
        assert "60 or less" in str(held.problems[0])
    assert "autumn+" in text(owner, "/policy")


def test_a_text_that_cannot_be_used_is_refused_by_line_and_stays_on_the_page(owner):
    answer = put(owner, "[points]\nper_yuan = -1\n[tears]\n")
    assert answer.status_code == 422
    assert "line 2: points.per_yuan" in answer.text
    assert "line 3: tears" in answer.text
    assert "per_yuan = -1" in answer.text
    assert "None yet" in text(owner, "/policy")


def test_a_text_is_composed_from_ready_made_sets_and_is_not_in_force_by_that(owner):
    chosen = {
        "name": "Winter 26",
        "tiers": "cards",
        "win_back": "gift",
        "locked.tiers": "on",
        "points": "no-such",
        "restock": "quarter",
    }
    page = owner.http.post("/policy/compose", data=chosen, query_string={"lang": "en"}).text
    assert "not in force yet" in page
    assert "None yet" in text(owner, "/policy")
    toml = page.split('aria-label="The text">', 1)[1].split("</textarea>", 1)[0].replace("&#34;", '"')
    policy = policies.load(toml)
    assert [level.key for level in policy.tiers.levels] == ["silver", "gold", "black"]
    assert policy.restock.left_percent == 25
    with pytest.raises(policies.BadPolicy):
        policies.load('[tiers]\nvariant = "amount"', toml)


def test_what_a_store_set_for_itself_is_held_against_a_new_text(owner):
    store = owner.enrol("s001")
    fields = {
        "scope": "s001",
        "at": "2026-11-22T05:26:59.123Z",
        "by": "",
        "toml": "[win_back]\nvoucher_yuan = 200",
        "version": "own+1",
    }
    store.write("policy_text", "pt-own", fields)
    store.push()
    assert "within bounds" in text(owner, "/policy")
    put(owner, BOUNDED)
    assert "head office allows 60 or less, not 200" in text(owner, "/policy")


def test_a_manager_reads_the_policy_and_changes_nothing(hq):
    make_user(hq, login="lena", role="manager")
    sign_in(hq, login="lena")
    assert "<textarea" not in hq.http.get("/policy").text
    assert put(hq, BOUNDED).status_code == 403
    assert hq.http.post("/policy/compose", data={}).status_code == 403


def test_the_page_reads_in_chinese_too(owner):
    page = text(owner, "/policy", lang="zh")
    assert "会员等级" in page
    assert "全连锁启用" in page


def test_each_policy_leaves_a_line_in_the_trail(owner):
    """SEC-02"""
    from sqlalchemy import select

    from cloud_sync_server.schema import audit

    put(owner, BOUNDED)
    rows = owner.here.database.read(
        lambda con: con.execute(select(audit.c.actor).where(audit.c.action == "policy_set")).all()
    )
    assert [row.actor for row in rows] == ["boss"]
