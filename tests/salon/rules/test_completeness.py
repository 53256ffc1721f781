"""Fields that hardly anybody fills are named, so that they can be dropped (PRF-18)."""

from __future__ import annotations

from salon import policies
from salon.records import Member
from salon.rules import completeness

POLICY = policies.active([], "s001").policy
ENOUGH = max(POLICY.targets.few, 40)


def members(count, **filled):
    """Of which the first has these fields filled."""
    made = [Member(rid=f"m-{n}", surname="王", drink="water") for n in range(count)]
    return [made[0].model_copy(update=filled), *made[1:]]


def test_what_fewer_than_one_in_twenty_fills_is_named_the_emptiest_first():
    found = completeness.hardly_filled(members(ENOUGH, hobbies=["茶"]), POLICY)
    shares = {label.en: share for label, share in found}
    assert shares["Hobbies"] == 1 / ENOUGH
    assert shares["Occupation"] == 0
    assert [share for _, share in found] == sorted(shares.values())


def test_what_people_do_fill_and_what_the_house_requires_is_not_named():
    named = {label.en for label, _ in completeness.hardly_filled(members(ENOUGH), POLICY)}
    assert "Drink" not in named
    assert "Phone" not in named, "required, and on the worklist where it lacks"


def test_too_few_files_say_nothing():
    assert completeness.hardly_filled(members(POLICY.targets.few - 1), POLICY) == []
