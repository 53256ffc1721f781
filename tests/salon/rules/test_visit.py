"""The five steps of a visit (SVC-01)."""

from __future__ import annotations

import pytest

from salon.records import Visit
from salon.rules import visit as rule
from salon.rules.visit import WrongStep


def test_the_steps_are_taken_in_order_and_each_has_its_time_svc_01(visit, now):
    visit = visit.model_copy(update={"state": "booked", "arrived_at": ""})
    for step, field in [
        ("arrived", "arrived_at"),
        ("treatment", "treatment_at"),
        ("feedback", "feedback_at"),
        ("aftercare", "aftercare_at"),
        ("closed", "closed_at"),
    ]:
        changes = rule.advance(visit, step, now)
        assert changes == {"state": step, field: now}
        visit = Visit.parse(visit.document() | changes | {"contraindications_at": now})


@pytest.mark.parametrize(
    ("at", "to"),
    [("booked", "treatment"), ("arrived", "feedback"), ("closed", "arrived"), ("cancelled", "treatment")],
)
def test_a_step_out_of_order_is_refused_and_says_what_is_allowed(visit, now, at, to):
    with pytest.raises(WrongStep) as refused:
        rule.advance(visit.model_copy(update={"state": at}), to, now)
    assert (refused.value.code, refused.value.at, refused.value.to) == ("order", at, to)
    assert refused.value.allowed == rule.NEXT[at]
    assert rule.LABELS[to].zh in refused.value.said.zh


def test_no_treatment_without_contraindications_confirmed_in_this_visit_saf_02(visit, now):
    with pytest.raises(WrongStep) as refused:
        rule.advance(visit, "treatment", now)
    assert refused.value.code == "contraindications"


def test_asking_for_the_present_step_changes_nothing(visit, now):
    assert rule.advance(visit, "arrived", now) == {}


def test_going_back_to_add_a_service_keeps_the_first_times_svc_09(visit, now):
    visit = visit.model_copy(
        update={
            "state": "feedback",
            "treatment_at": "2026-11-22T05:22:00Z",
            "contraindications_at": "2026-11-22T05:21:00Z",
        }
    )
    assert rule.advance(visit, "treatment", now) == {"state": "treatment"}


def test_a_no_show_who_comes_after_all_arrives_now(visit, now):
    late = visit.model_copy(update={"state": "no_show", "closed_at": now, "arrived_at": ""})
    assert rule.advance(late, "arrived", now) == {"state": "arrived", "arrived_at": now, "closed_at": ""}


def test_every_state_has_a_name_in_both_languages_and_a_way_on():
    for state, nexts in rule.NEXT.items():
        assert rule.LABELS[state].zh
        assert rule.LABELS[state].en
        assert set(nexts) <= set(rule.NEXT)
