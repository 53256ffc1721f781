"""How much one store may set aside of members' accounts, and what head office sees and decides of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from cloud_sync_server import clock
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.lease_limits import LeaseLimits
from cloud_sync_server.schema import accounts, leases
from tests.cloud_sync_server.test_pages import _cheap_passwords, make_user, sign_in, text  # noqa: F401  # a fixture
from tests.cloud_sync_server.wire import MEMBER

AT = "2026-11-22T05:26:59.123Z"
EACH = 100_000
"""Fen on each member's account."""
ROOMY = LeaseLimits(
    open=100, open_fen=10**9, open_points=10**9, day=100, day_fen=10**9, day_points=10**9, account_percent=100
)


@pytest.fixture
def chain(hq):
    """Four members with money, topped up in s001; s009 is the store that goes wrong."""
    one, bad = hq.enrol("s001"), hq.enrol("s009")
    for n in range(1, 5):
        one.write("member", f"m-000{n}", MEMBER)
        for unit in ("fen", "points"):
            one.write("ledger_entry", f"l-{n}-{unit}", {
                "member": f"m-000{n}", "unit": unit, "amount": EACH, "reason": "top_up", "at": AT, "store": "s001",
            })  # fmt: skip
    assert one.push().json["results"] == []
    return one, bad


def limited(hq, **figures):
    here = replace(hq.here, lease_limits=ROOMY.model_copy(update=figures))
    hq.app.extensions[EXTENSION] = hq.here = here


def ask(store, n, amount=EACH, unit="fen", lease=""):
    body = {
        "lease": lease or f"w-{store.origin.store}-{n}-{unit}",
        "member": f"m-000{n}",
        "unit": unit,
        "amount": amount,
    }
    answer = store.hq.http.post("/v1/leases", json=body, headers=store.headers)
    assert answer.status_code == 200, answer.json
    return answer.json["amount"], answer.json["limit"]


def leased(hq):
    sums = select(func.sum(accounts.c.leased)).where(accounts.c.unit == "fen")
    return int(hq.here.database.read(lambda con: con.execute(sums).scalar_one()))


def give_back(store, n):
    body = {"lease": f"w-{store.origin.store}-{n}-fen", "epoch": store.origin.epoch, "fence": 0}
    assert store.hq.http.post("/v1/leases/return", json=body, headers=store.headers).status_code == 200


@pytest.mark.parametrize(
    ("figures", "answers"),
    [
        ({}, [(EACH, ""), (EACH, ""), (EACH, "")]),
        ({"open": 2}, [(EACH, ""), (EACH, ""), (0, "open")]),
        ({"open_fen": 150_000}, [(EACH, ""), (50_000, "open_amount"), (0, "open_amount")]),
        ({"day": 2}, [(EACH, ""), (EACH, ""), (0, "day")]),
        ({"day_fen": 150_000}, [(EACH, ""), (50_000, "day_amount"), (0, "day_amount")]),
        ({"account_percent": 40}, [(40_000, "account"), (40_000, "account"), (40_000, "account")]),
    ],
)
def test_a_store_that_asks_for_everybodys_money_gets_what_one_store_may_have(chain, hq, figures, answers):
    _, bad = chain
    limited(hq, **figures)
    assert [ask(bad, n) for n in (1, 2, 3)] == answers
    assert leased(hq) == sum(amount for amount, _ in answers)


def test_the_limit_is_of_each_store_and_each_unit_alone(chain, hq):
    one, bad = chain
    limited(hq, open_fen=EACH, day_points=EACH)
    assert ask(bad, 1) == (EACH, "")
    assert ask(bad, 2) == (0, "open_amount")
    assert ask(one, 2) == (EACH, "")
    assert ask(bad, 2, unit="points") == (EACH, "")
    assert ask(bad, 3, unit="points") == (0, "day_amount")


