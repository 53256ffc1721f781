"""Policies: the documents' figures are offered, and a wrong policy says what to mend."""

from __future__ import annotations

import pytest

from salon import policies
from salon.policies import BadPolicy, Policy

TABLE = {
    "dormant_after": 3,
    "churn_triggers": 1,
    "identify_target": 2,
    "lifecycle": 2,
    "tiers": 3,
    "high_value": 2,
    "referral": 4,
    "points": 1,
    "followups": 2,
    "birthday": 1,
    "win_back": 3,
    "satisfaction_scale": 1,
    "complaint_clock": 2,
    "intake_required": 2,
    "training_gate": 2,
    "marketing_cap": 1,
    "compensation": 3,
}
"""The inventory's table "Where the documents disagree": policy -> sets of figures to offer."""


@pytest.mark.parametrize(("section", "offered"), TABLE.items())
def test_every_row_of_the_table_is_a_section_with_its_variants(section, offered):
    assert len(policies.variants(section)) == offered


@pytest.mark.parametrize("section", Policy.sections())
def test_every_variant_loads_and_says_where_it_comes_from(section):
    for name, variant in policies.variants(section).items():
        policy = policies.load(f'[{section}]\nvariant = "{name}"')
        stored = getattr(policy, section).model_dump(mode="json", exclude_unset=True)
        assert stored == variant.values
        assert variant.source
        assert variant.zh
        assert variant.en


def test_default_is_the_first_of_each_section():
    policy = policies.default()
    assert policy.identify_target.seconds == 30  # SVC-02
    assert [level.amount_yuan for level in policy.tiers.levels] == [500, 2000, 5000, 0]  # LOY-01
    assert policy.points.basic_polish_points == 500  # LOY-07
    assert policy.complaint_clock.respond_min == 30  # CMP-01
    assert policy.marketing_cap.per_week == 2  # FUP-11
    assert policy.dormant_after.days == 90  # CHN-01


def test_every_figure_has_a_title_and_a_description():
    for model in [*Policy.sections().values(), Policy]:
        for name, info in model.model_fields.items():
            if name in Policy.sections():
                continue
            assert info.title, f"{model.__name__}.{name}"
            assert info.description, f"{model.__name__}.{name}"


def test_a_house_changes_single_figures_of_a_variant():
    policy = policies.load('version = "sh-1"\n[win_back]\nvariant = "fifty"\nfree_care = true')
    assert policy.win_back.voucher_yuan == 50
    assert policy.win_back.free_care
    assert policy.version.startswith("sh-1+")


def test_version_differs_when_a_figure_differs_and_not_otherwise():
    same = policies.load("# a comment\n[points]\nper_yuan = 1")
    other = policies.load("[points]\nper_yuan = 2")
    assert same.version == policies.default().version
    assert other.version != same.version


@pytest.mark.parametrize(
    ("text", "key", "line", "hint"),
    [
        ("[tears]\n", "tears", 1, "tiers"),
        ("\n[points]\nper_yaun = 1", "points.per_yaun", 3, "per_yuan"),
        ('[win_back]\nvariant = "fifity"', "win_back.variant", 2, "fifty"),
        ("[points]\nper_yuan = -1", "points.per_yuan", 2, ""),
        ("points = 3", "points", 1, ""),
        (
            (
                '[[tiers.levels]]\nkey = "a1"\nzh = "甲"\nen = "A"\n'
                '[[tiers.levels]]\nkey = "b1"\nzh = "乙"\nen = "B"\namont_yuan = 1'
            ),
            "tiers.levels.1.amont_yuan",
            9,
            "amount_yuan",
        ),
        ("[points\nper_yuan = 1", "toml", 1, ""),
        ("version = 7", "version", 1, ""),
    ],
)
def test_a_wrong_policy_names_key_line_and_the_nearest_key(text, key, line, hint):
    with pytest.raises(BadPolicy) as refused:
        policies.load(text)
    problem = refused.value.problems[0]
    assert (problem.key, problem.line, problem.hint) == (key, line, hint)
    assert isinstance(refused.value, ValueError)


def test_all_problems_are_told_at_once():
    with pytest.raises(BadPolicy) as refused:
        policies.load("[points]\nper_yuan = -1\n[marketing_cap]\nper_week = 99")
    assert {p.key for p in refused.value.problems} == {"points.per_yuan", "marketing_cap.per_week"}


def test_a_policy_cannot_be_changed_after_loading():
    with pytest.raises(ValueError, match="frozen"):
        policies.default().points.per_yuan = 5


def test_a_slip_in_one_section_hides_none_in_another_and_all_stand_in_their_order():
    text = '[points]\nper_yuan = -1\n[tears]\n[win_back]\nvariant = "fifity"\n[quiet_hours]\nbegins = "25:00"'
    with pytest.raises(BadPolicy) as refused:
        policies.load(text)
    assert [problem.line for problem in refused.value.problems] == [2, 3, 5, 7]
    said = refused.value.problems[0]
    assert said.in_("zh") == "第 2 行：points.per_yuan：不能小于 0；写的是 -1"
    assert said.in_("en") == "line 2: points.per_yuan: must be 0 or more; it says -1"
