"""Head office's policy, and what a store may change of it."""

from __future__ import annotations

import pytest

from salon import policies
from salon.policies import BadPolicy
from salon.records import PolicyText

CHAIN = """
version = "chain-1"
[win_back]
variant = "fifty"
[[bounds]]
key = "win_back.voucher_yuan"
min = 20
max = 100
[[bounds]]
key = "safety"
locked = true
[[bounds]]
key = "complaint_clock.opening_hours"
one_of = ["all", "response"]
"""


def text(scope, toml, at="2026-11-22T00:00:00Z"):
    return PolicyText(rid=f"pt-{scope}-{at[:10]}", scope=scope, at=at, toml=toml, version="x")


def test_a_store_changes_single_figures_of_the_chains_policy():
    policy = policies.load("[win_back]\nvoucher_yuan = 80", CHAIN)
    assert policy.win_back.voucher_yuan == 80
    assert not policy.win_back.free_care  # the chain's variant stays below
    assert policy.version.startswith("chain-1+")
    assert policy.version != policies.load(CHAIN).version


@pytest.mark.parametrize(
    ("store", "key", "line"),
    [
        ("[win_back]\nfree_care = true\nvoucher_yuan = 101", "win_back.voucher_yuan", 3),
        ("[win_back]\nvoucher_yuan = 19", "win_back.voucher_yuan", 2),
        ("[safety]\npatch_test_days = 1000", "safety", 1),
        ('[complaint_clock]\nopening_hours = "none"', "complaint_clock.opening_hours", 2),
        ("[[bounds]]\nkey = 'points'\n", "bounds", 1),
    ],
)
def test_beyond_the_bounds_is_refused_by_line(store, key, line):
    with pytest.raises(BadPolicy) as refused:
        policies.load(store, CHAIN)
    assert [(p.key, p.line) for p in refused.value.problems] == [(key, line)]


def test_what_equals_the_chains_figure_is_always_allowed():
    assert policies.load("[safety]\npatch_test_days = 180", CHAIN).safety == policies.load(CHAIN).safety


def test_a_bound_on_what_does_not_exist_is_refused():
    with pytest.raises(BadPolicy, match="no such section or figure"):
        policies.load('[[bounds]]\nkey = "win_back.vouchers"')


def test_the_latest_texts_are_in_force():
    texts = [text("chain", CHAIN), text("s001", "[win_back]\nvoucher_yuan = 60")]
    texts.append(text("s001", "[win_back]\nvoucher_yuan = 70", "2026-11-23T00:00:00Z"))
    texts.append(text("s002", "[win_back]\nvoucher_yuan = 90", "2026-11-24T00:00:00Z"))
    assert policies.active(texts, "s001").policy.win_back.voucher_yuan == 70
    assert policies.active([], "s001").policy == policies.default()


def test_when_head_office_narrows_its_bounds_the_chains_policy_holds_and_it_is_said():
    texts = [
        text("chain", CHAIN.replace("max = 100", "max = 50")),
        text("s001", "[win_back]\nvoucher_yuan = 60"),
    ]
    found = policies.active(texts, "s001")
    assert found.policy.win_back.voucher_yuan == 50
    assert [p.key for p in found.problems] == ["win_back.voucher_yuan"]


def test_a_broken_text_never_leaves_a_store_without_a_policy():
    found = policies.active([text("chain", "[points"), text("s001", "[points]\nper_yuan = 2")], "s001")
    assert found.policy.points.per_yuan == 2
    assert found.problems