def test_what_is_given_back_is_room_again_but_not_within_the_day(chain, hq, monkeypatch):
    _, bad = chain
    limited(hq, open=1, day=2)
    ask(bad, 1)
    assert ask(bad, 2) == (0, "open")
    give_back(bad, 1)
    assert ask(bad, 2, lease="w-again") == (EACH, "")
    body = {"lease": "w-again", "epoch": bad.origin.epoch, "fence": 0}
    hq.http.post("/v1/leases/return", json=body, headers=bad.headers)
    assert ask(bad, 3) == (0, "day")
    day = int(timedelta(hours=24, seconds=1).total_seconds() * 1000)
    before = clock.source.ms

    class Tomorrow(clock.Source):
        def ms(self):
            return before() + day

    monkeypatch.setattr(clock, "source", Tomorrow())
    assert ask(bad, 3, lease="w-tomorrow") == (EACH, "")


def test_a_share_of_an_account_counts_all_that_the_store_holds_of_it(chain, hq):
    _, bad = chain
    limited(hq, account_percent=50)
    assert ask(bad, 1, 30_000) == (30_000, "")
    assert ask(bad, 1, 30_000, lease="w-more") == (20_000, "account")
    assert ask(bad, 1, 30_000, lease="w-most") == (0, "account")


def test_a_store_at_its_limit_calls_nothing_back_from_others(chain, hq):
    one, bad = chain
    limited(hq, open=1)
    ask(one, 2), ask(bad, 1)
    assert ask(bad, 2) == (0, "open")
    called = select(func.count()).where(leases.c.recalled_at != "")
    assert hq.here.database.read(lambda con: con.execute(called).scalar_one()) == 0


def test_the_same_request_again_gets_the_same_answer_and_uses_no_more_room(chain, hq):
    _, bad = chain
    limited(hq, day=2)
    assert [ask(bad, 1)[0] for _ in range(4)] == [EACH] * 4
    assert ask(bad, 2) == (EACH, "")


def test_head_office_sees_it_and_raises_the_limit_of_that_store(chain, hq):
    one, bad = chain
    limited(hq, open=1, day=10)
    make_user(hq)
    sign_in(hq)
    ask(bad, 1), ask(bad, 2), ask(bad, 3), ask(one, 4)
    page = text(hq, "/quarantine")
    assert "Limit of leases reached" in page
    assert "open fen" in page
    assert "达到预留上限" in text(hq, "/quarantine", lang="zh")
    assert "Set aside: 1 of 1 leases, stored value ¥1,000.00" in text(hq, "/stores", lang="en")
    raised = hq.http.post("/stores/s009/lease-limits", data={"times": "2"}, follow_redirects=True)
    assert "Limits × 2" in raised.text
    assert ask(bad, 2, lease="w-raised") == (EACH, "")
    assert ask(bad, 3, lease="w-too-many") == (0, "open")
    assert ask(one, 3) == (0, "open")


@pytest.mark.parametrize("times", ["0", "101", "-1", "1.5", "²", ""])
def test_a_factor_that_is_none_changes_nothing(chain, hq, times):
    limited(hq, open=1)
    make_user(hq)
    sign_in(hq)
    answer = hq.http.post("/stores/s009/lease-limits?lang=en", data={"times": times}, follow_redirects=True)
    assert "a whole number from 1 to 100" in answer.text
    assert "Limits ×" not in answer.text


def test_only_who_decides_raises_a_limit_and_only_of_a_store_that_there_is(chain, hq):
    make_user(hq)
    make_user(hq, login="lena", role="manager")
    sign_in(hq, login="lena")
    assert hq.http.post("/stores/s009/lease-limits", data={"times": "9"}).status_code == 403
    hq.http.post("/sign-out")
    sign_in(hq)
    assert hq.http.post("/stores/s404/lease-limits", data={"times": "9"}).status_code == 404


def test_a_chains_own_figures_stand_over_the_houses_and_a_bad_file_is_refused(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("open = 7\n")
    limits = LeaseLimits.load(own)
    assert limits.open == 7
    assert limits.day == LeaseLimits.load().day
    own.write_text("opne = 7\n")
    with pytest.raises(ValidationError):
        LeaseLimits.load(own)
