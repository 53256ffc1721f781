"""The gate before a treatment (SAF-01..03)."""

from __future__ import annotations

import pytest

from salon.records import Screening, SopTick
from salon.rules import screening as rule


@pytest.fixture
def ready(visit):
    return visit.model_copy(update={"contraindications_at": "2026-11-22T05:25:00Z"})


def tick(at="2026-10-25T06:00:00Z", comfort="good", *, undone=False):
    return SopTick(
        rid="t-1",
        visit="v-last",
        member="m-wang-li",
        service="svc-soothe",
        step=rule.PATCH_TEST,
        at=at,
        by="e-chen",
        comfort=comfort,
        undone=undone,
    )


def test_a_new_customer_is_blocked_until_the_questionnaire_is_filled_in_saf_01(member, policy, now):
    gate = rule.gate(member, [], None, policy, now)
    assert gate.blocked
    assert gate.needs == ("screening",)
    assert gate.explain.policy == policy.version


def test_contraindications_of_an_earlier_visit_do_not_count_saf_02(member, screening, visit, policy, now):
    old = visit.model_copy(update={"contraindications_at": "2026-10-25T06:00:00Z"})
    assert rule.gate(member, [screening], visit, policy, now).needs == ("contraindications",)
    assert rule.gate(member, [screening], old, policy, now).needs == ("contraindications",)


def test_a_screened_and_confirmed_customer_may_be_treated(member, screening, ready, service, policy, now):
    gate = rule.gate(member, [screening], ready, policy, now, services=[service])
    assert not gate.blocked
    assert gate.needs == ()


def test_an_old_questionnaire_is_asked_again(member, screening, policy):
    gate = rule.gate(member, [screening], None, policy, "2027-11-22T05:00:00Z")
    assert gate.needs == ("screening_expired",)


@pytest.mark.parametrize(
    ("ticks", "needs"),
    [
        ([], ("patch_test",)),
        ([tick()], ()),
        ([tick(comfort="painful")], ("patch_test",)),
        ([tick(comfort="")], ("patch_test",)),
        ([tick(undone=True)], ("patch_test",)),
        ([tick(at="2026-01-01T06:00:00Z")], ("patch_test",)),
    ],
)
def test_severe_sensitivity_needs_a_passed_patch_test_that_still_holds_saf_03(
    member, screening, ready, policy, now, ticks, needs
):
    severe = screening.model_copy(update={"sensitivity": "severe"})
    assert rule.gate(member, [severe], ready, policy, now, ticks=ticks).needs == needs


@pytest.mark.parametrize("where", ["member", "screening", "visit"])
def test_a_condition_against_todays_service_blocks_and_is_named(
    member, screening, ready, service, policy, now, where
):
    member.contraindications = ["wound"] if where == "member" else []
    answers = Screening(
        **(screening.document() | {"conditions": ["wound"] if where == "screening" else ["pregnant"]})
    )
    ready.contraindications_found = ["wound"] if where == "visit" else []
    gate = rule.gate(member, [answers], ready, policy, now, services=[service])
    assert gate.needs == ("contraindicated",)
    assert gate.clashes == ("wound",)
    assert rule.CONDITIONS["wound"].zh in gate.explain.said.zh


def test_the_last_questionnaire_decides(member, screening, ready, policy, now):
    older = screening.model_copy(update={"sensitivity": "severe", "taken_at": "2026-05-01T00:00:00Z"})
    assert not rule.gate(member, [screening, older], ready, policy, now).blocked


def test_a_questionnaire_whose_answers_are_in_another_store_is_none_saf_05(
    member, screening, ready, policy, now
):
    """Without her consent to share health it comes without its answers: nobody may take that for "no allergies"."""
    elsewhere = Screening(rid="q-9", member=member.rid, taken_at=screening.taken_at, form="skin-1")
    assert "screening" in rule.gate(member, [elsewhere], ready, policy, now).needs
    newer = elsewhere.model_copy(update={"taken_at": "2026-11-20T00:00:00Z"})
    assert rule.latest([newer, screening]) == screening


def test_the_form_asks_what_the_record_keeps_in_both_languages_saf_01():
    assert [q.key for q in rule.FORM] == ["allergens", "conditions", "sensitivity", "remarks"]
    for question in rule.FORM:
        assert question.key in Screening.model_fields
        assert question.label.zh
        assert question.label.en
    answers = {q.key: [o.key for o in q.options] for q in rule.FORM if q.kind == "many"}
    Screening(rid="q-2", member="m-1", taken_at="2026-01-01T00:00:00Z", form=rule.FORM_VERSION, **answers)


@pytest.mark.parametrize(
    "answer",
    [{"sensitivity": "none"}, {"allergens": ["alcohol"]}, {"conditions": ["wound"]}, {"remarks": "晒后易红"}],
    ids=lambda answer: next(iter(answer)),
)
def test_any_one_answer_shows_that_she_was_asked_here_saf_05(member, answer):
    """Older versions did not send "none": one allergen alone is an answer, and is not thrown away with the rest."""
    kept = Screening(rid="q-9", member=member.rid, taken_at="2026-11-20T00:00:00Z", form="skin-1", **answer)
    assert rule.answered(kept)
    assert rule.latest([kept]) == kept
