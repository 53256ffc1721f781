"""`parlour policy`: check by line, simulate on the store's own history, set."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from edge.store import Store
from parlour.cli import app
from salon import demo, policies
from salon.records import PolicyText

CHAIN = '[[bounds]]\nkey = "win_back.voucher_yuan"\nmax = 100\n'


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return tmp_path / "home"


@pytest.fixture
def store(home):
    with Store.create(home, "s001") as made, made.acting("test"), made.transaction():
        for record in demo.build("s001", datetime.now(UTC)):
            made.add(record)
    with Store.open(home) as made:
        yield made


@pytest.fixture
def policy(tmp_path):
    def write(text, name="policy.toml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return str(path)

    return write


def parlour(*arguments):
    return CliRunner().invoke(app, ["policy", *arguments])


def test_check_explains_each_error_by_its_line(home, policy):
    bad = policy("[points]\nper_yuan = -1\n\n[tears]\nx = 1\n[win_back]\nvariant = 'fifity'\n")
    result = parlour("check", bad)
    assert result.exit_code == 1
    assert f"{bad}: line 4: tears: no such section (did you mean 'tiers'?)" in result.stderr
    assert f"{bad}: line 7: win_back.variant: no variant 'fifity'" in result.stderr
    assert "(did you mean 'fifty'?)" in result.stderr


def test_check_speaks_the_owners_language(home, policy, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    bad = policy('[points]\nper_yuan = -1\n[marketing_cap]\nper_week = "two"\n[tears]\nx = 1\n')
    said = parlour("check", bad).stderr
    assert "第 5 行：tears：没有这一节（是否想写 'tiers'？）" in said
    assert (
        parlour("check", policy("[points]\nper_yuan = -1\n[marketing_cap]\nper_week = 99\n")).stderr.count(
            "不能"
        )
        == 2
    )


def test_check_says_the_version_of_a_good_one(home, policy):
    result = parlour("check", policy('version = "sh-1"\n'))
    assert result.exit_code == 0
    assert "can be used, version sh-1+" in result.stdout


def test_check_holds_a_store_within_head_offices_bounds(home, policy):
    own, chain = policy("[win_back]\nvoucher_yuan = 200\n"), policy(CHAIN, "chain.toml")
    assert parlour("check", own).exit_code == 0
    result = parlour("check", own, "--chain", chain)
    assert result.exit_code == 1
    assert "line 2: win_back.voucher_yuan: head office allows 100 or less, not 200" in result.stderr
    assert parlour("check", chain).exit_code == 0


def test_the_bounds_that_the_store_knows_hold_without_being_named(store, policy):
    store.add(PolicyText(rid="pt-c", scope="chain", at="2026-01-01T00:00:00Z", toml=CHAIN, version="x"))
    assert parlour("check", policy("[win_back]\nvoucher_yuan = 200\n")).exit_code == 1


def test_simulate_prints_what_would_differ_loy_01_loy_07_chn_01(store, policy):
    result = parlour("simulate", policy('[tiers]\nvariant = "cards"\n[points]\nper_yuan = 2\n[dormant_after]\nvariant = "thirty_days"\n'))  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "customers differ" in result.stdout
    assert "Member → none" in result.stdout
    assert "Points" in result.stdout
    assert re.search(r"[+-]\d+  Dormant", result.stdout)
    assert not re.search(r"\b(alert|message|tier|stage)\.\w", result.stdout), (
        "a key of ours, not the owner's word"
    )
    assert "王丽" in result.stdout
    assert len(store.policy_texts.select()) == 0  # it changed nothing


def test_simulate_of_the_policy_in_force_finds_no_difference(store, policy):
    result = parlour("simulate", policy(""))
    assert "0 differences" in result.stdout


def test_simulate_counts_messages_fup_04(store, policy):
    result = parlour("simulate", policy('[followups]\nvariant = "apart"\n'))
    label = next(
        c.en
        for c in policies.load('[followups]\nvariant = "apart"\n').followups.contacts
        if c.key == "experience"
    )
    assert label in result.stdout


def test_set_puts_a_policy_in_force_and_remembers_it(store, policy):
    assert parlour("set", policy("[points]\nper_yuan = -1\n")).exit_code == 1
    assert store.policy_texts.select() == []
    assert parlour("set", policy('version = "sh-2"\n[points]\nper_yuan = 2\n')).exit_code == 0
    (kept,) = store.policy_texts.select()
    active = policies.active([kept], "s001").policy
    assert (active.points.per_yuan, active.version, kept.scope) == (2, kept.version, "s001")


def test_without_a_store_simulate_says_so(home, policy):
    from edge.store import StoreError

    result = parlour("simulate", policy(""))
    assert isinstance(result.exception, StoreError)
